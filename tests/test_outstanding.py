"""What is left open is named with the pairs that would decide it, and those pairs do decide it as often as is said."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from acts import records, stats
from acts.claims import parse
from acts.claims.outstanding import needed, outstanding
from acts.figures.outstanding import outstanding as listed

RULE: dict[str, Any] = {
    "kind": "contrast", "experiment": "convergence", "metric": "loss_area", "a": "gelu", "b": ["relu"],
    "cells": {"phase": "final", "arm": "best", "split": "test"}, "scale": "log", "margin": 0.05, "unit": "% less loss",
}  # fmt: skip


def claim(**changed: Any) -> Any:
    entry = {"id": "C01", "topic": "t", "sources": ["Gaussian error linear units (GELUs)"], "claim": "c"}
    return parse(entry | {"measure": "m", "verdict": "v", "kind": "experiment", "rule": RULE | changed})


def table(ratio: float, spread: float, *, seeds: int = 12, dataset: str = "digits") -> pd.DataFrame:
    """Return runs whose log ratios have exactly this mean and spread."""
    noise = np.random.default_rng(3).standard_normal(seeds)
    noise = spread * (noise - noise.mean()) / noise.std(ddof=1)
    who = {"experiment": "convergence", "phase": "final", "arm": "best", "split": "test", "metric": "loss_area"}
    who |= {"dataset": dataset, "network": "mlp_2x32", "norm": "none", "optimizer": "sgd"}
    arms = {"relu": np.ones(seeds), "gelu": ratio * np.exp(noise)}
    return records.frame(
        {**who, "activation": arm, "seed": seed, "value": float(value)}
        for arm, values in arms.items()
        for seed, value in enumerate(values)
    )


def test_a_decided_claim_is_not_listed():
    assert outstanding(table(0.5, 0.01), claims=[claim()]).empty


def test_an_open_claim_says_which_contrast_and_how_many_pairs():
    rows = records.concat([table(0.5, 0.01), table(0.9, 0.2, dataset="moons")])
    (row,) = outstanding(rows, claims=[claim()]).to_dict("records")
    assert (row["claim"], row["pairs"], row["replicate"]) == ("C01", 12, "seeds")
    assert "moons" in row["where"]
    assert row["needed"] > 12
    text = listed(outstanding(rows, claims=[claim()])).to_markdown()
    assert str(row["needed"]) in text


def test_of_a_claim_that_needs_one_contrast_the_easiest_is_shown():
    rows = records.concat([table(0.93, 0.2), table(0.85, 0.2, dataset="moons")])
    hardest, easiest = (
        outstanding(rows, claims=[claim(quantifier=quantifier)]).to_dict("records")[0]
        for quantifier in ("everywhere", "somewhere")
    )
    assert easiest["needed"] < hardest["needed"]
    assert "moons" in easiest["where"]


def test_so_many_pairs_decide_four_times_in_five():
    """The t test of the oracle: at the number returned its power is 0.8, one pair fewer and it is less."""
    found = stats.compare(np.log(1 / np.array([0.9, 1.0, 0.85, 0.95, 0.8, 1.05])), margin=0.05)
    count = needed(found, "better")
    assert count is not None
    spread = (found.high - found.low) / 2 / 2.5705818 * np.sqrt(6)  # t of 5 degrees of freedom at .975
    rng = np.random.default_rng(1)
    draws = found.effect + spread * rng.standard_normal((4000, count))
    t = (draws.mean(axis=1) - found.margin) / draws.std(axis=1, ddof=1) * np.sqrt(count)
    assert np.mean(t > 1.97) == pytest.approx(0.8, abs=0.03)


def test_an_effect_on_a_threshold_is_decided_by_no_number_of_pairs():
    rows = table(0.95, 0.2)
    (row,) = outstanding(rows, claims=[claim()]).to_dict("records")
    assert pd.isna(row["needed"])
    assert "threshold" in row["why"]


def test_records_with_a_hole_are_listed_with_the_reason():
    rows = table(0.5, 0.01).drop(index=3)
    (row,) = outstanding(rows, claims=[claim()]).to_dict("records")
    assert row["verdict"] == "not decidable"
    assert "missing" in row["why"]


def test_where_runs_diverge_no_number_is_made_up():
    rows = table(0.9, 0.2)
    rows.loc[(rows["activation"] == "gelu") & (rows["seed"] < 3), "value"] = np.inf
    (row,) = outstanding(rows, claims=[claim()]).to_dict("records")
    assert pd.isna(row["needed"])
    assert "diverge" in row["why"]
