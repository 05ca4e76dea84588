"""A function of one's own against every other: on these tasks and on tasks like these, and what each interval means."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import test_advice
from test_honesty import slack

from acts import claims, records, stats
from acts.__main__ import main
from acts.claims import duels, pairs
from acts.figures import duels as figures_of_duels
from acts.figures import questions

MEANS = {"my_bump": 0.1, "relu": 0.13, "gelu": 0.1, "tanh": 0.08}
MARGIN = -np.log(1 - 0.025)  # of an error, as a difference of logs


def contest(means, *, tasks=14, **more):
    """Return outcomes on tasks of one kind, the same means on each."""
    return test_advice.table(*(test_advice.task(f"d{place:02}", "mlp_2x32", means, **more) for place in range(tasks)))


@pytest.fixture(scope="module")
def contested():
    return contest(MEANS)


@pytest.mark.parametrize("question", ["here", "general"])
def test_a_duel_says_better_equal_or_worse_and_the_best_comes_first(contested, question):
    found = duels.duels(contested, "my_bump", question)
    assert found["rival"].tolist() == ["tanh", "gelu", "relu"]
    assert found["decided"].tolist() == ["worse", "equal", "better"]
    assert set(found["n"]) == {12 if question == "here" else 14}
    assert set(found["tasks"]) == {14}
    assert found["effect"].iloc[2] == pytest.approx(np.log(1.3) / MARGIN, rel=0.1)
    assert found["ratio"].iloc[2] == pytest.approx(1 / 1.3, rel=0.02)
    assert duels.rank(found) == duels.Rank(place=2 if found["effect"].iloc[1] > 0 else 3, of=4, best=2, worst=3)
    assert duels.best_other(found) == "tanh"


def test_a_duel_in_general_is_the_claim_that_it_writes(contested):
    claim = duels.against("my_bump", "relu", label="My bump", other="ReLU")
    verdict = claims.judge(claim, contested)
    row = duels.duels(contested, "my_bump").set_index("rival").loc["relu"]
    assert claim.id == "Y-my_bump-relu"
    assert (verdict.verdict, verdict.n) == ("supported", 14)
    assert [verdict.effect, verdict.low, verdict.high] == [row["effect"], row["low"], row["high"]]
    assert claim.id not in claims.ledger(contested)["claim"].tolist()
    rule = next(one for one in claims.catalogue() if one.id == "C46").rule
    same = ("cells", "over", "margin", "scale", "quantifier", "metric", "unit", "degree")
    assert all(getattr(claim.rule, field) == getattr(rule, field) for field in same)


def test_duels_are_adjusted_for_their_number():
    rng = np.random.default_rng(0)
    rivals = {f"r{place}": 0.1 * float(np.exp(rng.normal(0, 0.002))) for place in range(8)}
    found = duels.duels(contest({"my_bump": 0.097, "relu": 0.1, **rivals}), "my_bump")
    assert (found["p_differs"] >= found["p"]).all()
    assert found["p_differs"].min() == pytest.approx(min(1.0, found["p"].min() * len(found)))
    assert ((found["decided"] == "open") >= (found["word"] == "open")).all()


def test_too_few_tasks_say_nothing_in_general_and_yet_what_holds_here():
    table = contest(MEANS, tasks=4)
    general, here = duels.duels(table, "my_bump"), duels.duels(table, "my_bump", "here")
    assert set(general["decided"]) == {"few"}
    assert here["decided"].tolist() == ["worse", "equal", "better"]
    assert duels.rank(general) is None
    assert duels.best_other(general) == "tanh"
    assert "cpu" in duels.enough()
    assert "smoke" not in duels.enough()


def test_too_few_seeds_say_nothing_here():
    table = contest(MEANS)
    found = duels.duels(table[table["seed"] < 5], "my_bump", "here")
    assert set(found["decided"]) == {"few"}
    assert duels.by_task(table[table["seed"] < 5], "my_bump", "relu")["decided"].unique().tolist() == ["few"]


def test_a_function_whose_every_run_diverged_is_infinitely_worse(contested):
    own = contested["activation"] == "my_bump"
    lost = contested.assign(value=contested["value"].mask(own & contested["metric"].isin(["error", "loss"]), np.inf))
    for question in ("here", "general"):
        found = duels.duels(lost, "my_bump", question)
        assert set(found["decided"]) == {"worse"}
        assert np.isneginf(found["effect"]).all()
        assert duels.rank(found) == duels.Rank(4, 4, 4, 4)


def test_a_function_that_was_not_run_has_no_duels(contested):
    assert duels.duels(contested, "absent").empty
    assert duels.rank(duels.duels(contested, "absent")) is None
    assert duels.best_other(duels.duels(contested, "absent")) is None


def test_tasks_one_by_one_are_those_of_the_duel(contested):
    found = duels.by_task(contested, "my_bump", "relu")
    row = duels.duels(contested, "my_bump").set_index("rival").loc["relu"]
    assert len(found) == row["tasks"] == 14
    assert found["effect"].mean() == pytest.approx(row["effect"])
    assert set(found["word"]) == set(found["decided"]) == {"better"}


# --- what each interval is about --------------------------------------------------------------------------------------


def cells(tasks, noise, *, seeds=12, rng):
    """Return paired outcomes on tasks with true differences in margins, seeds adding noise of each task's size."""
    rows = tasks[:, None] + noise[:, None] * rng.standard_normal((len(tasks), seeds))
    return [pairs.Cell((("dataset", f"d{place}"),), "relu", row, np.zeros(seeds)) for place, row in enumerate(rows)]


