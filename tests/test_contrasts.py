"""Claims that paired runs decide, judged on records made up so that the verdict follows from the definition."""

import re
from math import exp, inf, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from acts import claims, records
from acts.claims import contrasts, findings, pairs
from acts.claims.catalogue import ClaimError

DATASETS, NETWORKS, OPTIMIZERS = ("digits", "spirals"), ("mlp_2x32", "mlp_8x32"), ("sgd", "adam")
SEEDS = range(12)


def claim(rule, *, name="C25"):
    entry = {
        "id": name, "topic": "ReLU", "sources": ["Gaussian error linear units (GELUs)"], "claim": "a claim",
        "measure": "a measure", "verdict": "a verdict", "kind": "experiment", "rule": rule,
    }  # fmt: skip
    return claims.parse(entry)


def contrast(**changes):
    rule = {
        "kind": "contrast", "experiment": "convergence", "metric": "loss_area", "scale": "log", "better": "lower",
        "a": "relu", "b": ["tanh"], "margin": 0.05, "unit": "% less loss area",
        "cells": {"phase": "final", "arm": "best", "split": "test"},
    }  # fmt: skip
    return claim(rule | changes)


def training(effects, *, spread=0.01, seeds=SEEDS, cells=None, diverged=()):
    """Return convergence records: ``effects`` maps activation (or activation and cell) to a log factor on the loss.

    Seeds share their luck; ``diverged`` holds (activation, cell, seed) of runs that end infinite.
    """
    cells = cells or [(d, n, o) for d in DATASETS for n in NETWORKS for o in OPTIMIZERS]
    noise = spread * np.linspace(-1, 1, len(seeds))
    rows = []
    for place, (dataset, network, optimizer) in enumerate(cells):
        for turn, activation in enumerate(dict.fromkeys(k[0] if isinstance(k, tuple) else k for k in effects)):
            effect = effects.get((activation, place), effects.get(activation, 0.0))
            own = np.roll(noise, 5 * turn + place) if turn else 0.0 * noise
            for seed, jitter in zip(seeds, own, strict=True):
                lost = (activation, place, seed) in diverged
                who = {
                    "experiment": "convergence", "activation": activation, "dataset": dataset, "network": network,
                    "optimizer": optimizer, "seed": seed, "phase": "final", "arm": "best", "init": "he", "lr": 0.1,
                }  # fmt: skip
                value = inf if lost else exp(effect + jitter + 0.3 * np.sin(seed))
                rows.append({**who, "split": "test", "metric": "loss_area", "value": value})
                rows.append({**who, "metric": "diverged", "value": float(lost)})
                rows += [
                    {**who, "split": "test", "metric": "loss", "step": step, "value": value * size}
                    for step, size in ((10, 1.5), (20, 0.5))
                ]
    return records.check(records.frame(rows))


def flow(values, *, metric="log10_gradient_ratio", spread=0.1, seeds=SEEDS, column="depth"):
    """Return gradient flow records: ``values`` maps (activation, init, depth or layer) to a mean over networks."""
    rows = []
    for (activation, init, at), value in values.items():
        for seed, jitter in zip(seeds, spread * np.linspace(-1, 1, len(seeds)), strict=True):
            rows.append({
                "experiment": "gradient_flow", "activation": activation, "network": "mlp_100x256", "init": init,
                "seed": seed, "phase": "init", column: at, "metric": metric, "value": value + jitter,
            })  # fmt: skip
    return records.check(records.frame(rows))


BETTER, WORSE, SLIGHT = log(0.80), log(1.25), log(0.97)


# Words


