"""The catalogue of claims: what the literature says, and the rule, fixed before any number, that decides each.

``acts/claims.yaml`` is the catalogue; the models here say what an entry may hold. Nothing in this room knows torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML

from acts import nearest
from acts.claims.facts import Exact
from acts.claims.rules import Combination, Contrast, Sweep, Trend
from acts.claims.sides import Model
from acts.claims.surveys import Bounds, Omnibus, Policy, Rare, Spread

VOCABULARY = (
    "supported", "refuted", "mixed", "true if", "equivalent", "inconclusive", "not decidable", "not measured here",
)  # fmt: skip
DECIDED = ("supported", "refuted", "mixed", "true if", "equivalent")
Word = Literal[
    "supported", "refuted", "mixed", "true if", "equivalent", "inconclusive", "not decidable", "not measured here"
]
PATH = Path(__file__).resolve().parent.parent / "claims.yaml"

EXPERIMENTS = (
    "formulas", "precision", "gradient_flow", "dead_units", "convergence", "generalization", "robustness",
    "mechanisms", "cost", "replications", "audit", "selection",
)  # fmt: skip
NOTEBOOKS = {
    "formulas": "01_catalogue", "precision": "02_precision", "gradient_flow": "03_gradient_flow",
    "dead_units": "04_dead_units", "convergence": "05_convergence", "generalization": "06_generalization",
    "robustness": "07_robustness", "mechanisms": "08_mechanisms", "cost": "09_cost",
    "replications": "10_replications", "audit": "10_replications", "selection": "11_selection",
}  # fmt: skip


class ClaimError(ValueError):
    """A claim that cannot be judged as written: one line with the claim, the field and what was possible."""


@dataclass(frozen=True)
class Source:
    """A text that the review takes claims from; ``gloss`` is an English rendering of the title.

    ``key`` is that of a primary paper in the bibliography, ``short`` a title for narrow places.
    """

    title: str
    language: str
    gloss: str
    key: str = ""
    short: str = ""


SOURCES = {
    source.title: source
    for source in (
        Source(
            "untitled web review of activation functions, 2024-07-12",
            "Japanese",
            "a review from sigmoid to GELU that shows no title; the copy breaks off inside its section on ELU",
        ),
        Source(
            "活性化関数としてのReLU(Rectified Linear Unit)の理解と応用",
            "Japanese",
            "Understanding and applying ReLU (rectified linear unit) as an activation function",
        ),
        Source(
            "Введение в основы глубокого обучения [4]: Знакомство с функциями активации: tanh, sigmoid, ReLU, PReLU, "
            "ELU, softplus, softmax, swish и т. д.",
            "Russian",
            "Introduction to the foundations of deep learning [4]: getting to know activation functions",
            short="Введение в основы глубокого обучения",
        ),
        Source("ニューラル ネットワーク: 活性化関数", "Japanese", "Neural networks: activation functions"),
        Source("Gaussian error linear units (GELUs)", "English", "", "hendrycks2016"),
        Source("Mish: a self regularized non-monotonic activation function", "English", "", "misra2019"),
        Source("Searching for activation functions", "English", "", "ramachandran2017"),
    )
}


class Conjunction(Model):
    """A claim made of others: refuted when a member's verdict refutes it, supported when all are, else inconclusive."""

    kind: Literal["conjunction"]
    members: tuple[str, ...] = Field(min_length=2)
    refuted_by: tuple[Word, ...] = ("refuted",)

    @property
    def experiment(self) -> str:
        """Return the comparison whose notebook shows the claim."""
        return "selection"


class Compound(Model):
    """A claim of several parts, each judged by a rule of its own and told by its name.

    ``all_of``: refuted where a part is (unless it says ``refutes: false``), supported where all are. ``any_of``:
    supported where a part is, refuted where all are. ``cases``: the claim leaves open which part is meant, so parts
    that disagree make it *true if*; their names are then words that follow "if". ``effect`` names the part whose number
    the ledger shows where no part decides alone.
    """

    kind: Literal["all_of", "any_of", "cases"]
    experiment: str
    parts: dict[str, "Part"] = Field(min_length=2)
    effect: str | None = None
    caveat: str = ""
    refutes: bool = True

    @model_validator(mode="after")
    def _shown(self) -> "Compound":
        if self.effect is not None and self.effect not in self.parts:
            raise ValueError(nearest.unknown("part", self.effect, self.parts))
        return self

    @property
    def shown_margin(self) -> float | None:
        """Return the margin of the part whose number the ledger shows, where it has one."""
        return getattr(self.parts[self.effect or next(iter(self.parts))], "shown_margin", None)


Part = Annotated[
    Exact | Contrast | Sweep | Combination | Trend | Bounds | Omnibus | Rare | Spread | Policy | Compound,
    Field(discriminator="kind"),
]
Compound.model_rebuild()
Rule = Annotated[
    Exact | Contrast | Sweep | Combination | Trend | Bounds | Omnibus | Rare | Spread | Policy | Compound | Conjunction,
    Field(discriminator="kind"),
]  # fmt: skip


