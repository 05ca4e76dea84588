"""Rules beyond the plain contrast, judged on records made up so that each verdict follows from the definition."""

from math import exp, inf, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acts import claims, records
from acts.claims.catalogue import DECIDED

SEEDS = range(12)
TASKS = tuple((f"{kind}_{number}x8", number) for kind in ("mlp", "cnn", "rnn", "transformer") for number in (1, 2, 3))
UNDECIDED = {"inconclusive", "not decidable", "not measured here"}


def claim(**rule):
    entry = {
        "id": "C25", "topic": "ReLU", "sources": ["Gaussian error linear units (GELUs)"], "claim": "a claim",
        "measure": "a measure", "verdict": "a verdict", "kind": "experiment", "rule": rule,
    }  # fmt: skip
    return claims.parse(entry)


def contrast(**changes):
    rule = {
        "kind": "contrast", "experiment": "mechanisms", "metric": "loss_area", "scale": "log", "a": "relu",
        "b": ["tanh"], "margin": 0.05, "unit": "% less loss area", "over": ["dataset"],
        "cells": {"phase": "final", "arm": "best;study=centring", "split": "test"},
    }  # fmt: skip
    return rule | changes


def row(activation, seed, value, **where):
    who = {
        "experiment": "mechanisms",
        "activation": activation,
        "dataset": "digits",
        "network": "mlp_4x32",
        "seed": seed,
    }
    who |= {
        "optimizer": "sgd",
        "norm": "none",
        "phase": "final",
        "split": "test",
        "metric": "loss_area",
        "value": value,
    }
    return {**who, "arm": "best;study=centring", "init": "he", **where}


def table(*rows):
    return records.check(records.frame(rows))


def noisy(effect, seed, turn=0, spread=0.01):
    """Return a value whose log is an effect, a seed's own luck that all sides share, and a little that they do not."""
    return exp(effect + 0.3 * np.sin(seed) + spread * np.cos(7 * seed + 3 * turn))


def arms(**effects):
    """Return rows of several activations, each with its effect on the log of the loss area."""
    return [
        row(name, seed, noisy(effect, seed, turn))
        for turn, (name, effect) in enumerate(effects.items())
        for seed in SEEDS
    ]


def word(rule, *rows):
    return claims.judge(claim(**rule), table(*rows)).verdict


# Sides


def test_sides_may_differ_in_any_column_not_in_the_activation_alone():
    rows = [
        row("relu", seed, noisy(effect, seed, turn), arm=f"study=recycle;recycled={who}")
        for turn, (who, effect) in enumerate({"dead": log(0.8), "live": 0.0, "none": 0.0}.items())
        for seed in SEEDS
    ]
    side = {"activation": "relu", "arm": "study=recycle;recycled=dead"}
    rivals = [{"activation": "relu", "arm": f"study=recycle;recycled={who}"} for who in ("live", "none")]
    rule = contrast(a=side, b=rivals, cells={"phase": "final", "split": "test"})
    verdict = claims.judge(claim(**rule), table(*rows))
    assert verdict.verdict == "supported"
    assert "ReLU (recycled dead) against ReLU (recycled " in verdict.sentence
    assert word({**rule, "a": rivals[0], "b": [side]}, *rows) == "refuted"


def test_levels_that_are_not_asked_for_may_be_measured_under_several_conditions():
    elsewhere = [
        row(name, seed, 1.0, dataset="spirals", norm=norm)
        for name in ("relu", "tanh")
        for seed in SEEDS
        for norm in ("none", "batch")
    ]
    rows = [*arms(relu=log(0.8), tanh=0.0), *elsewhere]
    cells = contrast()["cells"]
    assert word(contrast(cells={**cells, "dataset": ["digits"]}), *rows) == "supported"
    with pytest.raises(claims.ClaimError, match="more than one value"):
        word(contrast(), *rows)