@pytest.mark.parametrize(
    ("effects", "degree", "word"),
    [
        ({"relu": BETTER, "tanh": 0.0}, "better", "supported"),
        ({"relu": WORSE, "tanh": 0.0}, "better", "refuted"),
        ({"relu": SLIGHT, "tanh": 0.0}, "better", "refuted"),
        ({"relu": SLIGHT, "tanh": 0.0}, "little", "supported"),
        ({"relu": BETTER, "tanh": 0.0}, "greatly", "supported"),
        ({"relu": SLIGHT, "tanh": 0.0}, "no_difference", "equivalent"),
        ({"relu": -SLIGHT, "tanh": 0.0}, "alternative", "supported"),
        ({"relu": BETTER, "tanh": 0.0, ("relu", 3): WORSE}, "better", "mixed"),
        ({"relu": BETTER, "tanh": 0.0, ("relu", 3): 0.0}, "better", "refuted"),
    ],
)
def test_the_word_follows_from_the_effects(effects, degree, word):
    verdict = claims.judge(contrast(degree=degree), training(effects))
    assert verdict.verdict == word
    assert verdict.sentence.startswith(word.capitalize())


def test_a_vague_difference_is_inconclusive_and_tells_its_direction_and_power():
    verdict = claims.judge(contrast(), training({"relu": log(0.93), "tanh": 0.0}, spread=0.08))
    assert verdict.verdict == "inconclusive"
    assert "direction known" in verdict.sentence
    assert "four times in five" in verdict.sentence


def test_effect_and_interval_are_in_the_readers_unit():
    verdict = claims.judge(contrast(), training({"relu": log(0.8), "tanh": 0.0}))
    assert verdict.effect == pytest.approx(20, abs=0.01)
    assert verdict.low < 20 < verdict.high
    assert (verdict.unit, verdict.n, verdict.margin, verdict.level) == ("% less loss area", 12, 5.0, 0.95)
    assert verdict.p_holm == pytest.approx(2 / 2**12)
    assert "20 % less loss area" in verdict.sentence


def test_a_reversed_effect_is_told_the_other_way_round():
    cells = [("digits", "mlp_2x32", "sgd")]
    verdict = claims.judge(contrast(), training({"relu": log(1.25), "tanh": 0.0}, cells=cells))
    assert verdict.verdict == "refuted"
    assert verdict.effect == pytest.approx(-25, abs=0.01)
    assert "25 % more loss area (95 % interval [2" in verdict.sentence


def test_equivalence_shows_the_ninety_percent_interval():
    verdict = claims.judge(contrast(degree="no_difference"), training({"relu": SLIGHT, "tanh": 0.0}))
    assert verdict.level == 0.90
    assert -5 < verdict.low < verdict.high < 5
    assert "90 % interval" in verdict.sentence


def test_a_mixed_verdict_shows_both_sides_and_names_the_cell():
    verdict = claims.judge(contrast(), training({"relu": BETTER, "tanh": 0.0, ("relu", 3): WORSE}))
    assert verdict.condition.endswith("decided against tanh on digits (MLP 8 × 32, Adam)")
    assert "7 are in favour and 1 against" in verdict.sentence
    assert "25 % more" in verdict.sentence
    assert "20 % less" in verdict.sentence


def test_a_counterexample_that_is_only_equal_is_told_as_such():
    verdict = claims.judge(contrast(), training({"relu": BETTER, "tanh": 0.0, ("relu", 3): 0.0}))
    assert "7 are in favour and 1 practically equal" in verdict.sentence
    assert "90 % interval" in verdict.sentence
    assert verdict.level == 0.90


def test_the_margin_on_a_log_scale_is_a_share_of_the_reference():
    cells = [("digits", "mlp_2x32", "sgd")]
    for share, word in ((0.052, "supported"), (0.048, "refuted")):
        effects = {"relu": log(1 - share), "tanh": 0.0}
        assert claims.judge(contrast(), training(effects, cells=cells, spread=1e-4)).verdict == word


def test_somewhere_is_supported_by_one_cell_and_never_refuted():
    rule = contrast(quantifier="somewhere")
    one = {"relu": WORSE, "tanh": 0.0, ("relu", 3): BETTER}
    assert claims.judge(rule, training(one)).verdict == "supported"
    assert claims.judge(rule, training({"relu": WORSE, "tanh": 0.0})).verdict == "inconclusive"


