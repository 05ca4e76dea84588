"""Rarities: claims that something never happens, judged by counts of units and of the seeds that have any."""

from dataclasses import dataclass, replace

from acts import stats, wording
from acts.claims import pairs, readings, sentences
from acts.claims.catalogue import Claim, ClaimError, Verdict, Word
from acts.claims.index import RUN, Index, Place, meet, places
from acts.claims.sentences import number
from acts.claims.sides import Side, as_side
from acts.claims.surveys import Rare

KEYS = (*(column for column in RUN if column != "phase"), "layer", "seed")


@dataclass(frozen=True)
class Count:
    """What was seen: events and units over all networks, and how many of the seeds had any event."""

    events: float
    units: float
    networks: int
    seeds: int
    struck: int
    diverged: int


def judge(claim: Claim, rule: Rare, index: Index) -> Verdict:
    """Return *supported* where no unit has the event and 3/n is below the limit, *refuted* where too many seeds do."""
    side = as_side(rule.a)
    if missing := pairs.not_run(rule.experiment, [side.activation], index.activations(rule.experiment)):
        return _blank(claim, "not measured here", missing)
    try:
        found = _count(rule, side, index)
    except ClaimError as error:
        raise ClaimError(f"{claim.id}: {error}") from None
    if isinstance(found, str):
        return _blank(claim, "not decidable", found)
    return _verdict(claim, rule, found)


def _count(rule: Rare, side: Side, index: Index) -> Count | str:
    """Return the counts, or why there are none: networks without either number."""
    events, of = (_values(rule, side, metric, index) for metric in (rule.events, rule.of))
    if not events or not of:
        return f"the records of {rule.experiment} hold no {rule.of if events else rule.events} for it"
    gaps = sorted(events.keys() ^ of.keys(), key=str) or _holes(rule, side, events, index)
    if gaps:
        return f"seed {gaps[0][-1]} of {side.name} lacks {rule.of if gaps[0] in events else rule.events}"
    lost = [key for key, value in events.items() if not abs(value) < float("inf")]
    seen = {key: of[key] if key in lost else value for key, value in events.items()}
    by_seed: dict[int, float] = {}
    for key, value in seen.items():
        by_seed[key[-1]] = by_seed.get(key[-1], 0.0) + value
    struck = sum(value > 0 for value in by_seed.values())
    return Count(sum(seen.values()), sum(of.values()), len(seen), len(by_seed), struck, len(lost))


def _values(rule: Rare, side: Side, metric: str, index: Index) -> dict[Place, float]:
    asked = _conditions(rule, side)
    rows = meet(index.metric(rule.experiment, metric, phase=asked.get("phase")), asked)
    rows = rows[rows["seed"].notna() & rows["value"].notna()]
    keys = places(rows, KEYS)
    if len(set(keys)) < len(keys):
        raise ClaimError(f"records: {metric} has more than one value for a network of {side.name}; fix split or step")
    return dict(zip(keys, rows["value"].tolist(), strict=True))


def _conditions(rule: Rare, side: Side) -> dict[str, object]:
    return {**{column: level for column, level in rule.cells.items() if level != "last"}, **side.fixed}


def _holes(rule: Rare, side: Side, events: dict[Place, float], index: Index) -> list[Place]:
    """Return the runs that other metrics know of and these do not."""
    columns = KEYS[: KEYS.index("layer")]
    runs = index.runs(rule.experiment, readings.of_runs(_conditions(rule, side)), columns)
    known = {(*key[: len(columns)], key[-1]) for key in events}
    expected = [(*at, seed) for (name, at), seeds in runs.items() if name == side.activation for seed in seeds]
    return sorted((one for one in expected if one not in known), key=str)


def _verdict(claim: Claim, rule: Rare, found: Count) -> Verdict:
    bound = 3.0 / found.units if found.units else float("inf")
    low, high = stats.clopper_pearson(found.struck, found.seeds)
    word: Word = "inconclusive"
    if not found.units:
        return _blank(claim, "not decidable", "the networks there have no units")
    if found.events == 0 and bound < rule.limit:
        word = "supported"
    elif found.struck and low > rule.tolerated:
        word = "refuted"
    verdict = Verdict(
        claim.id, word, effect=found.events / found.units, unit=rule.unit, low=0.0, high=min(bound, 1.0),
        level=stats.LEVEL, n=found.seeds, p_holm=stats.none_below_p(found.units, rule.limit), evidence=claim.evidence,
        condition=f"{_counted(found)} of {wording.thousands(found.networks)} networks, {found.seeds} seeds",
    )  # fmt: skip
    if found.events:
        p = min(1.0, 2 * stats.share_above_p(found.struck, found.seeds, rule.tolerated))
        share = found.struck / found.seeds
        verdict = replace(verdict, effect=share, low=low, high=high, p_holm=p, unit="share of seeds with any")
    story = f"{_told(rule, found, bound, low, high)} {rule.caveat}".strip()
    values: dict[str, float | str] = {"story": story, "events": found.events, "units": found.units, "bound": bound}
    return sentences.write(claim, verdict, values, default="{story}")


def _told(rule: Rare, found: Count, bound: float, low: float, high: float) -> str:
    seen = f"{_counted(found)} in {wording.thousands(found.networks)} networks"
    if not found.events:
        return (
            f"It happened to none of {seen}, so that their share is below {number(bound, 2)} (3/n, 95 %; the limit is"
            f" {number(rule.limit)})."
        )
    under = "every seed" if found.struck == found.seeds else f"{found.struck} of {found.seeds} seeds"
    ends = f"{found.seeds} seeds, 95 % interval of their share [{number(low, 2)}, {number(high, 2)}]"
    diverged = f" {wording.thousands(found.diverged)} networks diverged and count as wholly affected."
    lost = diverged if found.diverged else ""
    tolerated = f"tolerated {number(rule.tolerated)}"
    return f"It happened to {wording.thousands(found.events)} of {seen}, under {under} ({ends}; {tolerated}).{lost}"


def _counted(found: Count) -> str:
    return f"{wording.thousands(found.units)} units"


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")
