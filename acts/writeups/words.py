"""Words: the sentences of an article, every number and name in them from what was published."""

import shlex
from collections.abc import Sequence
from typing import Any

import pandas as pd

from acts import wording
from acts.claims import Card, evidence
from acts.claims.cards import escape
from acts.claims.facts import Exact
from acts.claims.sentences import listed
from acts.figures import evidence as drawings
from acts.reports import ledger as ledgers
from acts.reports import matter
from acts.writeups.note import Note

NUMBERS = ("none", "one", "two", "three", "four")
PACKAGES = ("python", "torch", "numpy", "scipy", "pandas")
SIGNIFICANT = 2  # digits of a q
FEW_CLAIMS = 2  # of which the abstract says how the contrasts fall
FEW = 4  # data sets that are named one by one


def label(note: Note, name: str) -> str:
    """Return what a reader calls an activation."""
    known = dict(zip(note.catalogue["name"], note.catalogue["label"], strict=True))
    return wording.activation(name, known)


def command(note: Note) -> str:
    """Return the command that makes the article again."""
    parts = ["python", "-m", "acts", "writeup", "--claims", ",".join(note.asked.claims)]
    parts += ["--activations", ",".join(note.activations)] if note.activations else []
    parts += [part for author in note.asked.authors for part in ("--author", author)]
    return shlex.join([*parts, "--title", note.asked.title, "--config", note.config])


def abstract(note: Note) -> str:
    """Return the findings in a paragraph: how the claims stand, and the numbers behind each verdict."""
    counts: dict[str, int] = {}
    for card in note.cards:
        counts[card.verdict.verdict] = counts.get(card.verdict.verdict, 0) + 1
    found = " ".join(_found(note, card) for card in note.cards)
    if len(note.cards) == 1:
        return found
    fall = listed([f"{NUMBERS[count]} {_is(count)} {word}" for word, count in counts.items()])
    return f"Of {NUMBERS[len(note.cards)]} claims {fall}. {found}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _found(note: Note, card: Card) -> str:
    """Return a claim with its verdict, how its contrasts fall and the number that decides it."""
    verdict = card.verdict
    effect, interval = ledgers.told(verdict.effect, verdict.low, verdict.high, verdict.level, unit=verdict.unit)
    number = effect + (f" ({interval})" if interval else "") if effect else ""
    rows = pd.concat([part.rows for part in evidence.parts(card.claim, note.index)] or [pd.DataFrame()])
    if len(rows) > 1 and len(note.cards) <= FEW_CLAIMS:
        words = [drawings.reads(row) for row in rows.to_dict("records")]
        fall = listed([f"{words.count(one)} {_is(words.count(one))} {one}" for one in dict.fromkeys(words)])
        number = f"of {len(rows)} contrasts {fall}" + (f"; the one that decides shows {number}" if number else "")
    return f"*{escape(card.claim.claim)}* is **{verdict.verdict}**{f': {escape(number)}' if number else ''}."


def question(note: Note) -> str:
    """Return what is asked, of which functions."""
    said = "\n".join(f"- **{claim.id}** {escape(claim.claim)}." for claim in note.claims)
    one = len(note.claims) == 1
    opening = f"The literature makes {'this claim' if one else 'these claims'}; here {'it is' if one else 'they are'}"
    looked = f" This article looks at {listed([escape(label(note, name)) for name in note.activations])} above all."
    return f"{opening} held against what was measured.{looked if note.activations else ''}\n\n{said}\n"