def test_every_rival_has_its_own_contrasts():
    verdict = claims.judge(contrast(b=["tanh", "sigmoid"]), training({"relu": BETTER, "tanh": 0.0, "sigmoid": 0.3}))
    assert "All 16 contrasts are in favour" in verdict.sentence
    assert "ReLU against tanh" in verdict.sentence


# "Usually": the replicate is the task

TASKS = [(dataset, "mlp_2x32", optimizer) for dataset in "abcdefg" for optimizer in OPTIMIZERS]


def test_a_mean_takes_the_task_as_replicate():
    effects = {"relu": BETTER, "tanh": 0.0, ("relu", 0): WORSE}
    verdict = claims.judge(contrast(quantifier="mean"), training(effects, cells=TASKS))
    logs = np.array([-WORSE] + [-BETTER] * 13)
    assert verdict.n == 14
    assert verdict.effect == pytest.approx(100 * (1 - exp(-logs.mean())), abs=0.3)
    assert verdict.verdict == "supported"


def test_a_mean_over_few_tasks_is_not_measured():
    verdict = claims.judge(contrast(quantifier="mean"), training({"relu": BETTER, "tanh": 0.0}))
    assert verdict.verdict == "not measured here"
    assert "8 tasks here" in verdict.sentence


# What the records cannot answer


def test_a_seed_on_one_side_alone_is_not_decidable():
    table = training({"relu": BETTER, "tanh": 0.0})
    gone = (table["activation"] == "tanh") & (table["seed"] == 3) & (table["dataset"] == "digits")
    verdict = claims.judge(contrast(), table[~gone])
    assert verdict.verdict == "not decidable"
    assert "seed 3 of tanh is missing" in verdict.sentence


def test_gaps_do_not_hide_a_reversal():
    table = training({"relu": WORSE, "tanh": 0.0})
    gone = (table["activation"] == "tanh") & (table["seed"] == 3) & (table["dataset"] == "digits")
    verdict = claims.judge(contrast(), table[~gone])
    assert verdict.verdict == "refuted"
    assert "Not decidable in 4 of 8" in verdict.sentence


def test_an_arm_that_is_not_run_names_where_to_add_it():
    verdict = claims.judge(contrast(b=["tanh", "softsign"]), training({"relu": BETTER, "tanh": 0.0}))
    assert verdict.verdict == "not measured here"
    assert re.search(
        r"convergence without softsign \((params/\w+.yaml( and params/\w+.yaml)* would)\)", verdict.sentence
    )
    verdict = claims.judge(contrast(b=["tanh", "gcu"]), training({"relu": BETTER, "tanh": 0.0}))
    assert "convergence without GCU (add to experiments.convergence.activations" in verdict.sentence


def test_a_dataset_that_is_not_run_is_left_out_and_named():
    cells = {"phase": "final", "arm": "best", "split": "test", "dataset": ["digits", "fashion_mnist"]}
    verdict = claims.judge(contrast(cells=cells), training({"relu": BETTER, "tanh": 0.0}))
    assert verdict.verdict == "supported"
    assert "Not measured here: Fashion-MNIST." in verdict.sentence
    assert "spirals" not in verdict.condition


def test_no_wanted_level_at_all_is_not_measured():
    cells = {"phase": "final", "arm": "best", "split": "test", "dataset": ["fashion_mnist"]}
    verdict = claims.judge(contrast(cells=cells), training({"relu": BETTER, "tanh": 0.0}))
    assert verdict.verdict == "not measured here"
    assert "does not run convergence with Fashion-MNIST" in verdict.sentence


def test_an_absent_metric_is_not_decidable():
    table = training({"relu": BETTER, "tanh": 0.0})
    verdict = claims.judge(contrast(), table[table["metric"] != "loss_area"])
    assert verdict.verdict == "not decidable"
    assert "hold no loss_area" in verdict.sentence