def test_a_side_may_have_an_init_of_its_own_and_a_label():
    rows = [
        row("sigmoid", s, noisy(e, s, t), init=i)
        for t, (i, e) in enumerate({"chi": -0.3, "lecun": 0.0}.items())
        for s in SEEDS
    ]
    rule = contrast(
        a={"activation": "sigmoid", "init": "chi", "label": "restored"}, b=[{"activation": "sigmoid", "init": "lecun"}]
    )
    verdict = claims.judge(claim(**rule), table(*rows))
    assert verdict.verdict == "supported"
    assert verdict.condition == "digits"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": {"activation": "relu", "dataset": "moons"}}, "ReLU .two moons. fixes dataset, which 'over' keeps open"),
        ({"metric": "outcome"}, "the metric 'outcome' needs the scale 'margins'"),
        ({"margin": {"error": 0.025, "loss": 0.05}}, "a margin for error and one for loss need the scale 'margins'"),
        ({"quantifier": "most"}, "the quantifier 'most', and it alone, needs at_least"),
        ({"a": {"best_of": ["relu"]}}, "rule.contrast.a.best.best_of: Tuple should have at least 2 items"),
        ({"a": {"activation": "relu", "datset": "moons"}}, "rule.contrast.a.side.datset: Extra inputs"),
        ({"margin": -0.1}, "a margin"),
    ],
)
def test_a_rule_that_makes_no_sense_is_one_line(changes, message):
    with pytest.raises(claims.ClaimError, match=message) as error:
        claim(**contrast(**changes))
    assert "\n" not in str(error.value)


def test_names_inside_sides_terms_and_parts_are_checked():
    for rule, name in (
        (contrast(a={"activation": "rleu"}), "rleu"),
        (contrast(b=[{"best_of": ["tanh", "sigmiod"]}]), "sigmiod"),
        ({"kind": "all_of", "experiment": "mechanisms", "parts": {"x": contrast(a="gleu"), "y": contrast()}}, "gleu"),
        (
            {
                "kind": "rare",
                "experiment": "dead_units",
                "a": "elu",
                "events": "stuk",
                "of": "units",
                "limit": 0.1,
                "tolerated": 0,
            },
            "stuk",
        ),
    ):
        with pytest.raises(claims.ClaimError, match=f"unknown .* '{name}'"):
            claims.judge(claim(**rule), records.frame([]))


# The best of several, chosen by tuning


def tuned(name, effect, *, rates=5, seeds=SEEDS, lost=()):
    """Return tuning rows: a curve over rates whose least, in the middle, is the effect."""
    return [
        row(name, 1000 + seed, inf if rate in lost else exp(effect) * (1 + 0.2 * (rate - 2) ** 2), phase="tune",
            arm="study=centring", split="validation", lr=0.1 * 2.0**rate)
        for seed in seeds for rate in range(rates)
    ]  # fmt: skip


def test_the_best_of_several_is_chosen_on_tuning_records_alone():
    """Tanh is best on the final runs, but tuning said ReLU, which the side then is."""
    finals = arms(elu=log(0.9), tanh=log(0.7), relu=0.0)
    rule = contrast(a="elu", b=[{"best_of": ["tanh", "relu"]}])
    verdict = claims.judge(claim(**rule), table(*finals, *tuned("tanh", 0.1), *tuned("relu", 0.0)))
    assert verdict.verdict == "supported"
    assert "Tuning picked ReLU." in verdict.sentence
    assert word(rule, *finals, *tuned("tanh", -0.1), *tuned("relu", 0.0)) == "refuted"


def test_a_divergence_beside_the_least_of_a_curve_counts_against_it():
    finals = arms(elu=log(0.9), tanh=log(0.7), relu=0.0)
    rule = contrast(a="elu", b=[{"best_of": ["tanh", "relu"]}])
    everywhere = tuned("tanh", -0.1, lost=(1, 3))
    assert word(rule, *finals, *everywhere, *tuned("relu", 0.0)) == "supported"