def method(note: Note) -> str:
    """Return what was run, how runs are paired and how a verdict is reached."""
    told = note.provenance
    when = f" on {escape(str(told['measured'])[:10])}" if told.get("measured") else ""
    at = f" at commit `{matter.short(told)}`" if told.get("commit") else ""
    title = f" ({escape(told['title'])})" if told.get("title") else ""
    runs = _runs(note)
    paragraphs = [
        f"Nothing was measured for this article. It reads what the configuration *{escape(note.config)}*{title}"
        f" published{when}{at}{f': {runs}' if runs else ''}. @tbl-rules gives, for each claim, the rule that was fixed"
        " before the runs and where it was measured.",
        _pairing(note),
        _exact(note),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _runs(note: Note) -> str:
    """Return how many runs of which comparisons stand behind the claims, and on what they were made."""
    experiments = dict.fromkeys(claim.experiment for claim in note.claims)
    counts = {one: int(note.provenance.get("experiments", {}).get(one, {}).get("runs", 0)) for one in experiments}
    told = [f"{thousands(count)} runs on *{escape(one.replace('_', ' '))}*" for one, count in counts.items() if count]
    if not told:
        return ""
    name = device(note)
    precision = f" in {escape(note.provenance['dtype'])}" if note.provenance.get("dtype") else ""
    return f"{listed(told)}, made on {escape(name or 'one machine')}{precision}"


def device(note: Note) -> str:
    """Return what the runs were made on: AMD EPYC (cpu)."""
    told = note.provenance.get("device", {})
    kind = f"({told['got']})" if told.get("got") else ""
    return " ".join(word for word in (str(told.get("name", "")), kind) if word)


def thousands(count: int) -> str:
    """Return a count with its thousands apart."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _pairing(note: Note) -> str:
    """Return how differences are taken and judged, where runs decide a claim."""
    if not any(evidence.parts(claim, note.index) for claim in note.claims):
        return ""
    cited = " [@holm1979]" if "holm1979" in note.sources else ""
    return (
        "Runs of one seed share their initial weights and the order of their batches, whatever the activation, so every"
        " difference is taken within a pair. Intervals hold 95 % and come from flipping the signs of paired"
        f" differences; the p-values of one claim are adjusted for their number by Holm’s method{cited}."
        " What is better by less than the margin does not count as better."
    )


def _exact(note: Note) -> str:
    """Return which claims mathematics decides."""
    exact = [claim.id for claim in note.claims if isinstance(claim.rule, Exact)]
    if not exact:
        return ""
    verb = "is" if len(exact) == 1 else "are"
    return f"{listed(exact)} {verb} decided by the formulas alone: nothing is trained, and numbers have no interval."


def measured_on(note: Note, card: Card) -> str:
    """Return where a claim was measured: data sets, networks, optimisers, pairs."""
    found = evidence.parts(card.claim, note.index)
    if card.verdict.verdict == "not measured here":
        return "not measured here"
    if not found:
        return "the formula alone" if isinstance(card.claim.rule, Exact) else card.verdict.condition or "not here"
    levels = evidence.conditions(found)
    pairs = levels.pop("n")
    tasks = max(len(part.tasks) for part in found)
    told = [f"{tasks} tasks"] if tasks else [_span(column, own) for column, own in levels.items()]
    ends = f"{pairs[0]}" if len(pairs) == 1 else f"{pairs[0]} to {pairs[-1]}"
    return "; ".join([*[text for text in told if text], f"{ends} paired seeds"])


def _span(column: str, levels: Sequence[Any]) -> str:
    words = [text for text in (wording.level(column, level) for level in levels) if text]
    return words[0] + f" to {levels[-1]}" if len(words) > 3 and not isinstance(levels[0], str) else ", ".join(words)


def caption(note: Note, card: Card) -> str:
    """Return what a claim's figure shows and how it is read."""
    found = evidence.parts(card.claim, note.index)
    rows = sum(len(part.rows) for part in found)
    several = any(len(part.tasks) for part in found)
    what = "The contrast that decides" if rows == 1 else "The contrasts that decide"
    margin = any(part.rule.threshold for part in found)
    pale = bool(note.activations) and any(
        not set(functions) & set(note.activations) for part in found for functions in part.rows["activations"]
    )
    said = [
        f"{what} {card.claim.id}{', below the single tasks it is the mean of' if several else ''}. A point is an"
        " effect, its line the 95 % interval; what lies right of zero speaks for the claim"
        + (", and the band is the margin." if margin else ".")
    ]
    said += ["A colour says what a contrast shows by itself"]
    said[-1] += f"; pale ones compare neither of {_either(note)}." if pale else "."
    return " ".join(said)


def _either(note: Note) -> str:
    return escape(" and ".join(label(note, name) for name in note.activations))


def limits(note: Note) -> str:
    """Return what the article does not show, a point each."""
    told = [*_scope(note), *_fragile(note), *_related(note), *_aside(note), _chosen(note)]
    return "\n".join(f"- {line}" for line in told)


def _scope(note: Note) -> list[str]:
    """Return how small what was measured is, as far as the contrasts say."""
    levels = evidence.conditions([part for claim in note.claims for part in evidence.parts(claim, note.index)])
    networks = [str(one) for one in levels.get("network", []) if not str(one).startswith("autoencoder")]
    depths = sorted({wording.depth(one) for one in networks} - {0})
    data = [escape(wording.word(str(one))) for one in levels.get("dataset", [])]
    if not data:
        return []
    few = f"the data set{'s' * (len(data) > 1)} {listed(data)}" if len(data) <= FEW else f"{len(data)} data sets"
    span = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else f"{depths[0] if depths else ''}"
    layers = f", in networks of {span} hidden layer{'s' * (depths[-1] > 1)}" if depths else ""
    return [f"Measured was on {few}{layers}; other data and larger networks may say otherwise."]


def _fragile(note: Note) -> list[str]:
    """Return which verdicts another margin, init or half of the seeds turns, and which stand."""
    said, stood = [], []
    for card in note.cards:
        row = note.sensitivity.get(card.claim.id, {})
        tried = [name for name in row if name not in ("claim", "verdict", "fragile", "because") and row[name]]
        if row.get("fragile") == "True":
            said.append(f"{card.claim.id} is fragile: {escape(row.get('because', ''))}.")
        elif tried and card.verdict.verdict not in matter.UNDECIDED:
            stood.append(card.claim.id)
    if stood:
        verb = "keeps its verdict" if len(stood) == 1 else "keep their verdicts"
        said.append(f"{listed(stood)} {verb} with every other margin, init and half of the seeds that was tried.")
    return said


def _related(note: Note) -> list[str]:
    """Return the claims that pull the other way or rest on the same evidence, with their verdicts."""
    said = []
    for claim in note.claims:
        for other, how in ((claim.contradicts, "pulls the other way"), (claim.same_evidence_as, "rests on the same")):
            row = note.ledger.get(other or "")
            if row and other not in note.asked.claims:
                said.append(f"{other}, *{escape(row['statement'])}*, {how} and is {escape(row['verdict'])}.")
    return said


def _aside(note: Note) -> list[str]:
    """Return the activations that were named and that no claim here is about."""
    about = {name for claim in note.claims for name in evidence.functions(claim)}
    absent = [label(note, name) for name in note.activations if name not in about]
    verb = "takes" if len(absent) == 1 else "take"
    return [f"{escape(listed(absent))} {verb} part in none of the claims."] if absent else []


def _chosen(note: Note) -> str:
    """Return that the claims were picked, and how they stand among all of the configuration."""
    rates = {card.claim.id: note.ledger[card.claim.id].get("q_fdr", "") for card in note.cards}
    told = [f"{ledgers.number(float(rate), SIGNIFICANT)} for {one}" for one, rate in rates.items() if rate]
    among = f" Over all {len(note.ledger)} claims of the configuration the false discovery rate is {listed(told)}."
    picked = "The claims were picked; p-values are adjusted within a claim and not for the picking."
    return picked + (among if told else "")


def provenance(note: Note) -> str:
    """Return what the article was made of, and how to make it again."""
    told = note.provenance
    versions = told.get("versions", {})
    rows = {
        "Commit": told.get("commit", ""),
        "Records": f"sha256 {note.digest}",
        "Versions": ", ".join(f"{name} {versions[name]}" for name in PACKAGES if versions.get(name)),
    }
    made = "\n".join(f"- {name}: {escape(str(value))}" for name, value in rows.items() if value)
    fence = "`" * (3 + command(note).count("`"))
    again = f"The same records give this article again, byte for byte:\n\n{fence}\n{command(note)}\n{fence}"
    return f"{made}\n\n{again}\n"