@pytest.mark.parametrize(
    ("seeds", "word"), [(range(1), "not decidable"), (range(5), "not decidable"), (range(6), "supported")]
)
def test_too_few_seeds_are_not_decidable(seeds, word):
    assert claims.judge(contrast(), training({"relu": BETTER, "tanh": 0.0}, seeds=seeds)).verdict == word


def test_an_open_condition_is_an_error_that_names_the_claim():
    table = training({"relu": BETTER, "tanh": 0.0})
    with pytest.raises(ClaimError, match=r"C25: records: loss_area has more than one value"):
        claims.judge(contrast(over=["dataset", "network"]), table)


def test_identical_arms_are_equivalent_not_an_error():
    verdict = claims.judge(contrast(degree="no_difference"), training({"relu": 0.0, "tanh": 0.0}, spread=0.0))
    assert verdict.verdict == "equivalent"
    assert verdict.effect == 0


# Divergence


def test_a_diverged_run_is_ranked_worst_and_reported():
    lost = {("tanh", 0, 4), ("tanh", 0, 7), ("relu", 1, 2)}
    verdict = claims.judge(contrast(), training({"relu": BETTER, "tanh": 0.0}, diverged=lost))
    assert verdict.verdict == "supported"
    assert "Diverged runs, ranked worst: ReLU 1 of 96, tanh 2 of 96." in verdict.sentence
    table = contrasts.table(contrast(), training({"relu": BETTER, "tanh": 0.0}, diverged=lost))
    assert table["ranks"].tolist() == [True, True] + [False] * 6
    assert table["diverged"].tolist()[:3] == [1, 0, 0]
    assert table["diverged_rival"].tolist()[:3] == [0, 2, 0]


def test_a_run_that_says_it_diverged_counts_whatever_its_number():
    table = training({"relu": BETTER, "tanh": 0.0})
    marked = (table["activation"] == "relu") & (table["metric"] == "diverged") & (table["seed"] < 6)
    table.loc[marked, "value"] = 1.0
    found = contrasts.table(contrast(), table)
    assert found["diverged"].eq(6).all()
    assert claims.judge(contrast(), table).verdict == "inconclusive"


def test_an_arm_that_always_diverges_is_not_decidable():
    lost = {("tanh", place, seed) for place in range(8) for seed in SEEDS}
    verdict = claims.judge(contrast(), training({"relu": BETTER, "tanh": 0.0}, diverged=lost))
    assert verdict.verdict == "not decidable"
    assert "all 12 runs of tanh diverged" in verdict.sentence


# The table behind a forest plot


def test_the_table_has_a_row_a_contrast():
    table = contrasts.table(contrast(b=["tanh", "sigmoid"]), training({"relu": BETTER, "tanh": 0.0, "sigmoid": 0.3}))
    assert len(table) == 16
    assert table["label"][0] == "against tanh on digits (MLP 2 × 32, Adam)"
    assert (table["low"] < table["effect"]).all()
    assert (table["effect"] < table["high"]).all()
    np.testing.assert_allclose(table.loc[table["rival"] == "tanh", "effect"], 20, atol=0.01)
    assert set(table["verdict"]) == {"supported"}
    assert table["p_holm"].tolist() == pytest.approx([16 * 2 / 2**12] * 16)
    assert table["correlation"].gt(0.9).all()


def test_a_gap_stays_a_row_with_its_reason():
    records_ = training({"relu": BETTER, "tanh": 0.0})
    gone = (records_["activation"] == "tanh") & (records_["dataset"] == "digits")
    table = contrasts.table(contrast(), records_[~gone])
    assert table["verdict"].tolist() == ["not decidable"] * 4 + ["supported"] * 4
    assert table["reason"][0] == "tanh has no runs there"
    assert table["effect"][:4].isna().all()


