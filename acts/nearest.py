"""Nearest: the one way in which an unknown word is answered, with the word that was probably meant and what there is.

``unknown activation 'gleu'; did you mean 'gelu'? (44 known)``
"""

import difflib
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import takewhile

ALIKE = 1.4  # of 2: the letters in their order, and in any order
LONGEST = 60  # characters of a word that a message repeats
LISTED = 180  # characters of known words that are named; more are counted


def unknown(what: str, word: object, known: Iterable[str], *, aliases: Iterable[str] = ()) -> str:
    """Return the line that answers a word which names none of what is known; aliases may be meant, and are no more."""
    return f"unknown {what} {shown(word)}{hint(word, known, aliases=aliases)}"


def hint(word: object, known: Iterable[str], *, aliases: Iterable[str] = ()) -> str:
    """Return what follows an unknown word: the known one that was probably meant, and which or how many there are."""
    words = list(dict.fromkeys(known))
    meant = near(word, [*words, *aliases])
    asked = f"; did you mean {meant!r}?" if meant else ""
    named = f"known: {', '.join(words) or 'none'}"
    return f"{asked} ({named if len(named) <= LISTED else f'{len(words)} known'})"


def near(word: object, known: Sequence[str]) -> str:
    """Return the known word that was probably meant, an empty one where none is near."""
    if not isinstance(word, str):
        return ""
    likeness = partial(_likeness, word[:LONGEST].strip().lower().strip("-"))
    best = max(known, key=likeness, default="")
    return best if likeness(best) > ALIKE else ""


def shown(word: object) -> str:
    """Return a word as a message repeats it: quoted, escaped and not too long."""
    quoted = repr(word)
    return quoted if len(quoted) <= LONGEST + 2 else f"{quoted[:LONGEST]}…"


def _likeness(word: str, known: str) -> float:
    """Return how alike two words are: up to 1 for their letters in order, and up to 1 for the same in any order.

    Of words that are equally alike the one that begins alike is nearer.
    """
    other = known.lower().strip("-")
    ordered = difflib.SequenceMatcher(None, word, other).ratio()
    sorted_too = difflib.SequenceMatcher(None, sorted(word), sorted(other)).ratio()
    begun = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return ordered + sorted_too + begun / 1000
