"""Variants differ from their plain function in the one property that a study is about, and in nothing else."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
import torch
from reviewing import Reviewed

from acts import activations, datasets, networks, params, records, theory, trials, tuned
from acts.experiments import mechanisms
from acts.experiments.mechanisms import studies, trained
from acts.jobs import Job, Run
from acts.params import Params, ParamsError
from acts.params.mechanisms import Word

RATES = {"sgd": (0.1,), "adam": (0.02,)}
BRIEF: dict[str, Any] = {
    "datasets": ("digits",), "networks": ("mlp_3x8",), "optimizers": ("sgd",), "inits": ("lecun",), "steps": 6,
    "batch": 16, "rates": RATES,
}  # fmt: skip
SMALL = {"datasets": ("signs",), "networks": ("mlp_1x4",)}
CHI = {"inits": ("chi",)}
ASKED: dict[str, dict[str, Any]] = {
    "centring": {"inits": ("he",)},
    "slope": {},
    "gradient": {"inits": ("lecun", "chi")},
    "zero": {"networks": ("mlp_3x4",), "dtypes": ("float32", "bfloat16")},
    "mixed": {},
    "saturation": CHI,
    "rectified": {},
    "killed": {"networks": ("mlp_3x16", "mlp_3x8")},
    "fit": {"datasets": ("waves",), "optimizers": ("adam",)},
    "narrow": SMALL,
}


def configured(*studies_: dict[str, Any], **changed: Any) -> Params:
    given = {"seeds": 2, "growths": 0, "evaluations": 3, "studies": studies_, **changed}
    return Params.model_validate({"title": "small", "experiments": {"mechanisms": given}, "notebooks": ("a",)})


def study(word: str, **changed: Any) -> dict[str, Any]:
    return {"study": word, **BRIEF, **ASKED[word], **changed}


def review(*asked: dict[str, Any], alone: bool = False, **changed: Any) -> Reviewed:
    return reviewing.review(mechanisms, configured(*asked, **changed), alone=alone)


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return review(*map(study, ASKED))


def final(table: pd.DataFrame, word: str, **conditions: Any) -> pd.DataFrame:
    own = table[table["arm"].fillna("").str.contains(f"study={word}(?:;|$)")]
    return records.where(own, phase="final", **conditions)


def planned(word: str, **changed: Any) -> dict[tuple[str, str], tuple[str, Run]]:
    """The first tuning run of every arm of a study, by tag and norm."""
    jobs = mechanisms.plan(configured(study(word, **changed)), records.frame([]))
    found: dict[tuple[str, str], tuple[str, Run]] = {}
    for job in jobs:
        for run in job.runs:
            found.setdefault((f"{job.activation} {run['norm']} {run['arms'][0]}", run["init"]), (job.activation, run))
    return found


def outputs(activation: str, run: Run, **changed: Any) -> torch.Tensor:
    """What a run's network computes of fixed rows before its first step."""
    own = {**run, "dtype": "float64", **changed}
    stack = trials.started(activations.get(activation), [own])
    x = trials.feed([own], "test", rows=64).batch(0, 64)[0]
    layers = own.get("layers", "")
    return stack.apply(x, trials.nonlinearity(activations.get(activation), layers=layers))


# --- records ----------------------------------------------------------------------------------------------------------


def test_every_study_that_can_be_asked_for_is_tried_here() -> None:
    assert set(ASKED) == set(studies.ARMS) == set(trained.JUDGED) == set(Word.__args__)