def test_the_table_is_empty_where_nothing_is_measured():
    assert contrasts.table(contrast(b=["softsign"]), training({"relu": 0.0, "tanh": 0.0})).empty


# Sweeps and gradient contrasts

DEPTHS, INITS = (10, 20, 50), ("lecun", "he")


def sweep(**changes):
    rule = {
        "kind": "sweep", "experiment": "gradient_flow", "metric": "log10_gradient_ratio", "a": "sigmoid",
        "better": "lower", "per_layer": True, "margin": 0, "unit": "decades of squared gradient lost per layer",
        "cells": {"phase": "init", "init": list(INITS), "depth": list(DEPTHS)}, "over": ["init", "depth"],
    }  # fmt: skip
    return claim(rule | changes, name="C11")


def rates(activation, by_init):
    return {(activation, init, depth): rate * (depth - 1) for init, rate in by_init.items() for depth in DEPTHS}


def test_a_gradient_that_shrinks_everywhere_vanishes():
    verdict = claims.judge(sweep(), flow(rates("sigmoid", {"lecun": -1.2, "he": -0.9})))
    assert verdict.verdict == "supported"
    assert verdict.effect == pytest.approx(0.9)
    assert "0.9 decades of squared gradient lost per layer" in verdict.sentence


def test_a_gradient_that_shrinks_under_one_init_and_grows_under_another_is_mixed():
    verdict = claims.judge(sweep(), flow(rates("sigmoid", {"lecun": -0.2, "he": 0.1})))
    assert verdict.verdict == "mixed"
    assert "gained per layer" in verdict.sentence
    assert "lost per layer" in verdict.sentence


def test_a_gradient_that_grows_everywhere_refutes():
    assert claims.judge(sweep(), flow(rates("sigmoid", {"lecun": 0.2, "he": 0.1}))).verdict == "refuted"


def test_a_sweep_against_another_number():
    table = flow(rates("sigmoid", {"lecun": -1.2, "he": -0.9}))
    assert claims.judge(sweep(bound=-0.5), table).verdict == "supported"
    assert claims.judge(sweep(bound=-1.0), table).verdict == "mixed"


def test_magnitudes_compare_the_distance_from_an_unchanged_gradient():
    rule = claim({
        "kind": "contrast", "experiment": "gradient_flow", "metric": "log10_gradient_ratio", "a": "relu",
        "b": ["tanh"], "better": "lower", "magnitude": True, "margin": 0, "unit": "decades closer to it",
        "cells": {"phase": "init"}, "over": ["init", "depth"],
    })  # fmt: skip
    table = flow({("relu", "he", 20): 0.5, ("tanh", "he", 20): -3.0})
    assert claims.judge(rule, table).verdict == "supported"
    table = flow({("relu", "he", 20): 3.0, ("tanh", "he", 20): -0.5})
    assert claims.judge(rule, table).verdict == "refuted"
    assert "farther from it" in claims.judge(rule, table).sentence


# Bounds

PLACES = ("lecun", "he", "stable")


def bounds(**changes):
    rule = {
        "kind": "bounds", "experiment": "gradient_flow", "activation": "selu",
        "ranges": [{"metric": "mean", "low": -0.1, "high": 0.1}], "cells": {"phase": "init", "init": list(PLACES)},
        "over": ["init", "layer"], "cases": {"lecun": "the init is lecun"},
    }  # fmt: skip
    return claim(rule | changes, name="C65")


def means(values, **keywords):
    spots = {("selu", init, layer): value for init, value in values.items() for layer in (8, 32)}
    return flow(spots, metric="mean", spread=0.02, column="layer", **keywords)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"lecun": 0.0, "he": 0.01, "stable": -0.05}, "supported"),
        ({"lecun": 0.5, "he": -0.4, "stable": 0.3}, "refuted"),
        ({"lecun": 0.0, "he": 0.5, "stable": 0.3}, "true if"),
        ({"lecun": 0.0, "he": 0.1, "stable": 0.0}, "inconclusive"),
    ],
)
def test_cases_that_disagree_make_a_claim_true_if(values, word):
    assert claims.judge(bounds(), means(values)).verdict == word


