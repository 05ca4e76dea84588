"""The decision rule: a pure function from the numbers of a claim's primary contrasts to one word.

A threshold counts as passed when the 95 % interval lies beyond it, that is when twice the one-sided p is at most .05;
equivalence when both one-sided tests reach .05, that is when the 90 % interval lies inside ±m. So the word and the
interval that is printed with it never disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from acts.stats.comparison import Comparison
from acts.stats.families import holm

ALPHA = 0.05
Degree = Literal["better", "greatly", "little", "alternative", "no_difference", "different"]
Quantifier = Literal["everywhere", "somewhere", "among", "mean", "most"]
Word = Literal["mixed", "supported", "refuted", "equivalent", "inconclusive", "not decidable"]


@dataclass(frozen=True)
class Decision:
    """The word for a family of contrasts, the p-value that decided it, and what each contrast says by itself.

    ``deciding`` is the position of the contrast with that p, None where nothing could be tested; ``parts`` has one word
    a contrast (uncorrected) and ``p_holm`` its two-sided p against the nearer of the claim's thresholds, Holm-adjusted.
    """

    word: Word
    note: str
    p: float | None
    deciding: int | None
    parts: tuple[Word, ...]
    p_holm: tuple[float | None, ...]


def support_p(contrast: Comparison, degree: Degree) -> float:
    """Return the p-value, two-sided where a threshold is one-sided, of the hypothesis that support must reject."""
    equivalent = contrast.p_equivalent
    if degree == "no_difference":
        return equivalent
    if degree == "alternative":
        # Two one-sided tests inside ±m reject D ≤ −m at their own level already.
        doubled = _doubled(contrast.p_acceptable)
        return min(doubled, equivalent) if equivalent <= ALPHA else doubled
    if degree == "little":
        return _doubled(max(contrast.p_positive, contrast.p_modest))
    if degree == "different":
        return _doubled(min(contrast.p_superior, contrast.p_inferior))
    return _doubled(contrast.p_great if degree == "greatly" else contrast.p_superior)


def reversal_p(contrast: Comparison, degree: Degree) -> float:
    """Return the two-sided p-value of D ≥ −m; for a claim of no difference that of |D| ≤ m.

    A claim of a difference, whichever way, has no reversal.
    """
    if degree == "different":
        return 1.0
    smaller = min(contrast.p_superior, contrast.p_inferior) if degree == "no_difference" else contrast.p_inferior
    return _doubled(smaller)


def verdict_of(contrast: Comparison, *, degree: Degree = "better", alpha: float = ALPHA) -> Word:
    """Return what one contrast says of a claim of that degree, uncorrected."""
    if contrast.smallest_p > alpha:
        return "not decidable"
    if support_p(contrast, degree) <= alpha:
        return "equivalent" if degree == "no_difference" else "supported"
    if reversal_p(contrast, degree) <= alpha or _refutes_by_equivalence(contrast, degree, alpha):
        return "refuted"
    return "inconclusive"


def decide(
    contrasts: Sequence[Comparison | None],
    *,
    degree: Degree = "better",
    quantifier: Quantifier = "everywhere",
    at_least: int = 1,
    alpha: float = ALPHA,
) -> Decision:
    """Judge the primary contrasts of one claim in the order mixed, supported, refuted, equivalent, inconclusive.

    A contrast that the records cannot give is None. ``everywhere``: every contrast must support at α, and one that is
    refuted after Holm ends it; ``somewhere``: one must support after Holm, and a finite list never refutes; ``among``:
    the same, but the claim is of this very list, so that it falls when every contrast refutes it; ``most``: so many as
    ``at_least`` must support after Holm and none be reversed; ``mean``: the single contrast of task means. Raises
    ValueError for no contrasts, or a mean of several.
    """
    if not contrasts or (quantifier == "mean" and len(contrasts) > 1):
        raise ValueError(f"{quantifier!r} cannot be decided from {len(contrasts)} contrasts")
    usable = [index for index, contrast in enumerate(contrasts) if contrast and contrast.smallest_p <= alpha]
    kept = [contrast for index in usable if (contrast := contrasts[index])]
    parts = tuple(verdict_of(item, degree=degree, alpha=alpha) if item else "not decidable" for item in contrasts)
    support, reverse = _family(kept, degree)
    nearer = dict(zip(usable, np.minimum(support, reverse).tolist(), strict=True)) if kept else {}
    p_holm = tuple(nearer.get(index) for index in range(len(contrasts)))
    if not kept:
        return Decision("not decidable", _too_few(contrasts, alpha), None, None, parts, p_holm)
    complete = len(kept) == len(contrasts)
    if quantifier == "most":
        word, p, place = _most(kept, degree, alpha, at_least)
    else:
        judge = {"somewhere": _somewhere, "among": _among}.get(quantifier, _everywhere)
        word, p, place = judge(kept, degree, alpha, complete)
    note = _direction(kept) if word == "inconclusive" else ""
    return Decision(word, note, p, usable[place], parts, p_holm)


def _everywhere(kept: Sequence[Comparison], degree: Degree, alpha: float, complete: bool) -> tuple[Word, float, int]:
    """Judge a claim about every contrast; an intersection needs no correction, a counterexample needs Holm."""
    support, reverse = _family(kept, degree)
    raw = np.array([support_p(contrast, degree) for contrast in kept])
    same = holm([1.0 if raw[i] <= alpha else _equivalence_p(kept[i], degree) for i in range(len(kept))])
    weakest = _first(-raw, kept, smallest=True)
    reversed_at = _first(reverse, kept, smallest=degree != "no_difference")
    same_at = int(same.argmin())
    if degree != "no_difference" and support.min() <= alpha and reverse.min() <= alpha:
        return "mixed", float(max(support.min(), reverse.min())), reversed_at
    if complete and raw.max() <= alpha:
        return "equivalent" if degree == "no_difference" else "supported", float(raw.max()), weakest
    if reverse.min() <= alpha:
        return "refuted", float(reverse.min()), reversed_at
    if same.min() <= alpha:
        return "refuted", float(same.min()), same_at
    return "inconclusive" if complete else "not decidable", float(raw.max()), weakest


def _somewhere(kept: Sequence[Comparison], degree: Degree, alpha: float, complete: bool) -> tuple[Word, float, int]:
    """Judge a claim about some contrast: Holm for support, and no list is long enough to refute it."""
    support, _ = _family(kept, degree)
    best = _first(support, kept, smallest=False)
    if support[best] <= alpha:
        return "equivalent" if degree == "no_difference" else "supported", float(support[best]), best
    return "inconclusive" if complete else "not decidable", float(support[best]), best


def _among(kept: Sequence[Comparison], degree: Degree, alpha: float, complete: bool) -> tuple[Word, float, int]:
    """Judge a claim about some contrast of a list that is the whole claim: refuted where each by itself is."""
    word, p, place = _somewhere(kept, degree, alpha, complete)
    against = np.array([min(reversal_p(item, degree), _equivalence_p(item, degree)) for item in kept])
    if word == "inconclusive" and against.max() <= alpha:
        return "refuted", float(against.max()), _first(-against, kept, smallest=False)
    return word, p, place


def _most(kept: Sequence[Comparison], degree: Degree, alpha: float, at_least: int) -> tuple[Word, float, int]:
    """Judge a claim about most contrasts: enough of them support and none is reversed, each after Holm."""
    support, reverse = _family(kept, degree)
    reversed_at = _first(reverse, kept, smallest=degree != "no_difference")
    order = sorted(range(len(kept)), key=lambda i: (support[i], -abs(kept[i].effect)))
    last = order[min(at_least, len(kept)) - 1]  # the one with which there are enough
    if reverse.min() <= alpha:
        word: Word = "mixed" if degree != "no_difference" and support.min() <= alpha else "refuted"
        p = max(support.min(), reverse.min()) if word == "mixed" else reverse.min()
        return word, float(p), reversed_at
    enough = len(kept) >= at_least and support[last] <= alpha
    if enough:
        return "equivalent" if degree == "no_difference" else "supported", float(support[last]), last
    return ("inconclusive" if len(kept) >= at_least else "not decidable"), float(support[last]), last


def _first(keys: np.ndarray, kept: Sequence[Comparison], *, smallest: bool) -> int:
    """Return the position of the smallest key; of equal ones (exact p-values tie) that of the outermost effect."""
    return min(range(len(kept)), key=lambda i: (keys[i], kept[i].effect if smallest else -abs(kept[i].effect)))


def _family(kept: Sequence[Comparison], degree: Degree) -> tuple[np.ndarray, np.ndarray]:
    """Return the Holm-adjusted p-values of support and of reversal over the contrasts."""
    return holm([support_p(item, degree) for item in kept]), holm([reversal_p(item, degree) for item in kept])


def _equivalence_p(contrast: Comparison, degree: Degree) -> float:
    """Return the p-value by which "the two are equivalent" contradicts the claim, 1 where it does not."""
    return contrast.p_equivalent if degree in ("better", "greatly", "little", "different") else 1.0


def _refutes_by_equivalence(contrast: Comparison, degree: Degree, alpha: float) -> bool:
    return _equivalence_p(contrast, degree) <= alpha


def _direction(kept: Sequence[Comparison]) -> str:
    """Return "direction known" when every interval excludes 0 on the same side."""
    known = all(item.low > 0 for item in kept) or all(item.high < 0 for item in kept)
    return "direction known" if known else ""


def _too_few(contrasts: Sequence[Comparison | None], alpha: float) -> str:
    pairs = max((item.n for item in contrasts if item), default=0)
    return f"{pairs} pairs cannot reach p = {alpha:g} (smallest {min(1.0, 2.0 ** (1 - pairs)):.3g})" if pairs else ""


def _doubled(p: float) -> float:
    return min(1.0, 2 * p)