def ends(values):
    found = stats.compare(values, margin=1.0)
    return found.low, found.high


def test_seeds_cover_the_mean_of_these_tasks_and_tasks_that_of_all():
    """Tasks whose true differences vary by 6 margins about 0: each interval covers its own truth 95 times in 100."""
    rng, runs = np.random.default_rng(3), 400
    hits = {"here of here": 0, "here of all": 0, "general of all": 0}
    for _ in range(runs):
        truths, noise = 6 * rng.standard_normal(12), rng.uniform(1, 15, 12)
        found = cells(truths, noise, rng=rng)
        here = ends(duels.by_seed(found))
        general = ends(np.array([cell.first.mean() for cell in found]))
        hits["here of here"] += here[0] <= truths.mean() <= here[1]
        hits["here of all"] += here[0] <= 0 <= here[1]
        hits["general of all"] += general[0] <= 0 <= general[1]
    assert hits["here of here"] / runs == pytest.approx(0.95, abs=slack(0.95, runs))
    assert hits["general of all"] / runs == pytest.approx(0.95, abs=slack(0.95, runs))
    assert hits["here of all"] / runs < 0.9, "seeds alone promise nothing about other tasks"


@pytest.mark.parametrize("truth", [0.0, 1.0, -1.0])
def test_no_more_than_one_in_twenty_is_called_what_it_is_not(truth):
    """Tasks that differ, their mean exactly on a threshold or nil: neither better nor worse by more than a margin."""
    rng, runs, said = np.random.default_rng([8, int(truth) + 1]), 300, []
    for _ in range(runs):
        truths = 6 * rng.standard_normal(12)
        found = cells(truths - truths.mean() + truth, rng.uniform(0.5, 4, 12), rng=rng)
        comparison = stats.compare(duels.by_seed(found), margin=1.0)
        said.append(stats.verdict_of(comparison, degree="better"))
    assert said.count("supported") / runs <= 0.025 + slack(0.025, runs)
    beyond = [word for word in said if word == "refuted"]
    assert truth == 0 or len(beyond) / runs <= 0.05 + slack(0.05, runs)  # worse, or equal: α is 2.5 and 5 in 100


def equal(seed):
    """Return outcomes of four functions of equal means on twelve tasks, each run with luck of its own."""
    rng = np.random.default_rng([5, seed])
    who = {"experiment": "generalization", "phase": "final", "split": "test", "arm": "best", "norm": "none",
           "network": "mlp_2x32", "optimizer": "adam", "metric": "error"}  # fmt: skip
    return records.frame(
        {**who, "dataset": f"d{task:02}", "activation": name, "seed": at,
         "value": 0.1 * np.exp(MARGIN * 6 * rng.standard_normal())}
        for task in range(12) for name in ("my_bump", "relu", "gelu", "tanh") for at in range(12)
    )  # fmt: skip


def test_of_equal_functions_one_is_hardly_ever_called_better_or_worse(record_property):
    indices = [claims.Index(equal(seed)) for seed in range(20)]
    found = [duels.duels(index, "my_bump", question) for index in indices for question in ("here", "general")]
    said = [bool(set(one["decided"]) & {"better", "worse"}) for one in found]
    differ = [bool((one["p_differs"] <= 0.05).any()) for one in found]
    record_property("differ", sum(differ))
    assert sum(said) == 0, "a margin away from what is true"
    assert sum(differ) / len(differ) <= 0.05 + slack(0.05, len(differ))


def test_the_number_that_would_decide_does_so_four_times_in_five():
    rng = np.random.default_rng(11)
    first = stats.compare(3 + 4 * np.array([-1.5, -1.0, -0.6, -0.2, 0.2, 0.6, 1.0, 1.5]), margin=1.0)
    assert stats.verdict_of(first) == "inconclusive"
    spread = float(np.std(4 * np.array([-1.5, -1.0, -0.6, -0.2, 0.2, 0.6, 1.0, 1.5]), ddof=1))
    needed = duels.needed(first, "better")
    assert needed is not None
    decided = [stats.verdict_of(stats.compare(3 + spread * rng.standard_normal(needed), margin=1.0)) == "supported"
               for _ in range(400)]  # fmt: skip
    assert needed > 20
    assert 0.72 <= np.mean(decided) <= 0.92


def test_of_unlike_many_seeds_as_many_count_as_all_tasks_have():
    rng = np.random.default_rng(0)
    several = cells(np.zeros(3), np.ones(3), rng=rng)
    short = [replace(several[0], first=several[0].first[:7], second=several[0].second[:7]), *several[1:]]
    assert duels.by_seed(short) == pytest.approx(duels.by_seed(several)[:7])