def test_true_if_names_what_is_inside_and_outside():
    verdict = claims.judge(bounds(), means({"lecun": 0.02, "he": 0.5, "stable": 0.3}))
    assert verdict.condition == "if the init is lecun; not if the init is He, nor if the init is stable"
    assert verdict.sentence.startswith("True if the init is lecun; not if")
    assert verdict.effect == pytest.approx(0.02)


def test_one_layer_outside_puts_the_case_outside():
    table = flow({("selu", "lecun", 8): 0.0, ("selu", "lecun", 32): 0.4}, metric="mean", column="layer", spread=0.02)
    assert claims.judge(bounds(), table).verdict == "refuted"


def test_between_the_near_and_the_far_bound_nothing_is_decided():
    rule = bounds(ranges=[{"metric": "mean", "high": 0.1, "far_high": 0.3}])
    assert claims.judge(rule, means(dict.fromkeys(PLACES, 0.2))).verdict == "inconclusive"
    assert claims.judge(rule, means(dict.fromkeys(PLACES, 0.35))).verdict == "refuted"
    assert claims.judge(rule, means(dict.fromkeys(PLACES, 0.05))).verdict == "supported"


def fact(value):
    row = {"experiment": "formulas", "activation": "selu", "phase": "exact", "metric": "odd_residual", "value": value}
    return records.frame([row])


def test_the_formula_is_a_case_of_its_own():
    rule = bounds(formula={"metric": "odd_residual", "at_most": 1e-9, "when": "the function is meant"})
    inside, outside = means(dict.fromkeys(PLACES, 0.0)), means(dict.fromkeys(PLACES, 0.5))
    assert claims.judge(rule, records.concat([inside, fact(0.0)])).verdict == "supported"
    assert claims.judge(rule, records.concat([outside, fact(0.5)])).verdict == "refuted"
    assert claims.judge(rule, inside).verdict == "not decidable"
    verdict = claims.judge(rule, records.concat([outside, fact(0.0)]))
    assert verdict.verdict == "true if"
    outside = "the init is lecun, nor if the init is He, nor if the init is stable"
    assert verdict.condition == f"if the function is meant; not if {outside}"


def test_bounds_that_are_not_measured_or_not_decidable():
    assert claims.judge(bounds(activation="elu"), means({"lecun": 0.0})).verdict == "not measured here"
    assert claims.judge(bounds(), means({"lecun": 0.0}, seeds=range(4))).verdict == "not decidable"
    other = flow({("selu", "lecun", 8): 0.0}, metric="variance", column="layer")
    assert claims.judge(bounds(), other).verdict == "not decidable"
    far = bounds(cells={"phase": "init", "layer": [64]})
    assert claims.judge(far, means({"lecun": 0.0})).verdict == "not measured here"


# Omnibus

ARMS = ["tanh", "relu", "elu"]


def choice(**changes):
    rule = {
        "kind": "omnibus", "experiment": "convergence", "metrics": ["loss_area", "loss"], "activations": ARMS,
        "extremes": ["sigmoid"], "cells": {"phase": "final", "arm": "best", "split": "test", "step": "last"},
        "matters": 0.1, "negligible": 0.01,
    }  # fmt: skip
    return claim(rule | changes, name="C06")


def spread_out(size, *, noise):
    return training({"tanh": 0.0, "relu": size, "elu": 2 * size, "sigmoid": 3 * size}, spread=noise)


def test_a_choice_that_matters():
    verdict = claims.judge(choice(), spread_out(0.2, noise=0.1))
    assert verdict.verdict == "supported"
    assert 0.1 < verdict.low < verdict.effect < verdict.high <= 1
    assert verdict.p_holm == pytest.approx(4 / 2000)
    assert (verdict.n, verdict.margin) == (12, 0.1)


