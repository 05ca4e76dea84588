"""Sentences: how a finding is told, with every number taken from the records.

A template holds ``{name}`` or ``{name:form}``; ``form`` is a count of significant digits, ``percent``, ``power`` (the
value is a log10) or ``snap`` (rounding errors of float64 taken off). No number is ever typed in a template, so a
sentence cannot outlive its numbers.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from acts import nearest
from acts.claims.catalogue import Claim, ClaimError, Verdict

DIGITS = 4
SIDES = {  # a verdict on one of several, in the order that they are told
    "supported": "in favour", "equivalent": "practically equal", "refuted": "against", "inconclusive": "undecided",
}  # fmt: skip
FEW = 2  # of what is missing, how much is named
ROUNDING = 1e-12
UNANSWERED = ("not decidable", "not measured here")  # of which "finding" has nothing to tell
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
Values = Mapping[str, float | str]


def number(value: float, digits: int = DIGITS) -> str:
    """Return a number for running text: significant digits, a real minus sign, powers of ten beyond 1e-3 and 1e5."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    if 1e-3 <= abs(float(f"{value:.{digits - 1}e}")) < 1e5:
        text = f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"
        return text.replace("-", "−")
    mantissa, exponent = f"{value:.{max(digits - 2, 1)}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(RAISED)}"
    return power if mantissa == "1" else f"{mantissa.replace('-', '−')} × {power}"


def power(exponent: float) -> str:
    """Return ten to an exponent for running text, plainly where the number is short."""
    if math.isinf(exponent):
        return "0" if exponent < 0 else "∞"
    if -3 <= exponent < 4:
        return number(10**exponent, 3)
    return f"10{str(round(exponent)).translate(RAISED)}"


def listed(parts: Sequence[str]) -> str:
    """Return "a, b and c", with semicolons where a part has a comma of its own."""
    if any("," in part for part in parts):
        return "; ".join(parts)
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def counted(words: Sequence[str], what: str) -> str:
    """Return how many of several say what, those in favour first: Of 4 contrasts 3 are in favour and 1 undecided."""
    total = len(words)
    counts = {word: words.count(word) for word in (*SIDES.values(), *words) if word in words}
    if len(counts) == 1:
        return f"{'Both' if total == 2 else f'All {total}'} {what} are {words[0]}."
    told = [f"{count} {word}" for word, count in counts.items()]
    first = next(iter(counts.values()))
    told[0] = f"{first} {'is' if first == 1 else 'are'}{told[0].removeprefix(str(first))}"
    return f"Of {total} {what} {listed(told)}."


def absent(left_out: Sequence[str]) -> str:
    """Return a statement of what was wanted and not run, naming two at most; empty where nothing lacks."""
    told = list(dict.fromkeys(left_out))
    more = f" and {len(told) - FEW} more" if len(told) > FEW else ""
    return f"Not measured here: {listed(told[:FEW]) if not more else '; '.join(told[:FEW])}{more}." if told else ""


def interval(verdict: Verdict) -> str:
    """Return "[low, high]" with the confidence level, as a sentence quotes it."""
    if verdict.low is None or verdict.high is None or verdict.level is None:
        return "no interval"
    return f"{verdict.level:.0%} interval [{number(verdict.low, 3)}, {number(verdict.high, 3)}]"


def fill(template: str, values: Values) -> str:
    """Return the template with its placeholders replaced; raises ClaimError for a name that has no value."""

    def one(match: re.Match[str]) -> str:
        name, form = match.groups()
        if name not in values:
            raise ClaimError(f"a sentence asks for {name!r}, which nothing measures{nearest.hint(name, values)}")
        return _formed(values[name], form)

    return PLACEHOLDER.sub(one, template)


def _formed(value: float | str, form: str | None) -> str:
    if isinstance(value, str):
        return value
    if form is None:
        return number(value)
    if form.isdigit():
        return number(value, int(form))
    if form == "percent":
        return f"{100 * value:.2f} %"
    if form == "power":
        return power(value)
    if form == "snap":
        return number(round(value / ROUNDING) * ROUNDING)
    raise ClaimError(f"unknown form {form!r} in a sentence; forms are a digit count, percent, power and snap")


def write(claim: Claim, verdict: Verdict, values: Values | None = None, *, default: str = "") -> Verdict:
    """Return the verdict with its sentence: the verdict word, then the claim's template for it, or else the default.

    ``effect``, ``low``, ``high``, ``n``, ``margin``, ``unit``, ``interval`` and ``condition`` of the verdict are always
    at hand; ``values`` adds to them. Raises ClaimError for a template that asks for anything else.
    """
    given = {name: getattr(verdict, name) for name in ("effect", "low", "high", "n", "margin")}
    known: dict[str, float | str] = {name: float(value) for name, value in given.items() if value is not None}
    known |= {"unit": verdict.unit, "condition": verdict.condition, "interval": interval(verdict), **(values or {})}
    told = default if verdict.verdict in UNANSWERED else claim.sentences.get("finding") or default
    template = claim.sentences.get(verdict.verdict) or told or _plain(verdict)
    try:
        finding = fill(template, known)
    except ClaimError as error:
        raise ClaimError(f"{claim.id}: {error}") from None
    return replace(verdict, sentence=f"{opening(verdict)} {finding}")


def opening(verdict: Verdict) -> str:
    """Return the verdict as the first words of its sentence, a *true if* with its condition."""
    if verdict.verdict == "true if" and verdict.condition:
        return f"True {verdict.condition}."
    return f"{verdict.verdict[0].upper()}{verdict.verdict[1:]}."


def _plain(verdict: Verdict) -> str:
    """Return the barest template that still says the numbers there are."""
    if verdict.effect is None:
        return verdict.condition or "The records hold no number for it."
    return "The number that decides is {effect}" + (" ({unit})." if verdict.unit else ".")
