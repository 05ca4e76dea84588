"""Abstract: what was decided, what fell and what stands, in sentences that rules write from the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acts.reports import cards
from acts.reports import ledger as ledgers
from acts.reports.ledger import Row
from acts.reports.marks import VOCABULARY
from acts.reports.words import escape, listed, plural, thousands

OPEN = {
    "inconclusive": "{are} inconclusive, because what was measured fits both answers",
    "not decidable": "{are} not decidable by runs",
    "not measured here": "{wait} for comparisons that this configuration leaves out",
}
CONDITION = "true only under a condition that the source leaves out"
FOLLOWED = 3  # refuted claims that the abstract names


def write(opening: str, claims: Sequence[Row], provenance: Mapping[str, Any], *, brought: Sequence[str] = ()) -> str:
    """Return the abstract in markdown, nothing but the opening for an empty ledger.

    ``brought`` are the labels of the functions that the last chapter is about.
    """
    if not claims:
        return escape(opening)
    counts = Counter(claim["verdict"] for claim in claims)
    paragraphs = [
        " ".join(part for part in (escape(opening), _decided(claims, counts)) if part),
        " ".join(part for part in (_fell(claims), _stood(claims)) if part),
        " ".join(part for part in (_open(counts), _evidence(claims, provenance)) if part),
        _brought(brought),
    ]
    return "\n\n".join(part for part in paragraphs if part)


def _brought(labels: Sequence[str]) -> str:
    """Return which functions the configuration brings along, and where they are asked about."""
    told = listed([f"**{escape(label)}**" for label in labels])
    what = "any of them is" if len(labels) > 1 else "it is"
    return f"This configuration brings {told} along; the last chapter asks whether {what} any good." if labels else ""


def _decided(claims: Sequence[Row], counts: Mapping[str, int]) -> str:
    decided = {verdict: counts[verdict] for verdict in VOCABULARY if verdict not in OPEN and counts[verdict]}
    total, count = len(claims), sum(decided.values())
    sources = {source.strip() for claim in claims for source in claim["source"].split(";") if source.strip()}
    drawn = f", drawn from {plural(len(sources), 'source')}," if sources else ""
    if not count:
        return f"None of its **{total}** claims{drawn} is decided here."
    told = [f"{number} {CONDITION if verdict == 'true if' else verdict}" for verdict, number in decided.items()]
    return f"Of its **{total}** claims{drawn} **{count}** {_are(count)} decided here: {listed(told)}."


def _fell(claims: Sequence[Row]) -> str:
    """Return which claims fell by most: refuted, with the whole interval far beyond the margin."""
    found = hardest(claims, "refuted")[:FOLLOWED]
    if not found:
        return ""
    first, *others = found
    told = f"What falls hardest is the sentence {_quoted(first)}, where the records show {_measured(first)}"
    after = [f"{_quoted(other)}, at {escape(other['effect'])}" for other in others]
    return f"{told}; then {listed(after, last='; and ', between='; ')}." if after else f"{told}."


def _stood(claims: Sequence[Row]) -> str:
    found = hardest(claims, "supported")
    return f"What stands most firmly is {_quoted(found[0])}, at {_measured(found[0])}." if found else ""


def hardest(claims: Iterable[Row], verdict: str) -> list[Row]:
    """Return the claims of a verdict whose whole interval lies beyond the margin, that which does so by most first.

    A claim whose runs diverged has no measured size and is left out.
    """
    found = [(_beyond(claim), claim) for claim in claims if claim["verdict"] == verdict]
    return [claim for beyond, claim in sorted(found, key=lambda pair: -pair[0]) if beyond > 1]


def _beyond(claim: Row) -> float:
    """Return how many margins the nearer end of a claim's interval is from zero, 0 for one that holds zero."""
    ends = cards.margins(claim)
    if ends is None or ends[0] * ends[2] <= 0 or max(map(abs, ends)) >= cards.DIVERGED:
        return 0.0
    return min(abs(ends[0]), abs(ends[2]))


def _quoted(claim: Row) -> str:
    name = escape(claim["claim"])
    led = f"[{name}](#claim-{name})" if name.isalnum() else name
    return f"“{escape(claim['statement'])}” ({led})"


def _measured(claim: Row) -> str:
    return f"{escape(claim['effect'])} ({escape(claim['interval'])})"


def _open(counts: Mapping[str, int]) -> str:
    """Return how many claims stay open, and why."""
    rest = {verdict: counts[verdict] for verdict in OPEN if counts.get(verdict)}
    if not rest:
        return "None stays open."
    words = [
        f"{count} " + OPEN[verdict].format(are=_are(count), wait="wait" if count > 1 else "waits")
        for verdict, count in rest.items()
    ]
    total = sum(rest.values())
    return f"**{total}** {'stay' if total > 1 else 'stays'} open: {listed(words, last=', and ')}."


def _evidence(claims: Sequence[Row], provenance: Mapping[str, Any]) -> str:
    """Return what the verdicts rest on: mathematics, and runs on a machine."""
    told = provenance.get("experiments", {}).values()
    runs = sum(int(experiment.get("runs", 0)) for experiment in told)
    exact = sum(claim["kind"] == "exact" for claim in claims)
    rest = "the others rest on" if exact else "The evidence is"
    formulas = f"Formulas alone decide {exact}; " if exact else ""
    if not runs:
        return f"Formulas alone decide {exact}." if exact else ""
    seconds = sum(float(experiment.get("seconds", 0)) for experiment in told)
    spent = f", {ledgers.duration(seconds)} of compute" if seconds else ""
    return f"{formulas}{rest} {thousands(runs)} runs on {escape(machine(provenance))}{spent}."


def machine(provenance: Mapping[str, Any]) -> str:
    """Return the device's name, or what it is."""
    device = provenance.get("device", {})
    return str(device.get("name") or device.get("got") or "this machine")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