def test_without_whole_tuning_records_nothing_is_chosen():
    finals = arms(elu=log(0.9), tanh=log(0.7), relu=0.0)
    rule = contrast(a="elu", b=[{"best_of": ["tanh", "relu"]}])
    for curves, reason in (
        ([], "do not say how tanh was tuned"),
        (
            [*tuned("tanh", 0.1), *tuned("relu", 0.0, seeds=range(11))],
            "of tuning seed 1011 do not say how ReLU was tuned",
        ),
        (
            [*tuned("tanh", 0.1), *[one for one in tuned("relu", 0.0) if one["lr"] != 0.4]],
            "rates that ReLU was tuned over have a gap",
        ),
    ):
        verdict = claims.judge(claim(**rule), table(*finals, *curves))
        assert verdict.verdict == "not decidable"
        assert reason in verdict.sentence


# Combinations


def half(share):
    """Return rows of a base, a goal 40 % below it, and something that closes so much of the gap in logs."""
    return arms(sigmoid=0.0, tanh=log(0.6), relu=share * log(0.6))


HALF = contrast(
    kind="combination",
    terms=[
        {"activation": "relu", "weight": 1},
        *({"activation": name, "weight": -0.5} for name in ("sigmoid", "tanh")),
    ],
    margin=0.01,
)  # fmt: skip
for key in ("a", "b"):
    HALF.pop(key)


@pytest.mark.parametrize(("share", "expected"), [(0.8, "supported"), (0.5, "refuted"), (0.2, "refuted")])
def test_a_combination_says_what_share_of_a_gap_is_closed(share, expected):
    assert word(HALF, *half(share)) == expected


def test_a_run_that_diverged_weighs_by_the_sign_of_its_weight():
    lost = [{**one, "value": inf} if one["activation"] == "sigmoid" and one["seed"] < 3 else one for one in half(0.8)]
    verdict = claims.judge(claim(**HALF), table(*lost))
    assert verdict.verdict == "supported"
    assert "Diverged runs, ranked worst: the sigmoid 3 of 12." in verdict.sentence
    lost = [{**one, "value": inf} if one["activation"] == "relu" and one["seed"] < 8 else one for one in half(0.8)]
    assert word(HALF, *lost) != "supported"


# Outcomes of tasks in margins


def suite(**effects):
    """Return a task a network with the errors of some and the losses of others, arms with effects in margins."""
    units = {"error": -log(1 - 0.025), "loss": -log(1 - 0.05)}
    rows = []
    for place, (network, _) in enumerate(TASKS):
        metric = "loss" if network.startswith("rnn") else "error"
        for turn, (name, effect) in enumerate(effects.items()):
            size = effect[place] if isinstance(effect, list) else effect
            for seed in SEEDS:
                value = noisy(-size * units[metric], seed, turn + place, 0.002)
                rows += [
                    row(name, seed, value, network=network, metric=metric, arm="best", experiment="generalization"),
                    row(name, seed, 0.0, network=network, metric="diverged", arm="best", experiment="generalization",
                        split=None),
                ]  # fmt: skip
    return rows


OUTCOME = contrast(
    experiment="generalization", metric="outcome", scale="margins", margin={"error": 0.025, "loss": 0.05},
    unit="margins better", over=["dataset", "network"], cells={"phase": "final", "arm": "best", "split": "test"},
    quantifier="mean",
)  # fmt: skip


@pytest.mark.parametrize(("effect", "degree", "expected"), [
    (2.0, "better", "supported"), (0.4, "better", "refuted"), (-2.0, "better", "refuted"), (2.0, "greatly", "refuted"),
    (4.0, "greatly", "supported"), (2.0, "little", "supported"), (0.0, "no_difference", "equivalent"),
])  # fmt: skip
def test_tasks_of_several_kinds_are_judged_in_margins(effect, degree, expected):
    varied = [effect + 0.1 * np.cos(place) for place in range(len(TASKS))]
    if degree == "greatly" and expected == "refuted":
        expected = "inconclusive"
    verdict = claims.judge(claim(**{**OUTCOME, "degree": degree}), table(*suite(relu=varied, tanh=0.0)))
    assert verdict.verdict == expected
    assert verdict.effect == pytest.approx(effect, abs=0.06)
    assert "12 tasks" in verdict.sentence
    assert (verdict.unit, verdict.margin, verdict.n) == ("margins better", 1.0, 12)


