"""Findings: a family of contrasts told in words, every number from the records."""

from collections.abc import Sequence
from math import exp, inf

import numpy as np

from acts.claims.pairs import Cell, Cells, Primary, levels_of, named
from acts.claims.rules import Combination, Contrast
from acts.claims.sentences import number
from acts.claims.sides import name
from acts.stats import Comparison, Decision

LARGEST = 50.0  # the largest log of a ratio that is told as a number; beyond it, as of a diverged run, it is infinite
OPPOSITES = (("less", "more"), ("closer to", "farther from"), ("lost", "gained"))


def shown(rule: Primary, difference: float) -> float:
    """Return a difference in the reader's unit: on a log scale the percentage by which a value is smaller (or larger).

    Positive is in the claim's favour; a log ratio d becomes 100 (1 − e^−d) where less is better.
    """
    if rule.scale != "log":
        return difference
    lower = rule.better == "lower"
    log = -difference if lower else difference
    ratio = exp(log) if log <= LARGEST else inf
    return 100 * (1 - ratio if lower else ratio - 1)


def told(effect: float, low: float, high: float, unit: str) -> tuple[float, float, float, str]:
    """Return an effect and its interval so that it reads without a minus where its unit has an opposite."""
    if effect < 0:
        for one, other in OPPOSITES:
            if one in unit or other in unit:
                turned = unit.replace(one, other) if one in unit else unit.replace(other, one)
                return -effect, -high, -low, turned
    return effect, low, high, unit


def unit(rule: Primary, *, flipped: bool = False) -> str:
    """Return the unit of the effect, or of its negative ("% more" for "% less")."""
    for one, other in OPPOSITES if flipped else ():
        if one in rule.unit or other in rule.unit:
            return rule.unit.replace(one, other) if one in rule.unit else rule.unit.replace(other, one)
    return rule.unit


def contrast(rule: Primary, found: Comparison, *, inner: bool = False) -> str:
    """Return one contrast in words: effect, unit, interval and pairs; a negative effect is told the other way round."""
    flipped = found.effect < 0
    sign = -1 if flipped else 1
    ends = (found.inner_low, found.inner_high) if inner else (found.low, found.high)
    low, high = sorted(sign * shown(rule, end) for end in ends)
    level = "90" if inner else f"{100 * found.level:.0f}"
    size, noun = number(sign * shown(rule, found.effect), 3), unit(rule, flipped=flipped)
    told = f"{size} {noun.replace('decades', 'decade', 1) if size == '1' else noun}"
    ranks = ", on ranks" if found.ranks else ""
    what = "tasks" if rule.tasks else "pairs" if isinstance(rule, Contrast | Combination) else "networks"
    return f"{told} ({level} % interval [{number(low, 3)}, {number(high, 3)}], {found.n} {what}{ranks})"


