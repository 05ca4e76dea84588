"""Compounds: a claim of several parts, each judged by a rule of its own, joined to one verdict that tells them all."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acts import stats
from acts.claims import sentences
from acts.claims.catalogue import Claim, Compound, Told, Verdict, Word
from acts.claims.index import Index

GOOD = ("supported", "equivalent")
Parts = Mapping[str, Verdict]


@dataclass(frozen=True)
class Joined:
    """The word for the whole, the part that decides, its p after Holm, and when a *true if* holds."""

    word: Word
    part: str
    p: float | None
    condition: str = ""


def judge(claim: Claim, rule: Compound, index: Index, *, by: Callable[[Claim, Index], Verdict]) -> Verdict:
    """Return the verdict on a claim of several parts; ``by`` judges one of them, put as a claim of its own."""
    bare = claim.model_copy(update={"sentences": {}})
    parts = {name: by(bare.model_copy(update={"rule": part}), index) for name, part in rule.parts.items()}
    joined = {"all_of": _all_of, "any_of": _any_of, "cases": _cases}[rule.kind](rule, parts)
    shown = parts[joined.part]
    told, notes = _told(parts)
    verdict = Verdict(
        claim.id, joined.word, effect=shown.effect, unit=shown.unit, low=shown.low, high=shown.high, level=shown.level,
        n=shown.n, margin=shown.margin, p_holm=joined.p, condition=joined.condition or _where(joined, parts),
        evidence=claim.evidence, notes=notes, parts=told,
    )  # fmt: skip
    return sentences.write(claim, verdict, _values(rule, parts, told, notes), default="{story}")


def _all_of(rule: Compound, parts: Parts) -> Joined:
    """Join parts that must all hold: one that falls, after Holm over the parts, ends it."""
    refuting = [name for name in parts if parts[name].verdict == "refuted" and rule.parts[name].refutes]
    adjusted = _holm(parts, refuting, of=sum(part.refutes for part in rule.parts.values()))
    if adjusted and min(adjusted.values()) <= stats.ALPHA:
        part = min(adjusted, key=lambda name: adjusted[name])
        return Joined("refuted", part, _p(parts[part], adjusted[part]))
    mixed = _with(parts, "mixed")
    if mixed:
        return Joined("mixed", mixed[0], parts[mixed[0]].p_holm)
    weakest = _weakest(rule, parts, list(parts))
    if all(verdict.verdict in GOOD for verdict in parts.values()):
        return Joined("supported", weakest, parts[weakest].p_holm)
    if gap := _gap(parts):
        return gap
    held = _with(parts, "true if")
    if held and all(verdict.verdict in (*GOOD, "true if") for verdict in parts.values()):
        return Joined("true if", held[0], parts[held[0]].p_holm, parts[held[0]].condition)
    open_ones = [name for name in parts if parts[name].verdict not in GOOD]
    part = _weakest(rule, parts, open_ones)
    return Joined("inconclusive", part, parts[part].p_holm)


def _any_of(rule: Compound, parts: Parts) -> Joined:
    """Join parts of which one suffices: it must hold after Holm over the parts, and all must fall to refute."""
    good = [name for name in parts if parts[name].verdict in GOOD]
    adjusted = _holm(parts, good, of=len(parts))
    if adjusted and min(adjusted.values()) <= stats.ALPHA:
        part = min(adjusted, key=lambda name: adjusted[name])
        return Joined("supported", part, _p(parts[part], adjusted[part]))
    if all(verdict.verdict == "refuted" and rule.parts[name].refutes for name, verdict in parts.items()):
        part = _weakest(rule, parts, list(parts))
        return Joined("refuted", part, parts[part].p_holm)
    if found := _with(parts, "mixed") or _with(parts, "true if"):
        first = parts[found[0]]
        return Joined(first.verdict, found[0], first.p_holm, first.condition if first.verdict == "true if" else "")
    unanswered = {verdict.verdict for verdict in parts.values()}
    if unanswered <= {"not measured here", "not decidable"}:
        word: Word = "not decidable" if "not decidable" in unanswered else "not measured here"
        return Joined(word, _with(parts, word)[0], None)
    part = _weakest(rule, parts, [name for name in parts if parts[name].effect is not None] or list(parts))
    return Joined("inconclusive", part, parts[part].p_holm)


def _cases(rule: Compound, parts: Parts) -> Joined:
    """Join cases that the claim leaves open: where one holds and another falls it is true if."""
    inside = [name for name in parts if parts[name].verdict in GOOD]
    outside = [name for name in parts if parts[name].verdict == "refuted" and rule.parts[name].refutes]
    if inside and outside:
        told = f"if {', or if '.join(inside)}; not if {', nor if '.join(outside)}"
        part = _weakest(rule, parts, inside)
        return Joined("true if", part, _largest(parts, [*inside, *outside]), told)
    if mixed := _with(parts, "mixed"):
        return Joined("mixed", mixed[0], parts[mixed[0]].p_holm)
    if len(inside) == len(parts) or len(outside) == len(parts):
        part = _weakest(rule, parts, list(parts))
        return Joined("supported" if inside else "refuted", part, parts[part].p_holm)
    if gap := _gap(parts):
        return gap
    part = _weakest(rule, parts, [name for name in parts if name not in inside])
    return Joined("inconclusive", part, parts[part].p_holm)


def _gap(parts: Parts) -> Joined | None:
    """Return what keeps the whole from an answer, where a part has none."""
    found = _with(parts, "not measured here") or _with(parts, "not decidable")
    return Joined(parts[found[0]].verdict, found[0], None, parts[found[0]].condition) if found else None


def _with(parts: Parts, word: str) -> list[str]:
    return [name for name, verdict in parts.items() if verdict.verdict == word]


def _holm(parts: Parts, names: list[str], *, of: int) -> dict[str, float]:
    """Return the p of these parts after Holm over so many; what mathematics decides has 0, the others count as 1."""
    if not names:
        return {}
    values = [parts[name].p_holm or 0.0 for name in names]
    adjusted = stats.holm([*values, *[1.0] * (of - len(names))])
    return dict(zip(names, adjusted.tolist(), strict=False))


def _p(verdict: Verdict, adjusted: float) -> float | None:
    """Return an adjusted p, None for mathematics, which has none."""
    return None if verdict.p_holm is None else adjusted


def _largest(parts: Parts, names: list[str]) -> float | None:
    return max((p for name in names if (p := parts[name].p_holm) is not None), default=None)


def _weakest(rule: Compound, parts: Parts, names: list[str]) -> str:
    """Return the part that the rule shows, if it is among the names, else the one with the largest p."""
    if rule.effect in names:
        return str(rule.effect)
    return max(names, key=lambda name: -1.0 if (p := parts[name].p_holm) is None else p)


def _where(joined: Joined, parts: Parts) -> str:
    inner = parts[joined.part].condition
    return f"decided by “{joined.part}”{'; ' + inner if inner else ''}"


def _values(rule: Compound, parts: Parts, told: tuple[Told, ...], notes: tuple[str, ...]) -> dict[str, float | str]:
    """Return what a sentence may ask for: the story, and of every part its verdict, story and numbers."""
    lines = [one.line for one in told]
    values: dict[str, float | str] = {"story": " ".join([*lines, *[rule.caveat] * bool(rule.caveat), *notes])}
    for name, verdict in parts.items():
        slug = re.sub(r"\W+", "_", name)
        values |= {f"{slug}_verdict": verdict.verdict, f"{slug}_story": _finding(verdict)}
        numbers = {part: getattr(verdict, part) for part in ("effect", "low", "high", "n", "p_holm")}
        values |= {f"{slug}_{part}": float(value) for part, value in numbers.items() if value is not None}
    return values


def _told(parts: Parts) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Return a line a part, and the notes that several parts close with, which are said once for all."""
    every = [note for verdict in parts.values() for note in verdict.notes]
    shared = tuple(note for note in dict.fromkeys(every) if every.count(note) > 1)
    lines = []
    for name, verdict in parts.items():
        finding = _finding(verdict)
        for note in verdict.notes:
            finding = finding.replace(f" {note}", "") if note in shared else finding
        lines.append(Told(f"{_capital(name)} ({_word(verdict)}): {finding}", verdict.parts))
    return tuple(lines), shared


def _finding(verdict: Verdict) -> str:
    """Return a part's sentence without the verdict in front, which stands beside its name."""
    return verdict.sentence.removeprefix(f"{sentences.opening(verdict)} ")


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _word(verdict: Verdict) -> str:
    return f"true {verdict.condition}" if verdict.verdict == "true if" else verdict.verdict