def test_the_ratio_in_per_cent_stands_beside_margins():
    verdict = claims.judge(claim(**OUTCOME), table(*suite(relu=2.0, tanh=0.0)))
    expected = 100 * (1 - exp(-2 * (9 * -log(1 - 0.025) + 3 * -log(1 - 0.05)) / 12))
    told = verdict.sentence.split("as a ratio ")[1].split(" %")[0]
    assert float(told) == pytest.approx(expected, rel=0.02)


def test_a_task_that_was_never_run_with_an_arm_is_left_out_and_one_with_a_hole_is_not():
    rows = suite(relu=2.0, tanh=0.0)
    without = [one for one in rows if (one["activation"], one["network"]) != ("tanh", "mlp_1x8")]
    verdict = claims.judge(claim(**OUTCOME), table(*without))
    assert verdict.verdict == "not measured here"
    assert "11 tasks here" in verdict.sentence
    torn = [one for one in rows if (one["activation"], one["network"], one["metric"]) != ("tanh", "mlp_1x8", "error")]
    assert word(OUTCOME, *torn) == "not decidable"


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [(8, 0, "supported"), (5, 0, "inconclusive"), (8, 1, "mixed"), (0, 1, "refuted")],
)
def test_most_needs_so_many_after_holm_and_no_reversal(better, worse, expected):
    effects = [2.0] * better + [1.0] * (12 - better - worse) + [-2.0] * worse
    rule = {**OUTCOME, "quantifier": "most", "at_least": 8}
    assert word(rule, *suite(relu=effects, tanh=0.0)) == expected


# Trends


def doses(slope, **where):
    return [
        row("relu", seed, slope * log(dose) + 0.01 * np.cos(5 * seed + dose), arm=f"study=dose;dose={dose:g};bias=0",
            experiment="dead_units", metric="zero_share", **where)
        for dose in (1, 3, 10, 30) for seed in SEEDS
    ]  # fmt: skip


TREND = {
    "kind": "trend", "experiment": "dead_units", "metric": "zero_share", "a": "relu", "along": "dose",
    "better": "higher", "margin": 0.3, "over": ["dataset"],
    "cells": {"phase": "final", "arm": "study=dose;dose=*;bias=0", "split": "test"},
}  # fmt: skip


@pytest.mark.parametrize(("slope", "expected"), [(0.1, "supported"), (-0.1, "refuted")])
def test_a_trend_is_a_rank_correlation_by_seed(slope, expected):
    verdict = claims.judge(claim(**TREND), table(*doses(slope)))
    assert verdict.verdict == expected
    assert abs(verdict.effect) == pytest.approx(1)
    assert verdict.n == 12


def test_no_trend_at_all_is_refuted_by_equivalence_and_a_hole_is_not_decidable():
    assert word({**TREND, "margin": 0.5}, *[{**one, "value": 0.25} for one in doses(0.0)]) == "refuted"
    assert word(TREND, *doses(0.1)[:-1]) == "not decidable"
    assert word(TREND, *[one for one in doses(0.1) if "dose=1;" in one["arm"]]) == "not decidable"


# Rare events


def units(events, of=128, name="elu"):
    rows = []
    for seed in SEEDS:
        for metric, value in (("stuck_long_units", events if np.isscalar(events) else events[seed]), ("units", of)):
            rows.append(
                row(name, seed, float(value), metric=metric, experiment="dead_units", arm="study=dose;dose=1;bias=0")
            )
    return rows


RARE = {
    "kind": "rare", "experiment": "dead_units", "a": "elu", "events": "stuck_long_units", "of": "units", "limit": 0.01,
    "tolerated": 0.05, "cells": {"phase": "final", "arm": "study=dose;dose=*;bias=0"},
}  # fmt: skip


def test_what_is_never_seen_in_enough_units_is_supported():
    verdict = claims.judge(claim(**RARE), table(*units(0)))
    assert verdict.verdict == "supported"
    assert verdict.high == pytest.approx(3 / (12 * 128))
    assert word(RARE, *units(0, of=10)) == "inconclusive"


