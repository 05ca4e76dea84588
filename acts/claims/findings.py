"""Findings: a family of contrasts told in words, every number from the records."""

from collections.abc import Sequence
from math import exp, inf

import numpy as np

from acts import wording
from acts.claims import sentences
from acts.claims.pairs import Cell, Cells, Primary, levels_of
from acts.claims.rules import Combination, Contrast
from acts.claims.sentences import number
from acts.claims.sides import name
from acts.stats import Comparison, Decision

LARGEST = 50.0  # the largest log of a ratio that is told as a number; beyond it, as of a diverged run, it is infinite
OPPOSITES = (
    ("fewer linear pieces", "more linear pieces"),
    ("less", "more"),
    ("closer to", "farther from"),
    ("lost", "gained"),
)


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


def contrast(rule: Primary, found: Comparison, *, inner: bool = False, ratio: str = "", closing: str = "") -> str:
    """Return one contrast in words: effect, unit, interval and pairs; a negative effect is told the other way round.

    ``ratio`` follows the effect, ``closing`` ends the bracket.
    """
    flipped = found.effect < 0
    sign = -1 if flipped else 1
    ends = (found.inner_low, found.inner_high) if inner else (found.low, found.high)
    low, high = sorted(sign * shown(rule, end) for end in ends)
    level = "90" if inner else f"{100 * found.level:.0f}"
    told = sized(sign * shown(rule, found.effect), unit(rule, flipped=flipped)) + ratio
    ranks = " on ranks" if found.ranks else ""
    what = "tasks" if rule.tasks else "pairs" if isinstance(rule, Contrast | Combination) else "networks"
    return f"{told} ({level} % interval [{number(low, 3)}, {number(high, 3)}], {found.n} {what}{ranks}{closing})"


def sized(value: float, noun: str) -> str:
    """Return a number with its unit as one says it: no difference in loss area, infinitely more error."""
    size, words = number(value, 3), noun.split(" ")
    at = next((place for place, one in enumerate(words) if one in ("less", "fewer", "more")), None)
    if at is not None and size == "0":
        return f"no difference in {' '.join(words[at + 1 :])}"
    if at is not None and size == "∞":
        return f"infinitely {' '.join(words[at:])}"
    return f"{size} {noun.replace('decades', 'decade', 1).replace('margins', 'margin', 1) if size == '1' else noun}"


def amount(rule: Primary, difference: float) -> str:
    """Return a difference with what its unit counts in: 16 %, 3.7 margins, 0.013 decades, or the number alone."""
    words = rule.unit.split(" ")
    counted = words[0] if words[0] in ("%", "margins", "decades", "nats") else ""
    return f"{number(shown(rule, difference), 2)} {counted}".strip()


