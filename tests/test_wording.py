"""Words for a reader: one word for one thing, in sentences and in figures alike."""

import pytest

from acts import activations, wording
from acts.claims import sentences
from acts.claims.cards import Card
from acts.claims.catalogue import Told, Verdict, catalogue
from acts.claims.findings import sized


def test_every_activation_is_called_as_its_catalogue_calls_it():
    labels = {name: activations.get(name).label for name in activations.names()}
    assert {name: wording.activation(name) for name in labels} == labels


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("leaky_relu(alpha=0.3)", "Leaky ReLU (α = 0.3)"),
        ("leaky_relu(alpha=0.229167)", "Leaky ReLU (α = 0.229)"),
        ("sigmoid(stretch=4,shift=-0.5)", "sigmoid(4x) − 0.5"),
        ("relu(at_zero=0.5)", "ReLU, slope 0.5 at 0"),
        ("my_own", "my_own"),
    ],
)
def test_a_variant_says_what_it_varies(name, told):
    assert wording.activation(name) == told


def test_running_text_has_articles_where_english_wants_them():
    assert [wording.spoken(name) for name in ("sigmoid", "tanh", "relu")] == ["the sigmoid", "tanh", "ReLU"]


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([("dataset", "digits"), ("network", "mlp_8x32"), ("optimizer", "sgd")], "on digits (MLP 8 × 32, SGD)"),
        ([("init", "he"), ("depth", 100)], "under He's init at depth 100"),
        ([("network", "mlp_4x64"), ("arm", "mode=eager;batch=64")], "(MLP 4 × 64, eager, batches of 64)"),
        ([("arm", "mode=compiled;size=65536")], "(compiled, 65\N{NARROW NO-BREAK SPACE}536 elements)"),
        ([("dataset", "moons"), ("norm", "none"), ("phase", "init")], "on two moons (untrained)"),
        ([("layer", 3), ("dataset", "teacher"), ("norm", None)], "on cosine teacher in layer 3"),
        ([], ""),
    ],
)
def test_a_place_reads_as_a_phrase(levels, told):
    assert wording.place(levels) == told


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.0, "% less loss area", "no difference in loss area"),
        (float("inf"), "margins more test error", "infinitely more test error"),
        (1.0, "decades of squared gradient lost per layer", "1 decade of squared gradient lost per layer"),
        (12.34, "% less loss area", "12.3 % less loss area"),
    ],
)
def test_an_effect_is_told_as_one_says_it(value, unit, told):
    assert sized(value, unit) == told


def test_counts_are_told_those_in_favour_first():
    words = ["undecided", "in favour", "against", "in favour"]
    assert sentences.counted(words, "contrasts") == "Of 4 contrasts 2 are in favour, 1 against and 1 undecided."
    assert sentences.counted(["against"] * 2, "cells") == "Both cells are against."
    assert sentences.counted(["undecided"] * 3, "cells") == "All 3 cells are undecided."


def test_what_lacks_is_named_twice_and_then_counted():
    assert sentences.absent([]) == ""
    assert sentences.absent(["a", "b"]) == "Not measured here: a and b."
    assert sentences.absent(["a", "b", "c", "d"]) == "Not measured here: a; b and 2 more."


def test_a_card_lists_the_parts_of_a_claim_between_its_first_and_last_words():
    inner = Told("What is lost (supported): It is 3.")
    parts = (Told(f"Narrow (mixed): {inner.line}", (inner,)), Told("Wide (refuted): No."))
    told = f"Refuted. Before. {parts[0].line} {parts[1].line} After."
    verdict = Verdict("C37", "refuted", sentence=told, evidence=("fig-mixed",), parts=parts)
    claim = next(one for one in catalogue() if one.id == "C37")
    lines = Card(claim, verdict).to_markdown().splitlines()
    assert [line for line in lines if line.lstrip().startswith("- ")] == [
        r"- *Narrow* \(mixed\):", r"  - *What is lost* \(supported\): It is 3\.", r"- *Wide* \(refuted\): No\.",
    ]  # fmt: skip
    assert r"Before\." in lines
    assert r"After\. See @fig-mixed." in lines