def test_events_are_counted_by_seed_as_units_of_a_network_are_no_independent_draws():
    one_network = [30] + [0] * 11
    assert word(RARE, *units(one_network)) == "inconclusive"
    assert word(RARE, *units([1] * 6 + [0] * 6)) == "refuted"


def test_a_network_without_its_count_is_a_hole():
    assert word(RARE, *units(0)[:-1]) == "not decidable"
    assert word(RARE, *[one for one in units(0) if one["metric"] != "units"]) == "not decidable"


# Spread


NAMES = ("relu", "elu", "tanh", "gelu", "swish")


def spread_out(sd, tasks=12):
    shape = np.array([-1.2, -0.6, 0.0, 0.6, 1.2]) / np.std([-1.2, -0.6, 0.0, 0.6, 1.2], ddof=1)
    noise = np.random.default_rng(5).standard_normal((tasks, len(NAMES), len(SEEDS)))
    noise = 0.1 * (noise - noise.mean(axis=2, keepdims=True))
    return [
        row(name, seed, exp(sd * 0.1 * shape[arm] + noise[task, arm, seed] + 0.5 * np.sin(seed)), network=network,
            arm="best", experiment="generalization", metric="error")
        for task, (network, _) in enumerate(TASKS[:tasks]) for arm, name in enumerate(NAMES) for seed in SEEDS
    ]  # fmt: skip


SPREAD = {
    "kind": "spread", "experiment": "generalization", "activations": list(NAMES), "beyond": 2, "below": 1,
    "cells": {"phase": "final", "arm": "best", "split": "test"},
}  # fmt: skip


@pytest.mark.parametrize(("sd", "expected"), [(20, "supported"), (0.1, "refuted"), (1.5, "inconclusive")])
def test_spread_beside_seeds(sd, expected):
    verdict = claims.judge(claim(**SPREAD), table(*spread_out(sd)))
    assert verdict.verdict == expected
    assert verdict.low <= verdict.effect <= verdict.high


def test_spread_over_few_tasks_is_not_measured_and_holes_are_no_evidence():
    assert word(SPREAD, *spread_out(20, tasks=8)) == "not measured here"
    rows = [one for one in spread_out(20) if not (one["seed"] == 4 and one["network"].startswith(("mlp", "cnn")))]
    torn = [one for one in spread_out(20) if not (one["seed"] == 4 and one["activation"] == "relu")]
    assert word(SPREAD, *rows) == "supported"
    assert word(SPREAD, *torn) == "not decidable"


# Policies


POLICY = {
    "kind": "policy", "experiment": "generalization", "policy": "relu", "beside": ["gelu", "elsewhere"],
    "activations": ["relu", "gelu", "tanh"], "margin": {"error": 0.025, "loss": 0.05},
    "cells": {"phase": "final", "arm": "best", "split": "test"},
}  # fmt: skip


@pytest.mark.parametrize(("lost", "expected"), [(0.2, "supported"), (3.0, "refuted")])
def test_the_regret_of_a_policy_against_an_oracle_of_other_seeds(lost, expected):
    varied = [lost + 0.1 * np.cos(place) for place in range(len(TASKS))]
    verdict = claims.judge(claim(**POLICY), table(*suite(relu=0.0, gelu=varied, tanh=-1.0)))
    assert verdict.verdict == expected
    assert verdict.effect == pytest.approx(lost, abs=0.15)
    assert verdict.low <= verdict.effect <= verdict.high
    assert "Always taking GELU loses" in verdict.sentence
    assert "Taking what is best on the other families loses" in verdict.sentence


def test_a_policy_may_be_judged_cell_by_cell_and_the_other_way():
    rule = {
        **POLICY,
        "policy": "tanh",
        "beside": [],
        "better": "higher",
        "quantifier": "everywhere",
        "cells": {**POLICY["cells"], "network": "mlp_3x8"},
    }
    assert word(rule, *suite(relu=0.0, gelu=0.0, tanh=-3.0)) == "supported"
    assert word(rule, *suite(relu=0.0, gelu=0.0, tanh=-0.2)) == "refuted"