def story(rule: Primary, family: Cells, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    """Return what the family shows: how many contrasts agree, the one that decides, and what qualifies it."""
    if decision.deciding is None:
        return _undecidable(family, decision)
    told = [_counted(rule, contrasts, decision), _decided(rule, family, contrasts, decision)]
    told += [_other_side(rule, family.cells, contrasts, decision), _power(rule, contrasts, decision)]
    return " ".join(part for part in (*told, _gaps(family), rule.caveat) if part)


def notes(family: Cells, contrasts: Sequence[Comparison | None]) -> tuple[str, ...]:
    """Return what closes a finding: what tuning picked, which runs diverged, how pairs correlate, what was not run."""
    told = (_picked(family), _divergence(family.cells), _pairing(contrasts), sentences.absent(family.left_out))
    return tuple(part for part in told if part)


def _undecidable(family: Cells, decision: Decision) -> str:
    reasons = dict.fromkeys(_told_of(cell) for cell in family.cells if cell.reason)
    if not reasons:
        return f"The records cannot answer: {decision.note}."
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"The records cannot answer: {next(iter(reasons))}{more}."


def _told_of(cell: Cell) -> str:
    """Return why a cell is not decidable, with its place."""
    return f"{cell.label}, {cell.reason}" if cell.label else cell.reason


def _counted(rule: Primary, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    """Return how many contrasts say what, those in favour first."""
    if len(decision.parts) == 1:
        return ""
    words = [_side(rule, found, part) for found, part in zip(contrasts, decision.parts, strict=True)]
    return sentences.counted(words, "contrasts")


def _side(rule: Primary, found: Comparison | None, part: str) -> str:
    """Return in a word or two what one contrast says: against a claim of "better" stands a reversal or equality."""
    if part == "refuted" and found and rule.degree != "no_difference" and found.high >= -found.margin:
        return "practically equal"
    return sentences.SIDES.get(part, part)


def _decided(rule: Primary, family: Cells, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    cells, place = family.cells, decision.deciding or 0
    found = contrasts[place]
    assert found is not None
    inner = by_equivalence(rule, found, decision)
    decisive = decision.word in ("mixed", "refuted")
    what = "" if len(cells) == 1 else "The decisive one is " if decisive else "The weakest is "
    if len(cells) > 1 and decision.word == "supported" and rule.quantifier in ("somewhere", "among"):
        what = "The clearest is "
    inside = f", inside ±{number(rule.shown_margin, 3)}" if inner else ""
    closing = f"{inside}; {_ending(rule, decision)}"
    told = contrast(rule, found, inner=inner, ratio=_ratio(rule, cells[place], found), closing=closing)
    return f"{what}{_at(rule, cells[place], capital=not what)}: {told}."


def _ending(rule: Primary, decision: Decision) -> str:
    """Return the p that decided and how it was corrected, the margin, and whether the direction is known."""
    share = " %" if rule.scale == "log" else ""
    corrected = decision.word in ("mixed", "refuted") or rule.quantifier in ("somewhere", "among", "most")
    parts = [f"p = {number(decision.p or 0.0, 2)}{' after Holm' if corrected and len(decision.parts) > 1 else ''}"]
    parts += [f"margin {number(rule.shown_margin, 3)}{share}"] * bool(rule.margin)
    parts += [decision.note] * bool(decision.note)
    return ", ".join(parts)


def _at(rule: Primary, cell: Cell, *, capital: bool = False) -> str:
    told = " ".join(part for part in (subject(rule), cell.label) if part)
    return f"{told[0].upper()}{told[1:]}" if capital else told


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
    return f"On the other side stands {_at(rule, cells[best])}: {contrast(rule, found)}."


def _effect(found: Comparison | None) -> float:
    return found.effect if found else -np.inf


def _power(rule: Primary, contrasts: Sequence[Comparison | None], decision: Decision) -> str:
    found = contrasts[decision.deciding or 0]
    if decision.word != "inconclusive" or found is None or not np.isfinite(found.minimum_detectable):
        return ""
    size = amount(rule, found.minimum_detectable)
    what = f"An excess of {size} over the margin" if rule.margin else f"A difference of {size}"
    return f"{what} would be found four times in five."


def _ratio(rule: Primary, cell: Cell, found: Comparison) -> str:
    """Return what margins are as a ratio, in per cent of the other side; nothing where a run diverged."""
    if rule.scale != "margins" or not np.isfinite(found.effect) or found.ranks or not found.effect:
        return ""
    log = found.effect * cell.unit if cell.ratio is None else cell.ratio
    lower = (log > 0) == (rule.better == "lower")
    share = abs(shown(rule.model_copy(update={"scale": "log"}), log))
    return f", as a ratio {number(share, 3)} % {'less' if lower else 'more'}"


def _picked(family: Cells) -> str:
    """Return what tuning picked where a side is the best of several, and how often where it was not always the same."""
    found = [cell.picked for cell in family.cells if cell.picked]
    same = len(set(found)) == 1 and len(found[0]) > 1
    picks = list(found[0]) if same else [name for names in found for name in names]
    counts = sorted(((picks.count(name), name) for name in dict.fromkeys(picks)), key=lambda one: -one[0])
    told = [name if len(counts) == 1 else f"{name} {_times(count)}" for count, name in counts]
    return f"Tuning picked {sentences.listed(told)}." if told else ""


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _gaps(family: Cells) -> str:
    """Return what is missing of single cells, when the others decide."""
    gaps = [_told_of(cell) for cell in family.cells if cell.reason]
    return f"Not decidable in {len(gaps)} of {len(family.cells)} ({gaps[0]})." if gaps else ""


def _divergence(cells: Sequence[Cell]) -> str:
    """Return how many runs of each arm diverged, when some did; an arm's run that meets several rivals counts once."""
    arms: dict[str, dict[object, tuple[int, int]]] = {}
    for cell in cells:
        for arm, counts in cell.lost.items():
            arms.setdefault(arm, {})[cell.place] = counts
    totals = {arm: np.sum(list(counts.values()), axis=0) for arm, counts in arms.items()}
    told = [
        f"{arm} {wording.thousands(lost)} of {wording.thousands(runs)}" for arm, (lost, runs) in totals.items() if lost
    ]
    return f"Diverged runs, ranked worst: {', '.join(told)}." if told else ""


def _pairing(contrasts: Sequence[Comparison | None]) -> str:
    known = [found.correlation for found in contrasts if found and np.isfinite(found.correlation)]
    if not known:
        return ""
    typical = number(float(np.median(known)), 2)
    return f"Pairs correlate at {typical}{' (median)' if len(known) > 1 else ''}."


def condition(rule: Primary, family: Cells, decision: Decision) -> str:
    """Return where the verdict holds: the levels of every column, and the cell of the contrast that decides."""
    cells = family.cells
    spans = [_span(column, levels) for column, levels in levels_of(cells)]
    if rule.tasks or decision.deciding is None or len(cells) == 1:
        return "; ".join(spans)
    return f"{'; '.join(spans)}; decided {cells[decision.deciding].label}"


def _span(column: str, levels: Sequence[object]) -> str:
    """Return the levels of a column in words: digits, spirals, or depth 50, 100."""
    if all(isinstance(level, str) for level in levels):
        told = [wording.level(column, level) or "no normalisation" for level in levels]
        return (" / " if any("," in text for text in told) else ", ").join(told)
    return f"{column} {', '.join(str(level) for level in levels)}"