class Claim(Model):
    """One sentence of the literature, restated, with the rule that decides it and the sentences that tell the finding.

    ``chapter`` is the comparison in whose notebook it is shown, where that is not the one that decides it.
    ``verdict`` says in words what supports and what refutes; ``rule`` is the same for the machine. ``sentences`` maps
    a verdict, or ``finding`` for all others, to a template whose numbers are filled in from the records. ``subject`` is
    the function that the rule is about, where the sentence can be asked of another one, and ``asked`` is that sentence.
    An id that begins with Y is that of a claim about a function of one's own, which no source makes.
    """

    id: str = Field(pattern=r"^(C\d\d|Y(-[A-Za-z0-9_]+)+)$")
    topic: str
    sources: tuple[str, ...] = ()
    claim: str
    measure: str
    verdict: str
    kind: Literal["exact", "experiment", "policy"]
    same_evidence_as: str | None = None
    source_note: str | None = None
    contradicts: str | None = None
    chapter: str | None = None
    evidence: tuple[str, ...] = ()
    subject: str | None = None
    asked: str | None = None
    rule: Rule
    sentences: dict[Word | Literal["finding"], str] = Field({})

    @property
    def experiment(self) -> str:
        """Return the comparison that decides the claim."""
        return self.rule.experiment

    @property
    def shown(self) -> str:
        """Return the comparison in whose notebook the claim is shown."""
        return self.chapter or self.experiment

    @property
    def notebook(self) -> str:
        """Return the notebook that shows the claim."""
        return NOTEBOOKS[self.shown]

    @property
    def margin(self) -> float | None:
        """Return the margin set before the run, in the unit of the effect; None for a claim without one."""
        return getattr(self.rule, "shown_margin", None)

    @field_validator("sources")
    @classmethod
    def _known_sources(cls, titles: tuple[str, ...]) -> tuple[str, ...]:
        for title in titles:
            if title not in SOURCES:
                raise ValueError(nearest.unknown("source", title, SOURCES))
        return titles

    @model_validator(mode="after")
    def _sourced(self) -> "Claim":
        if not self.sources and not self.id.startswith("Y"):
            raise ValueError("sources: a claim of the literature names one at least")
        return self

    @model_validator(mode="after")
    def _askable(self) -> "Claim":
        if (self.subject is None) != (self.asked is None):
            raise ValueError("subject and asked go together")
        if self.asked is not None and "{name}" not in self.asked:
            raise ValueError("asked: the sentence has no {name} for another function")
        return self

    @model_validator(mode="after")
    def _known_experiment(self) -> "Claim":
        for name in (self.experiment, self.shown):
            if name not in EXPERIMENTS:
                raise ValueError(nearest.unknown("experiment", name, EXPERIMENTS))
        return self


@dataclass(frozen=True)
class Verdict:
    """What the records say about one claim, in one vocabulary.

    ``effect``, ``low`` and ``high`` share ``unit``; ``level`` is the confidence of the interval, ``n`` the number of
    paired seeds (None for mathematics, whose number is its own interval), ``p_holm`` the adjusted p of the contrast
    that decides; ``condition`` names the cells, or when a *true if* holds; ``evidence`` the labels of figures.
    ``notes`` are the statements that close the sentence, ``parts`` the lines of it that tell a part each.
    """

    claim: str
    verdict: Word
    effect: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    level: float | None = None
    n: int | None = None
    margin: float | None = None
    p_holm: float | None = None
    condition: str = ""
    sentence: str = ""
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple["Told", ...] = ()


@dataclass(frozen=True)
class Told:
    """One part of a claim as its sentence tells it: a line of the sentence, and the parts of that part."""

    line: str
    parts: tuple["Told", ...] = ()


def parse(entry: Mapping[str, Any], where: str = "claims.yaml") -> Claim:
    """Return one entry of the catalogue as a Claim; raises ClaimError, one line, where it breaks the schema."""
    try:
        return Claim.model_validate(dict(entry))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        text = str(first["msg"]).removeprefix("Value error, ").replace("\n", " ")
        name = entry.get("id", "a claim without id") if isinstance(entry, Mapping) else entry
        raise ClaimError(f"{where}: {name}: {place + ': ' if place else ''}{text}") from None


def load(path: Path = PATH) -> list[Claim]:
    """Return the claims of a catalogue file in its order.

    Raises ClaimError, one line, for a broken entry, an id that occurs twice, or a reference to a claim that is not
    there.
    """
    entries = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    claims = [parse(entry, path.name) for entry in entries]
    ids = [claim.id for claim in claims]
    for name in ids:
        if name.startswith("Y"):
            raise ClaimError(f"{path.name}: {name}: ids of the catalogue are C and two digits")
        if ids.count(name) > 1:
            raise ClaimError(f"{path.name}: {name}: stands there twice")
    for claim in claims:
        members = claim.rule.members if isinstance(claim.rule, Conjunction) else ()
        for other in (*members, claim.same_evidence_as, claim.contradicts):
            if other is not None and other not in ids:
                raise ClaimError(f"{path.name}: {claim.id}: {nearest.unknown('claim', other, ids)}")
    return claims


def catalogue() -> list[Claim]:
    """Return the claims of ``acts/claims.yaml``, validated, in order."""
    return list(_own())


@cache
def _own() -> tuple[Claim, ...]:
    return tuple(load())
