"""Asking: the review's own sentences asked of another function, by the very rules that judged the originals.

A claim that names its ``subject`` is about one function; its rule is asked of another one by putting that one in the
subject's place, everywhere and nowhere else: the same cells, rivals, margin and quantifier. Nothing of this is part of
the ledger.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from acts import wording
from acts.claims import evidence, findings
from acts.claims.catalogue import VOCABULARY, Claim, Compound, Exact, Verdict, catalogue
from acts.claims.index import Index, indexed
from acts.claims.ledger import judge
from acts.claims.sentences import UNANSWERED, number, opening

_SIDES = ("a", "b", "best_of", "terms")  # where a rule names what it compares
_LONGEST = 140  # letters of a reason
_ABSENT = re.compile(r"[Tt]he records of \w+ hold no \w+ for it")  # what judges say of cells that nobody ran
_TWICE = re.compile(r"^decided by “(.+)”; (?=fails: \1$)")  # a part that fails and so decides
_ELSEWHERE = "this configuration measures it in none of the settings that the claim is about"
_MATHEMATICS = 1.0  # the level of a number that is its own interval


@dataclass(frozen=True)
class Answer:
    """A claim of the review, the same asked of another function, and both verdicts."""

    original: Claim
    claim: Claim
    before: Verdict
    verdict: Verdict


def asked(claim: Claim, name: str, *, label: str = "") -> Claim | None:
    """Return a claim asked of another function, None where it is about no single one or compares with that function.

    ``label`` is what sentences call the function, by default its name.
    """
    if claim.subject is None or claim.asked is None or name in evidence.functions(claim):
        return None
    rule = claim.rule.model_dump(exclude_unset=True)
    return Claim.model_validate(
        {
            "id": f"Y-{name}-{claim.id}",
            "rule": _put(rule, claim.subject, name, label or wording.activation(name)),
            "claim": f"{claim.asked[0].upper()}{claim.asked[1:]}".replace("{name}", label or wording.activation(name)),
            **{field: getattr(claim, field) for field in ("topic", "measure", "verdict", "kind", "chapter")},
            "evidence": claim.evidence,
        }
    )


def _put(part: Any, subject: str, name: str, label: str, key: str = "") -> Any:
    """Return a part of a rule with another function in the subject's place; caveats, which are the subject's, go."""
    if isinstance(part, Mapping):
        put = {field: _put(value, subject, name, label, field) for field, value in part.items() if field != "caveat"}
        if part.get("activation") == subject and key in _SIDES:
            put |= {"label": label}
        if part.get("policy") == subject:
            put |= {"policy": name, "activations": (*part["activations"], name)}
        return put
    if isinstance(part, list | tuple):
        return type(part)(_put(one, subject, name, label, key) for one in part)
    if part == subject:
        return {"activation": name, "label": label} if key in _SIDES else name if key == "activation" else part
    return label if key == "label" and part == wording.activation(subject) else part


def answers(records: pd.DataFrame | Index, name: str, *, label: str = "") -> list[Answer]:
    """Return what the records say where a claim is asked of a function, in the catalogue's order.

    A question that two claims share by their rule is told once; one that the records cannot be asked, as the function
    was not run there, is left out.
    """
    index = indexed(records)
    known: set[str] = set()
    found = []
    for claim, own in _questions(name, label):
        told = own.rule.model_dump_json()
        verdict = answer(own, name, index) if told not in known else None
        known.add(told)
        if verdict is not None:
            found.append(Answer(claim, own, judge(claim, index), verdict))
    return found


def _questions(name: str, label: str) -> Iterator[tuple[Claim, Claim]]:
    for claim in catalogue():
        own = asked(claim, name, label=label)
        if own is not None:
            yield claim, own


def answer(claim: Claim, name: str, records: pd.DataFrame | Index) -> Verdict | None:
    """Return the verdict on a claim that is asked of a function, None where the records hold nothing of it there."""
    index = indexed(records)
    if name not in index.seen("activation"):
        return None
    verdict = judge(claim, index)
    unknown = _by_formula(claim) and verdict.verdict == "not decidable"
    return None if verdict.verdict == "not measured here" or unknown else verdict


def _by_formula(claim: Claim) -> bool:
    parts = claim.rule.parts.values() if isinstance(claim.rule, Compound) else (claim.rule,)
    return any(isinstance(part, Exact) for part in parts)


# --- in words ---------------------------------------------------------------------------------------------------------


def told(verdict: Verdict) -> str:
    """Return a verdict with its number as one says it: refuted, 2.1 [0.4, 3.9] % more test error, n = 12."""
    word = f"true {verdict.condition}" if verdict.verdict == "true if" else verdict.verdict
    if verdict.verdict in UNANSWERED or verdict.effect is None:
        why = verdict.sentence.removeprefix(opening(verdict)).strip()
        why = _ELSEWHERE if _ABSENT.search(why) else _first(why)
        return f"{word}: {why}" if why else word
    if verdict.level == _MATHEMATICS:
        condition = _TWICE.sub("", verdict.condition)
        fails = f" ({condition})" if condition and verdict.verdict == "refuted" else ""
        return f"{word}{fails}; {verdict.unit}: {number(verdict.effect, 3)}" if verdict.unit else f"{word}{fails}"
    low, high = (verdict.effect if end is None else end for end in (verdict.low, verdict.high))
    effect, low, high, unit = findings.told(verdict.effect, low, high, verdict.unit)
    pairs = f", n = {verdict.n}" if verdict.n else ""
    return f"{word}, {number(effect, 3)} [{number(low, 3)}, {number(high, 3)}] {unit}".rstrip() + pairs


def parted(told: str) -> tuple[str, str]:
    """Return the verdict that an answer begins with, and the rest, which begins where the verdict ends."""
    word = next((word for word in VOCABULARY if told.startswith(word)), "")
    return word, told.removeprefix(word)


def _first(reason: str) -> str:
    """Return the first sentence of a reason, as one goes on with it after a colon, at most so long as a line or two."""
    first = reason.removeprefix("The records cannot answer: ").partition(". ")[0].rstrip(".")
    short = first if len(first) <= _LONGEST else f"{first[:_LONGEST].rpartition(' ')[0]} …"
    return short if short[1:2].isupper() else f"{short[:1].lower()}{short[1:]}"


def own(catalogue: pd.DataFrame | None) -> dict[str, str]:
    """Return the labels of a configuration's own functions by name, as a published catalogue marks them."""
    if catalogue is None or "own" not in catalogue:
        return {}
    marked = catalogue[catalogue["own"].eq(True)]
    return {str(name): str(label) for name, label in zip(marked["name"], marked["label"], strict=True)}


def beside(
    claim: Claim, records: pd.DataFrame | Index, functions: Mapping[str, str]
) -> tuple[tuple[str, Verdict], ...]:
    """Return, for every function of one's own by its label, the verdict on a claim that can be asked of it."""
    found = []
    for name, label in functions.items():
        question = asked(claim, name, label=label)
        verdict = answer(question, name, records) if question else None
        if verdict is not None:
            found.append((label, verdict))
    return tuple(found)