def test_a_choice_that_hardly_matters_is_inconclusive_and_one_that_does_not_is_refuted():
    assert claims.judge(choice(), spread_out(0.01, noise=0.1)).verdict == "inconclusive"
    table = training(dict.fromkeys([*ARMS, "sigmoid"], 0.0), spread=0.1, seeds=range(60))
    assert claims.judge(choice(), table).verdict == "refuted"


def test_the_omnibus_looks_at_the_last_step():
    table = spread_out(0.2, noise=0.1)
    early = (table["metric"] == "loss") & (table["step"] == 10)
    assert claims.judge(choice(), table).effect == claims.judge(choice(), table[~early]).effect


def test_an_omnibus_needs_every_arm_and_every_block():
    table = spread_out(0.2, noise=0.1)
    assert claims.judge(choice(), table[table["activation"] != "sigmoid"]).verdict == "not measured here"
    gone = (table["activation"] == "elu") & (table["seed"] == 0) & (table["metric"] == "loss_area")
    verdict = claims.judge(choice(), table[~gone])
    assert verdict.verdict == "not decidable"
    assert "lack loss area of ELU in 8 of 96 blocks" in verdict.sentence


def test_an_omnibus_ranks_when_a_run_diverged():
    table = training({"tanh": 0.0, "relu": 0.2, "elu": 0.4, "sigmoid": 0.6}, diverged={("elu", 0, 0)})
    assert "on ranks" in claims.judge(choice(), table).sentence


# Rules and the catalogue


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin": 1.5}, "between 0 and 1"),
        ({"scale": "linear", "margin": 0, "degree": "greatly"}, "needs a margin"),
        ({"b": []}, "at least 1 item"),
        ({"quantifier": "often"}, "everywhere"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ClaimError, match=message):
        contrast(**changes)


def test_only_rules_of_measurement_are_judged_here():
    exact = next(one for one in claims.catalogue() if one.rule.kind == "exact")
    with pytest.raises(ClaimError, match="not decided by contrasts"):
        contrasts.judge(exact, training({"relu": 0.0, "tanh": 0.0}))
    with pytest.raises(ClaimError, match="has no contrasts"):
        contrasts.table(exact, training({"relu": 0.0, "tanh": 0.0}))


MEASURED = [one for one in claims.catalogue() if one.rule.kind in ("contrast", "sweep", "bounds", "omnibus")]


@pytest.mark.parametrize("one", MEASURED, ids=lambda one: one.id)
def test_every_measured_claim_reads_not_measured_without_its_runs(one):
    other = "gradient_flow" if one.experiment == "convergence" else "convergence"
    row = {"experiment": other, "activation": "gelu", "phase": "init", "metric": "mean", "value": 0.0}
    verdict = claims.judge(one, records.frame([row]))
    assert verdict.verdict == "not measured here"
    assert verdict.sentence


@pytest.mark.parametrize("one", MEASURED, ids=lambda one: one.id)
def test_the_evidence_of_a_measured_claim_stands_in_its_notebook(one):
    notebook = Path(__file__).parent.parent / "notebooks" / f"{one.notebook}.ipynb"
    text = notebook.read_text(encoding="utf-8")
    assert one.evidence
    assert all(f"#| label: {label}" in text for label in one.evidence)


def test_directions_flip_both_ways():
    rule = contrast().rule
    assert findings.unit(rule, flipped=True) == "% more loss area"
    assert findings.shown(rule, inf) == 100
    assert findings.shown(rule, -inf) < -1e100
    assert findings.shown(contrast(better="higher", unit="% more").rule, log(1.5)) == pytest.approx(50)


def test_a_family_is_collected_into_cells():
    assert isinstance(pairs.collect(contrast().rule, pd.DataFrame(training({"relu": 0.0, "tanh": 0.0}))), pairs.Cells)