def test_records_keep_the_rules_of_the_table(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    assert set(table.loc[table["phase"] == "tune", "seed"]) == {1000, 1001}
    assert set(table.loc[table["phase"] == "final", "seed"]) == {0, 1}
    assert set(table.loc[table["phase"] == "tune", "split"].dropna()) == {"validation"}
    for column in ("dataset", "network", "norm", "optimizer", "init", "lr", "seed", "device", "dtype", "arm"):
        assert not table[column].isna().any(), column
    assert table["step"].isna().all()


@pytest.mark.parametrize("word", ASKED)
def test_every_arm_is_paired_and_has_what_its_claims_read(reviewed: Reviewed, word: str) -> None:
    table, _ = reviewed
    metrics = {"loss", "loss_area"} if word == "fit" else {"loss", "loss_area", "error"}
    rows = final(table, word, split="test")
    assert metrics <= set(rows["metric"])
    best = rows[rows["arm"].str.startswith("best")]
    cells = ["activation", "arm", "network", "norm", "dtype", "metric"]
    assert (best.groupby(cells)["seed"].apply(lambda seeds: sorted(seeds) == [0, 1])).all()
    names = {(arm.activation, arm.factor) for arm in studies.ARMS[word]}
    told = {(name, arm.removeprefix(f"best;study={word}")) for name, arm in best[["activation", "arm"]].to_numpy()}
    assert told == names


def test_rates_are_tuned_by_the_metric_that_is_judged(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for word in ASKED:
        metric = trained.judged(
            {"study": word, "dataset": ASKED[word].get("datasets", ("digits",))[0], "network": "mlp_1x1"}
        )
        own = table[(table["phase"] == "tune") & table["arm"].str.contains(f"study={word}(?:;|$)")]
        assert set(own["metric"]) - {"diverged", "diverged_step"} == {metric}
        assert len(own[own["metric"] == metric]) > 0


def test_a_run_has_the_same_records_alone_as_in_company() -> None:
    brief = {"steps": 2, "networks": ("mlp_2x4",)}
    asked = [study(word, **brief) for word in ("centring", "mixed", "zero")]
    together, _ = review(*asked, seeds=1)
    alone, _ = review(*asked, seeds=1, alone=True)
    columns = [column for column in together if column != "value"]
    ordered = [table.sort_values([*columns, "value"]).reset_index(drop=True) for table in (together, alone)]
    pd.testing.assert_frame_equal(*ordered, check_exact=True)


def test_a_diverged_run_is_worse_than_any_other() -> None:
    table, _ = review(study("slope", rates={"sgd": (5e3, 1e4)}), seeds=1)
    gone = table[table["phase"] == "final"]
    lost = gone[(gone["metric"] == "diverged") & (gone["value"] == 1)]["activation"].unique()
    assert len(lost)
    worst = gone[gone["activation"].isin(lost) & gone["metric"].isin(["error", "loss", "loss_area"])]
    assert np.isinf(worst["value"]).all()


# --- centring ---------------------------------------------------------------------------------------------------------

PAIRS = [("sigmoid", "shift=-0.5"), ("relu", "shift=-0.398942"), ("softplus", "shift=-0.693147")]


@pytest.mark.parametrize(("plain", "moved"), PAIRS)
@pytest.mark.parametrize("rule", ["he", "lecun", "stable"])
def test_a_centred_network_starts_as_the_very_same_function(plain: str, moved: str, rule: str) -> None:
    runs = planned("centring", inits=(rule,))
    first = outputs(*runs[f"{plain} none study=centring", rule])
    name, run = runs[f"{plain}({moved}) none study=centring", rule]
    torch.testing.assert_close(outputs(name, run), first, rtol=1e-10, atol=1e-10)
    assert (outputs(name, {**run, "absorb": 0.0}) - first).abs().max() > 0.01, "without absorption it is another one"
    theirs = outputs(name, run, scales=tuned.scales(name, rule))
    assert rule != "stable" or (theirs - first).abs().max() > 0.01, "its own stable init is another one"


def test_shifts_are_the_means_at_the_start() -> None:
    assert theory.moments("sigmoid").mean == pytest.approx(studies.HALF, abs=1e-12)
    assert theory.moments("relu").mean == pytest.approx(studies.RELU_MEAN, abs=1e-6)
    at_zero = activations.get("softplus")(torch.zeros((), dtype=torch.float64))
    assert float(at_zero) == pytest.approx(studies.LN_2, abs=1e-6)


def test_a_first_layer_is_left_as_it_is_drawn() -> None:
    _, run = planned("centring")["sigmoid(shift=-0.5) none study=centring", "he"]
    moved, plain = (
        trials.started(activations.get("sigmoid"), [{**run, **one}]).parts() for one in ({}, {"absorb": 0.0})
    )
    same = {name for name in plain if torch.equal(plain[name], moved[name])}
    assert set(plain) - same == {"hidden1.bias", "hidden2.bias", "out.bias"}


@pytest.mark.parametrize(("network", "norm"), [("resmlp_3x16", "none"), ("mlp_3x16", "layer")])
def test_a_network_that_would_not_be_the_same_function_is_refused(network: str, norm: str) -> None:
    _, run = planned("centring")["sigmoid(shift=-0.5) none study=centring", "he"]
    with pytest.raises(ValueError, match="cannot start with absorbed shifts"):
        trials.started(activations.get("sigmoid"), [{**run, "network": network, "norm": norm}])
    asked = configured(study("centring", networks=("resmlp_3x16",)))
    with pytest.raises(ValueError, match=r"^mechanisms: resmlp_3x16: resmlp_3x16 cannot start"):
        mechanisms.plan(asked, records.frame([]))


# --- slope, gradient, saturation --------------------------------------------------------------------------------------


def test_slopes_are_compared_from_the_same_weights() -> None:
    starts = [trials.started(activations.get(name), [run]).buffer for name, run in planned("slope").values()]
    assert len(starts) == 4
    assert all(torch.equal(one, starts[0]) for one in starts)
    slopes = [float(activations.get(arm.activation).oracle(0.0, 1)) for arm in studies.ARMS["slope"]]
    assert slopes == [0.25, 1.0, 0.25, 1.0]
    means = [theory.moments(arm.activation).mean for arm in studies.ARMS["slope"]]
    assert means == pytest.approx([0.5, 0.5, 0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "sigmoid(shift=-0.5)", "tanh", "elu", studies.LEAKY_AS_ELU])
def test_the_init_chi_lets_the_gradient_through_where_it_starts(name: str) -> None:
    init = theory.init(name, "chi")
    assert theory.chi(name, sigma_w=init.sigma_w, q=1.0) == pytest.approx(1.0)
    assert init.sigma_b == 0.0
    assert init.first(fan_in=9).weight == pytest.approx(1 / 3)


def test_an_init_chi_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="flat has no init chi"):
        theory.init(flat, "chi")
    with pytest.raises(ValueError, match="known: torch_default, lecun, he, stable, critical, chi"):
        theory.init("relu", "xavier")


def flat(x: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(x)


def test_gradients_vanish_from_lecun_and_not_from_chi() -> None:
    runs = planned("gradient", networks=("mlp_8x32",))
    name = "sigmoid(shift=-0.5)"
    shares = {rule: _reached(*runs[f"{name} none study=gradient", rule]) for rule in ("lecun", "chi")}
    assert shares["lecun"] < 1e-3
    assert 0.1 < shares["chi"] < 10


def _reached(name: str, run: Run) -> float:
    """The share of the gradient at the last hidden layer's biases that arrives at the first's."""
    own = {**run, "dtype": "float64"}
    stack = trials.started(activations.get(name), [own])
    leaf = stack.buffer.clone().requires_grad_()
    x = trials.feed([own], "train", rows=64).batch(0, 64)[0]
    stack.apply(x, trials.nonlinearity(activations.get(name)), buffer=leaf).square().sum().backward()
    parts = stack.network.views(leaf.grad)
    return float(parts["hidden0.bias"].norm() / parts["hidden7.bias"].norm())


def test_batch_norm_stands_beside_the_plain_sigmoid_alone(reviewed: Reviewed) -> None:
    table, _ = reviewed
    normed = final(table, "gradient", norm="batch")
    assert set(normed["activation"]) == {"sigmoid"}
    assert set(normed["init"]) == {"lecun"}
    assert set(final(table, "gradient", norm="none")["init"]) == {"lecun", "chi"}


def test_elu_and_its_rival_differ_in_saturation_alone() -> None:
    elu, leaky = (theory.moments(arm.activation) for arm in studies.ARMS["saturation"])
    assert leaky.mean == pytest.approx(elu.mean, abs=1e-6)
    scales = [run["scales"] for _, run in planned("saturation").values()]
    assert len(scales) == 2
    for arm, numbers in zip(studies.ARMS["saturation"], scales, strict=True):
        assert theory.chi(arm.activation, sigma_w=numbers[2]) == pytest.approx(1.0, abs=1e-8)


# --- zero -------------------------------------------------------------------------------------------------------------


def test_exact_zeros_are_counted_and_the_choice_is_seen_where_there_are_some(reviewed: Reviewed) -> None:
    table, _ = reviewed
    shares = final(table, "zero", metric="at_zero_share")
    assert shares["value"].between(0, 1).all()
    assert (shares["value"] > 0).any()
    assert set(shares["dtype"]) == {"float32", "bfloat16"}
    area = final(table, "zero", metric="loss_area", split="train", arm="best;study=zero", dtype="float32")
    assert area.groupby("seed")["value"].nunique().max() > 1, "networks of 4 units meet 0, so slopes there matter"


def test_zero_shares_are_those_of_the_pre_activations() -> None:
    name, run = next(iter(planned("zero", dtypes=("float32",)).values()))
    trial = trials.train(activations.get(name), [run], watch="validation", rows=32)
    found = trained._zeros(trial)
    kept: list[torch.Tensor] = []
    rows = trials.feed([run], "test", rows=trained.WATCHED)
    trial.stack.apply(rows.batch(0, len(rows))[0], trial.nonlinearity, keep=kept)
    assert found["test"][0] == pytest.approx(float(torch.cat(kept).eq(0).double().mean()))


def test_each_type_is_tuned_on_its_own_records(reviewed: Reviewed) -> None:
    table, _ = reviewed
    asked, half = configured(study("zero")), table[table["dtype"] != "bfloat16"]
    runs = [run for job in mechanisms.plan(asked, half) for run in job.runs]
    assert {run["dtype"] for run in runs if run["phase"] == "final"} == {"float32"}
    assert {run["dtype"] for run in runs if run["phase"] == "tune"} == {"float32", "bfloat16"}


def test_with_bfloat16_passes_are_rounded_and_weights_are_not() -> None:
    name, run = next(iter(planned("zero", dtypes=("bfloat16",)).values()))
    assert run["dtype"] == "bfloat16"
    trial = trials.train(activations.get(name), [run], watch="validation", rows=32)
    assert trial.stack.buffer.dtype == torch.float32
    assert not torch.equal(trial.stack.buffer, trial.stack.buffer.bfloat16().float())
    kept: list[torch.Tensor] = []
    x = trials.feed([run], "test", rows=64).batch(0, 64)[0]
    found = trial.stack.apply(x, trial.nonlinearity, keep=kept)
    assert {h.dtype for h in kept} == {torch.bfloat16}
    assert found.dtype == torch.float32
    assert torch.equal(found, found.bfloat16().float())


def test_batch_norm_is_not_computed_in_bfloat16() -> None:
    _, run = planned("gradient")["sigmoid batch study=gradient", "lecun"]
    with pytest.raises(ValueError, match="BatchNorm cannot be computed in torch"):
        trials.started(activations.get("sigmoid"), [{**run, "dtype": "bfloat16"}])


# --- mixed ------------------------------------------------------------------------------------------------------------


def test_layers_take_their_activations_in_turn() -> None:
    name, run = planned("mixed")["tanh none study=mixed;layers=tanh|relu", "lecun"]
    own = {**run, "dtype": "float64"}
    parts = {part: value[0] for part, value in trials.started(activations.get(name), [own]).parts().items()}
    x = trials.feed([own], "test", rows=64).batch(0, 64)[0][0]
    for layer, function in enumerate((torch.tanh, torch.relu, torch.tanh)):
        x = function(x @ parts[f"hidden{layer}.weights"] + parts[f"hidden{layer}.bias"])
    torch.testing.assert_close(
        outputs(name, run)[0], x @ parts["out.weights"] + parts["out.bias"], rtol=1e-12, atol=1e-12
    )


def test_each_layer_is_scaled_for_the_activation_that_feeds_it() -> None:
    runs = planned("mixed", inits=("stable",))
    arms = {one: f"{one} none study=mixed" for one in ("tanh", "relu")}
    arms["mixed"] = f"{arms['tanh']};layers=tanh|relu"
    found = {}
    for who, arm in arms.items():
        name, run = runs[arm, "stable"]
        found[who] = trials.started(activations.get(name), [run]).parts()
    for layer, one in (("hidden0", "tanh"), ("hidden1", "tanh"), ("hidden2", "relu"), ("out", "relu")):
        for part in ("weights", "bias"):
            assert torch.equal(found["mixed"][f"{layer}.{part}"], found[one][f"{layer}.{part}"]), layer
    assert not torch.equal(found["mixed"]["hidden2.weights"], found["tanh"]["hidden2.weights"])


def test_what_learns_or_draws_cannot_be_mixed() -> None:
    for name in ("prelu", "rrelu", "crelu"):
        with pytest.raises(ValueError, match=f"{name} cannot be mixed with others"):
            trials.nonlinearity(activations.get("relu"), layers=f"relu|{name}")


def test_a_stack_and_its_first_activation_are_told_apart(reviewed: Reviewed) -> None:
    table, _ = reviewed
    tanh = final(table, "mixed", activation="tanh", metric="loss_area", split="test")
    best = tanh[tanh["arm"].str.startswith("best")]
    assert set(best["arm"]) == {"best;study=mixed", "best;study=mixed;layers=tanh|relu"}
    assert (best.groupby("seed")["value"].nunique() == 2).all()


# --- rectified, killed, fit, narrow -----------------------------------------------------------------------------------


def test_every_layer_tells_its_learned_slope(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = final(table, "rectified", arm="best;study=rectified")
    alpha, change = (rows[rows["metric"] == metric] for metric in ("alpha", "alpha_change"))
    for own in (alpha, change):
        assert own.groupby("seed")["layer"].apply(lambda layers: layers.dropna().tolist() == [1, 2, 3]).all()
        by_layer, mean = own[own["layer"].notna()], own[own["layer"].isna()]
        assert mean["value"].tolist() == pytest.approx(by_layer.groupby("seed")["value"].mean().tolist())
    assert change["value"].tolist() == pytest.approx((alpha["value"] - 0.25).tolist())
    assert (change["value"].abs() > 1e-4).all()
    assert not final(table, "zero")["metric"].isin(["alpha", "alpha_change"]).any()


def test_killed_units_stay_dead_and_leave_a_narrower_network() -> None:
    _, run = planned("killed")["relu none study=killed;share=0.5", "lecun"]
    own = {**run, "dtype": "float64"}
    trial = trials.train(activations.get("relu"), [own], watch="validation", rows=32)
    before = trials.started(activations.get("relu"), [own])
    kept: list[torch.Tensor] = []
    x = trials.feed([own], "test", rows=64).batch(0, 64)[0]
    whole = trial.stack.apply(x, trial.nonlinearity, keep=kept)
    assert all((h[..., :8] <= 0).all() and (h[..., 8:] > 0).any() for h in kept)
    assert not torch.equal(trial.stack.buffer, before.buffer)
    x, parts = x[0], {part: value[0] for part, value in trial.stack.parts().items()}
    for layer in range(3):
        fed = slice(8, None) if layer else slice(None)
        x = torch.relu(x @ parts[f"hidden{layer}.weights"][fed, 8:] + parts[f"hidden{layer}.bias"][:, 8:])
    torch.testing.assert_close(whole[0], x @ parts["out.weights"][8:] + parts["out.bias"], rtol=1e-12, atol=1e-12)


def test_narrower_networks_stand_beside_killed_units(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = final(table, "killed", metric="error", split="test")
    arms = rows[rows["arm"].str.startswith("best")].groupby("network")["arm"].apply(set)
    assert arms["mlp_3x8"] == {"best;study=killed;share=0"}
    assert arms["mlp_3x16"] == {f"best;study=killed;share={share}" for share in ("0", "0.25", "0.5", "0.75")}


def test_a_fit_is_measured_on_the_rows_that_it_is_of(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = final(table, "fit", metric="loss", split="train", arm="best;study=fit")
    assert set(rows["activation"]) == {"relu", "leaky_relu"}
    assert records.paired(rows, "loss").notna().all().all()


def test_widths_are_matched_where_an_activation_doubles_them() -> None:
    sizes = {
        arm.activation: trials.network(arm.activation, "signs", "mlp_1x8").weights for arm in studies.ARMS["narrow"]
    }
    assert sizes["identity"] == sizes["relu"] == sizes["leaky_relu(alpha=-1)"]
    assert sizes["crelu"] == pytest.approx(sizes["relu"], rel=0.15)


# --- what may be asked for --------------------------------------------------------------------------------------------


def test_data_sets_that_are_not_here_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "missing", lambda name: "fetch it" if name == "teacher" else None)
    jobs = mechanisms.plan(configured(study("slope", datasets=("digits", "teacher"))), records.frame([]))
    assert {run["dataset"] for job in jobs for run in job.runs} == {"digits"}


def test_a_configuration_without_mechanisms_asks_for_nothing() -> None:
    formulas = {"title": "small", "experiments": {"formulas": {}}, "notebooks": ("a",)}
    assert mechanisms.plan(Params.model_validate(formulas), records.frame([])) == []


def test_rates_must_rise_by_a_factor_of_two() -> None:
    with pytest.raises(ValueError, match="factor"):
        mechanisms.plan(configured(study("slope", rates={"sgd": (0.1, 0.15)})), records.frame([]))


WRITTEN = """
title: small
experiments:
  mechanisms:
    seeds: 2
    studies:
      - {study: STUDY, datasets: digits, networks: [mlp_2x8], optimizers: [OPTIMIZER], steps: 9, batch: 8,
         rates: {sgd: [0.1, 0.2]}}
      - {study: slope, datasets: [digits], networks: [mlp_2x8], optimizers: [sgd], steps: 9, batch: 8,
         rates: {sgd: [0.1, 0.2]}}
notebooks: [a]
"""


@pytest.mark.parametrize(
    ("put", "message"),
    [
        ({"STUDY": "centering"}, "study: unknown value 'centering'; did you mean 'centring'?"),
        ({"STUDY": "magic"}, "study: unknown value 'magic' (known: centring, slope, gradient, zero, mixed"),
        ({"STUDY": "slope"}, "the study 'slope' of mlp_2x8 on digits stands twice"),
        ({"STUDY": "zero", "OPTIMIZER": "adam"}, "rates has no grid for the optimizer 'adam'"),
        ({"STUDY": "zero", "datasets: digits": "datasets: digit"}, "datasets: unknown data set 'digit'"),
        ({"STUDY": "zero", "batch: 8": "inits: [xavier], batch: 8"}, "inits: unknown value 'xavier'"),
    ],
)
def test_a_study_that_cannot_be_is_refused_in_one_line(
    put: dict[str, str], message: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = WRITTEN
    for old, new in put.items():
        text = text.replace(old, new)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "small.yaml").write_text(text.replace("OPTIMIZER", "sgd"))
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    with pytest.raises(ParamsError) as refused:
        params.load("small", datasets=datasets.names())
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_probes_and_trained_runs_are_each_measured_by_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mechanisms.probes, "measure", lambda job: ["probed"] * len(job.runs))
    monkeypatch.setattr(mechanisms.trained, "measure", lambda job: ["trained"] * len(job.runs))
    for word, phase, by in (("narrow", "init", "probed"), ("narrow", "tune", "trained"), ("linear", "final", "probed")):
        assert mechanisms.measure(Job("mechanisms", "relu", ({"study": word, "phase": phase},))) == [by]


def test_changes_at_the_start_are_part_of_a_runs_kind() -> None:
    assert {"layers", "absorb", "killed"} <= set(trials.KIND)
    assert networks.Scales((1.0, 0.0), (2.0, 0.0), (3.0, 0.0)).turns == ()