def story(rule: Primary, family: Cells, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    """Return what the family shows: how many contrasts agree, the one that decides, and what qualifies it."""
    if decision.deciding is None:
        return _undecidable(family, decision)
    told = [_counted(rule, contrasts, decision), _decided(rule, family.cells, contrasts, decision)]
    told += [_other_side(rule, family.cells, contrasts, decision), _power(rule, contrasts, decision)]
    told += [_ratio(rule, family, contrasts, decision), _picked(family)]
    told += [_gaps(family), _divergence(family.cells), _pairing(contrasts), _omitted(family), rule.caveat]
    return " ".join(part for part in told if part)


def _undecidable(family: Cells, decision: Decision) -> str:
    reasons = dict.fromkeys(f"{cell.label}: {cell.reason}" for cell in family.cells if cell.reason)
    if not reasons:
        return f"The records cannot answer: {decision.note}."
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"The records cannot answer: {next(iter(reasons))}{more}."


def _counted(rule: Primary, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    total = len(decision.parts)
    if total == 1:
        return ""
    words = [_side(rule, found, part) for found, part in zip(contrasts, decision.parts, strict=True)]
    counts = [(word, words.count(word)) for word in dict.fromkeys(words)]
    if len(counts) == 1:
        return f"All {total} contrasts are {words[0]}."
    return f"Of {total} contrasts {_listed([f'{count} {_is(count)} {word}' for word, count in counts])}."


def _side(rule: Primary, found: Comparison | None, part: str) -> str:
    """Return in a word or two what one contrast says: against a claim of "better" stands a reversal or equality."""
    if part == "refuted" and found and rule.degree != "no_difference" and found.high >= -found.margin:
        return "practically equal"
    words = {"supported": "in favour", "equivalent": "practically equal", "refuted": "against"}
    return words.get(part, "undecided" if part == "inconclusive" else part)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _decided(rule: Primary, cells: Sequence[Cell], contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    found, cell = contrasts[decision.deciding or 0], cells[decision.deciding or 0]
    assert found is not None
    inner = by_equivalence(rule, found, decision)
    decisive = decision.word in ("mixed", "refuted")
    what = "It is" if len(cells) == 1 else "The decisive one" if decisive else "The weakest"
    if decision.word == "supported" and rule.quantifier in ("somewhere", "among"):
        what = "The clearest"
    place = f", {_at(rule, cell)}, is" if len(cells) > 1 else ""
    inside = f", inside ±{number(rule.shown_margin, 3)}" if inner else ""
    return f"{what}{place} {contrast(rule, found, inner=inner)}{inside}; {_ending(rule, decision)}."


def _ending(rule: Primary, decision: Decision) -> str:
    """Return the p that decided and how it was corrected, the margin, and whether the direction is known."""
    share = " %" if rule.scale == "log" else ""
    corrected = decision.word in ("mixed", "refuted") or rule.quantifier in ("somewhere", "among", "most")
    parts = [f"p = {number(decision.p or 0.0, 2)}{' after Holm' if corrected and len(decision.parts) > 1 else ''}"]
    parts += [f"margin {number(rule.shown_margin, 3)}{share}"] * bool(rule.margin)
    parts += [decision.note] * bool(decision.note)
    return ", ".join(parts)


def _at(rule: Primary, cell: Cell) -> str:
    place = ", ".join(named(column, level) for column, level in cell.place)
    at = f" at {place}" if place else ""
    return f"{subject(rule)} against {cell.rival}{at}" if cell.rival else f"{subject(rule)}{at}"


def subject(rule: Primary) -> str:
    """Return what a rule's contrasts are about, in words."""
    if isinstance(rule, Combination):
        return rule.label or " ".join(
            f"{'+' if term.weight > 0 else '−'} {abs(term.weight):g} {term.name}" for term in rule.terms
        )
    return name(rule.a)


def by_equivalence(rule: Primary, found: Comparison, decision: Decision) -> bool:
    """Return whether equivalence, not a one-sided test, decided: the 90 % interval is then the one to show."""
    if decision.word == "equivalent":
        return True
    return decision.word == "refuted" and rule.degree != "no_difference" and found.high >= -found.margin


def _other_side(
    rule: Primary, cells: Sequence[Cell], contrasts: Sequence[Comparison | None], decision: Decision
) -> str:
    """Return the strongest contrast in favour when the verdict is mixed: a reader needs both sides."""
    if decision.word != "mixed":
        return ""
    favour = [i for i, word in enumerate(decision.parts) if word == "supported"]
    best = max(favour, key=lambda i: _effect(contrasts[i]))
    found = contrasts[best]
    assert found is not None
    return f"On the other side, {_at(rule, cells[best])} shows {contrast(rule, found)}."


def _effect(found: Comparison | None) -> float:
    return found.effect if found else -np.inf


def _power(rule: Primary, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    found = contrasts[decision.deciding or 0]
    if decision.word != "inconclusive" or found is None or not np.isfinite(found.minimum_detectable):
        return ""
    size = number(shown(rule, found.minimum_detectable), 2)
    return f"{found.n} pairs find {size} {unit(rule)} beyond the margin four times in five."


def _ratio(rule: Primary, family: Cells, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    """Return what margins are as a ratio, in per cent of the other side; nothing where a run diverged."""
    found, cell = contrasts[decision.deciding or 0], family.cells[decision.deciding or 0]
    if rule.scale != "margins" or found is None or not np.isfinite(found.effect) or found.ranks:
        return ""
    log = found.effect * cell.unit if cell.ratio is None else cell.ratio
    lower = (log > 0) == (rule.better == "lower")
    share = abs(shown(rule.model_copy(update={"scale": "log"}), log))
    return f"As a ratio (geometric mean) that is {number(share, 3)} % {'less' if lower else 'more'}."


def _picked(family: Cells) -> str:
    """Return what tuning picked where a side is the best of several."""
    found = [cell.picked for cell in family.cells if cell.picked]
    counts = [(word, found.count(word)) for word in dict.fromkeys(found)]
    told = [word if len(counts) == 1 else f"{word} ({count})" for word, count in counts]
    return f"Tuning picked {', '.join(told)}." if told else ""


def _gaps(family: Cells) -> str:
    """Return what is missing of single cells, when the others decide."""
    gaps = [f"{cell.label}: {cell.reason}" for cell in family.cells if cell.reason]
    return f"Not decidable in {len(gaps)} of {len(family.cells)} ({gaps[0]})." if gaps else ""


def _divergence(cells: Sequence[Cell]) -> str:
    """Return how many runs of each arm diverged, when some did; an arm's run that meets several rivals counts once."""
    arms: dict[str, dict[object, tuple[int, int]]] = {}
    for cell in cells:
        for arm, counts in cell.lost.items():
            arms.setdefault(arm, {})[cell.place] = counts
    totals = {arm: np.sum(list(counts.values()), axis=0) for arm, counts in arms.items()}
    told = [f"{arm} {lost} of {runs}" for arm, (lost, runs) in totals.items() if lost]
    return f"Diverged runs, ranked worst: {', '.join(told)}." if told else ""


def _pairing(contrasts: Sequence[Comparison | None]) -> str:
    known = [found.correlation for found in contrasts if found and np.isfinite(found.correlation)]
    if not known:
        return ""
    typical = number(float(np.median(known)), 2)
    return f"Pairs correlate at {typical}{' (median)' if len(known) > 1 else ''}."


def _omitted(family: Cells) -> str:
    return f"Not measured here: {', '.join(family.left_out)}." if family.left_out else ""


def condition(rule: Primary, family: Cells, decision: Decision) -> str:
    """Return where the verdict holds: the levels of every column, and the cell of the contrast that decides."""
    cells = family.cells
    spans = [_span(column, levels) for column, levels in levels_of(cells)]
    if rule.tasks or decision.deciding is None or len(cells) == 1:
        return "; ".join(spans)
    return f"{'; '.join(spans)}; decided at {cells[decision.deciding].label}"


def _span(column: str, levels: Sequence[object]) -> str:
    texts = [str(level) for level in levels]
    return f"{column} {', '.join(texts)}"