def test_policies_need_tasks_families_and_seeds():
    few = [one for one in suite(relu=0.0, gelu=0.2, tanh=-1.0) if one["network"].startswith("mlp")]
    assert word(POLICY, *few) == "not measured here"
    torn = [
        one
        for one in suite(relu=0.0, gelu=0.2, tanh=-1.0)
        if (one["activation"], one["seed"], one["metric"]) != ("gelu", 3, "error")
    ]
    assert word(POLICY, *torn) == "not decidable"


# Parts


def parts(kind, **rules):
    return {"kind": kind, "experiment": "mechanisms", "parts": rules}


def effects(good, bad):
    """Return rows in which relu beats tanh, elu equals it and gelu is worse."""
    return arms(relu=good, elu=0.0, gelu=bad, tanh=0.0)


GOOD, EQUAL, BAD = contrast(), contrast(a="elu"), contrast(a="gelu")
OPEN = contrast(a="elu", degree="greatly", margin=0.004)
ABSENT = contrast(experiment="cost")


@pytest.mark.parametrize(
    ("kind", "rules", "expected"),
    [
        ("all_of", (GOOD, GOOD), "supported"),
        ("all_of", (GOOD, BAD), "refuted"),
        ("all_of", (GOOD, ABSENT), "not measured here"),
        ("all_of", (BAD, ABSENT), "refuted"),
        ("all_of", (GOOD, {**BAD, "refutes": False}), "inconclusive"),
        ("any_of", (GOOD, BAD), "supported"),
        ("any_of", (BAD, EQUAL), "refuted"),
        ("any_of", (BAD, ABSENT), "inconclusive"),
        ("any_of", (ABSENT, ABSENT), "not measured here"),
        ("cases", (GOOD, BAD), "true if"),
        ("cases", (GOOD, GOOD), "supported"),
        ("cases", (BAD, BAD), "refuted"),
        ("cases", (GOOD, ABSENT), "not measured here"),
    ],
)
def test_parts_are_joined_to_one_word(kind, rules, expected):
    rule = parts(kind, **dict(zip(("one", "two"), rules, strict=True)))
    verdict = claims.judge(claim(**rule), table(*effects(log(0.8), log(1.25))))
    assert verdict.verdict == expected
    assert "One (" in verdict.sentence
    assert "Two (" in verdict.sentence


def test_a_part_that_falls_must_fall_after_holm_over_the_parts():
    """Six pairs reach p = 2/64 at best, which is no evidence among two parts that could fall."""
    six = [one for one in effects(log(0.8), log(1.25)) if one["seed"] < 6]
    assert word(BAD, *six) == "refuted"
    assert word(parts("all_of", one=GOOD, two=BAD), *six) == "inconclusive"
    assert word(parts("any_of", one=GOOD, two=BAD), *six) == "inconclusive"


def test_sentences_may_ask_for_the_numbers_of_parts():
    entry = claim(**parts("all_of", speed=GOOD, other=GOOD)).model_copy(
        update={"sentences": {"supported": "By {speed_effect:2} %."}}
    )
    assert claims.judge(entry, table(*effects(log(0.8), 0.0))).sentence == "Supported. By 20 %."


def test_true_if_names_the_cases():
    rule = {"kind": "cases", "experiment": "mechanisms", "parts": {"the layer is narrow": GOOD, "it is wide": BAD}}
    verdict = claims.judge(claim(**rule), table(*effects(log(0.8), log(1.25))))
    assert verdict.condition == "if the layer is narrow; not if it is wide"
    assert verdict.sentence.startswith("True if the layer is narrow; not if it is wide.")


# Holes