def test_a_seed_lost_on_both_sides_says_nothing_and_one_lost_on_one_side_all():
    first, second = np.array([np.inf, -np.inf, 2.0]), np.zeros(3)
    other = np.array([-np.inf, 0.0, 4.0])
    found = [pairs.Cell((), "relu", first, second), pairs.Cell((), "relu", other, second)]
    assert duels.by_seed(found).tolist() == [0.0, -np.inf, 3.0]


# --- in words ---------------------------------------------------------------------------------------------------------

CATALOGUE = pd.DataFrame({"name": ["relu", "my_bump"], "label": ["ReLU", "My bump"], "own": [False, True]})


def test_tasks_that_disagree_are_open_in_general_and_decided_here():
    parts = [test_advice.task(f"d{place:02}", "mlp_2x32", {"my_bump": 0.1 * 1.3 ** (place % 5 - 1), "relu": 0.13})
             for place in range(12)]  # fmt: skip
    index = claims.Index(test_advice.table(*parts))
    said = questions.quality(index, CATALOGUE, "my_bump")
    assert said.startswith("On these 12 tasks it is **better than ReLU**: ")
    assert "Task by task, after Holm's correction, it is better on 6, practically equal on 2 and worse on 4" in said
    assert "On tasks like these in general it **cannot be told apart from ReLU**: [" in said
    table = questions.verdicts(index, CATALOGUE).frame
    assert table["word"].tolist() == ["better", "open"]
    assert table["n"].tolist() == ["12 seeds", "12 tasks"]
    assert pd.isna(table["needed"].iloc[0])
    assert table["needed"].iloc[1].startswith("about ")
    assert f"to decide it takes {table['needed'].iloc[1]}, if they differ as these do" in said


def test_one_task_and_few_seeds_are_said():
    one = contest(MEANS, tasks=1)
    assert questions.quality(claims.Index(one), CATALOGUE, "my_bump").startswith("On this one task it is **better")
    few = claims.Index(one[one["seed"] < 3])
    assert "On this one task it is **not decidable** whether" in questions.quality(few, CATALOGUE, "my_bump")
    assert questions.verdicts(few, CATALOGUE).frame["needed"].tolist() == ["at least 6 seeds", "at least 12 tasks"]
    assert stats.smallest_p(duels.SEEDS) <= stats.ALPHA < stats.smallest_p(duels.SEEDS - 1)


def test_what_is_equal_is_told_with_the_interval_that_says_so():
    index = claims.Index(contest({"my_bump": 0.13, "relu": 0.1301}))
    row = duels.duels(index, "my_bump", "here").iloc[0].to_dict()
    assert row["decided"] == "equal"
    assert figures_of_duels.ends(row) == (row["inner_low"], row["inner_high"])
    assert max(map(abs, figures_of_duels.ends(row))) < 1
    assert figures_of_duels.ends({**row, "decided": "open"}) == (row["low"], row["high"])
    assert "; 90 %] over 12 seeds" in questions.quality(index, CATALOGUE, "my_bump")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"word": "better", "needed": 9.0, "ranks": False}, ""),
        ({"word": "open", "needed": 594.0, "ranks": False}, "about 590 tasks"),
        ({"word": "few", "needed": 6, "ranks": False}, "about 12 tasks"),
        ({"word": "open", "needed": 32.0, "ranks": True}, "about 32 tasks"),
        ({"word": "open", "needed": np.nan, "ranks": True}, "not known: runs diverge"),
        ({"word": "open", "needed": None, "ranks": False}, "over 10,000 tasks"),
        ({"word": "few", "needed": None, "ranks": False}, "at least 12 tasks"),
    ],
)
def test_what_would_decide_in_words(row, said):
    assert questions.plan(row, "task") == said


# --- trained in earnest -----------------------------------------------------------------------------------------------

TRAINED = """\
title: A copy of ReLU, and a function that is no use
engine: serial
formulas:
  copy_of_relu: {formula: "max(x, 0)", label: Copy}
  straight: {formula: "x/2", label: Straight}
experiments:
  generalization:
    seeds: 6
    inits: [he]
    growths: 0
    evaluations: 1
    tasks:
      - {dataset: [circles, moons], network: mlp_2x16, activations: [relu], optimizer: adam, steps: 60, batch: 32,
         rates: [0.01, 0.02]}
notebooks: [00_verdicts]
"""


@pytest.mark.usefixtures("nothing_own")
def test_a_copy_of_relu_is_no_different_and_a_straight_line_is_worse(review_folder):
    (review_folder / "params" / "mine.yaml").write_text(TRAINED)
    assert main(["run", "mine"]) == 0
    table = claims.Index(records.read(review_folder / "reports" / "mine" / "records.parquet"))
    said = {
        name: duels.duels(table, name, "here").set_index("rival").loc["relu"] for name in ("copy_of_relu", "straight")
    }
    assert said["copy_of_relu"]["word"] == "equal"
    assert abs(said["copy_of_relu"]["effect"]) < 0.1
    assert said["straight"]["word"] == "worse"
    assert said["straight"]["effect"] < -10