WHOLE = {
    "contrast": (contrast(), arms(relu=log(0.8), tanh=0.0)),
    "reversed": (contrast(), arms(relu=log(1.25), tanh=0.0)),
    "combination": (HALF, half(0.8)),
    "tasks": (OUTCOME, suite(relu=2.0, tanh=0.0)),
    "most": ({**OUTCOME, "quantifier": "most", "at_least": 8}, suite(relu=2.0, tanh=0.0)),
    "best": (contrast(a="elu", b=[{"best_of": ["tanh", "relu"]}]),
             [*arms(elu=log(0.7), tanh=0.0, relu=0.0), *tuned("tanh", 0.1), *tuned("relu", 0.0)]),
    "trend": (TREND, doses(0.1)),
    "rare": (RARE, units(0)),
    "spread": (SPREAD, spread_out(20)),
    "policy": (POLICY, suite(relu=0.0, gelu=0.2, tanh=-1.0)),
    "parts": (parts("all_of", one=GOOD, two=BAD), effects(log(0.8), log(1.25))),
}  # fmt: skip
FRAMES = {name: table(*rows) for name, (_, rows) in WHOLE.items()}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_holes_never_change_a_verdict_into_another_decided_one(name, data):
    rule, frame = claim(**WHOLE[name][0]), FRAMES[name]
    whole = claims.judge(rule, frame).verdict
    assert whole in DECIDED
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    keep = rng.random(len(frame)) > data.draw(st.sampled_from([0.001, 0.01, 0.1, 0.5, 0.9, 1.0]))
    verdict = claims.judge(rule, frame[keep])
    assert verdict.verdict in {whole, *UNDECIDED}
    assert len(verdict.sentence) > len("Not decidable. ")


@pytest.mark.parametrize("name", WHOLE)
def test_holes_of_a_whole_seed_side_or_metric_never_crash(name):
    rule, frame = claim(**WHOLE[name][0]), FRAMES[name]
    whole = claims.judge(rule, frame).verdict
    for column in ("activation", "metric", "phase", "network", "seed"):
        for level in frame[column].dropna().unique()[:3]:
            assert claims.judge(rule, frame[frame[column] != level]).verdict in {whole, *UNDECIDED}, (column, level)
    diverged = frame.assign(value=frame["value"].where(frame["phase"] == "tune", inf))
    assert claims.judge(rule, diverged).verdict in claims.VOCABULARY


# Sensitivity


def test_fragile_verdicts_are_those_that_become_another_decided_word():
    rows = [*arms(relu=log(0.92), tanh=0.0), *arms(elu=log(0.5))]
    strong, close = claim(**contrast(a="elu")), claim(**contrast())
    found = claims.fragile(
        table(*rows), claims=[strong.model_copy(update={"id": "C01"}), close.model_copy(update={"id": "C02"})]
    )
    found = found.set_index("claim")
    assert not found["fragile"]["C01"]
    assert found["verdict"].to_dict() == {"C01": "supported", "C02": "supported"}
    assert found["double_margin"]["C02"] == "refuted"
    assert found["fragile"]["C02"]
    assert found["because"]["C02"] == "double_margin"


def test_half_of_the_seeds_that_shows_less_is_no_flip():
    half_of = [
        row(name, s, noisy(e, s, t, 0.05))
        for t, (name, e) in enumerate({"relu": log(0.87), "tanh": 0.0}.items())
        for s in SEEDS
    ]
    found = claims.fragile(table(*half_of), claims=[claim(**contrast())]).iloc[0]
    assert {found["first_seeds"], found["second_seeds"]} <= {"supported", "inconclusive"}
    assert "seeds" not in found["because"]


def test_another_init_takes_the_place_of_the_tuned_one_where_a_rule_has_it():
    rows = arms(relu=log(0.8), tanh=0.0)
    each = [{**one, "arm": "each;study=centring"} for one in arms(relu=log(1.25), tanh=0.0)]
    found = claims.fragile(table(*rows, *each), claims=[claim(**contrast())]).iloc[0]
    assert (found["verdict"], found["init_he"], found["init_lecun"]) == ("supported", "refuted", "not decidable")
    assert found["because"] == "init_he"
    plain = claim(**{**TREND})
    assert pd.isna(claims.fragile(table(*doses(0.1)), claims=[plain]).iloc[0]["init_he"])
