"""Gradient flow: the plan, the pairing of networks, and the measurement against the infinite-width theory."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

import acts
from acts import theory, trainability
from acts.experiments import gradient_flow
from acts.jobs import Job, canonical
from acts.params import Params
from acts.records import check, concat, frame

INITS = ("torch_default", "lecun", "he", "stable", "critical")


def params(activations, *, inits=INITS, depths=(2, 5), width=16, seeds=2, device="cpu"):
    section = {"activations": activations, "inits": inits, "depths": depths, "width": width, "seeds": seeds}
    return configuration({"gradient_flow": section}, device)


def configuration(experiments, device="cpu"):
    return Params.model_validate(
        {"title": "a test", "device": device, "experiments": experiments, "notebooks": ("one",)}
    )


def measured(jobs):
    return check(concat(table for job in jobs for table in gradient_flow.measure(job)))


def test_the_plan_names_every_network_once_and_leaves_out_what_does_not_exist():
    jobs = gradient_flow.plan(params(("relu", "softplus")), frame([]))
    found = [(job.activation, run["phase"], run["seed"], run["init"]) for job in jobs for run in job.runs]
    having = {"relu": INITS, "softplus": INITS[:4]}
    wanted = [(name, "exact", None, init) for name in having for init in having[name]]
    wanted += [(name, "init", seed, init) for name in having for seed in range(2) for init in having[name]]
    assert sorted(map(str, found)) == sorted(map(str, wanted))
    assert "softplus has no critical init" in gradient_flow.reason("softplus", "critical")
    assert gradient_flow.reason("relu", "critical") is None
    assert all(canonical(run) for job in jobs for run in job.runs)


def test_all_means_every_element_wise_function():
    jobs = gradient_flow.plan(params("all", inits=("he",), depths=(2,), seeds=1), frame([]))
    assert {job.activation for job in jobs} == {name for name in acts.names() if acts.get(name).elementwise}
    with pytest.raises(ValueError, match="gradient_flow: softmax is not element-wise"):
        gradient_flow.plan(params(("softmax",)), frame([]))
    assert gradient_flow.plan(configuration({}), frame([])) == []


def test_records_hold_every_layer_and_depth_asked_for():
    records = measured(gradient_flow.plan(params(("tanh",)), frame([])))
    assert set(records["network"]) == {"mlp_5x16"}
    assert set(records["dtype"]) == {"float64"}
    networks = records[records["phase"] == "init"]
    flow = networks[networks["metric"] == "log10_gradient_ratio"]
    assert sorted(flow["depth"].unique()) == [2, 5]
    assert len(flow) == len(INITS) * 2 * 2
    layers = networks[networks["metric"] == "unit_mean_rms_ratio"]
    assert sorted(layers["layer"].unique()) == [1, 2, 4, 5]
    assert records.loc[records["phase"] == "exact", "seed"].isna().all()
    assert np.isfinite(records["value"].astype(float)).all()


def test_a_network_is_the_same_alone_and_in_company():
    job, *_ = gradient_flow.plan(params(("gelu",), depths=(2, 12), width=32), frame([]))
    together = gradient_flow.measure(job)
    for place in (0, 4, 7):
        (alone,) = gradient_flow.measure(Job(job.experiment, job.activation, (job.runs[place],)))
        pd.testing.assert_frame_equal(alone, together[place], rtol=1e-9)


def test_seeds_pair_activations():
    scaled = acts.get(lambda x: 0.5 * torch.relu(x))
    (job, _) = gradient_flow.plan(params(("relu",), inits=("he",), depths=(6,)), frame([]))
    relu = gradient_flow.measure(job)
    gradient_flow_of_half = [gradient_flow._network(scaled, [run])[0] for run in job.runs]
    for table, rows in zip(relu, gradient_flow_of_half, strict=True):
        flow = {row["depth"]: row["value"] for row in rows if row["metric"] == "log10_gradient_ratio"}
        wanted = float(table.loc[table["metric"] == "log10_gradient_ratio", "value"].iloc[0])
        assert flow[6] == pytest.approx(wanted - 5 * math.log10(4))


def test_the_gradient_is_that_of_the_network():
    width, depth = 12, 4
    (job, _) = gradient_flow.plan(
        params(("tanh",), inits=("stable",), depths=(depth,), width=width, seeds=1), frame([])
    )
    run = job.runs[0]
    (table,) = gradient_flow.measure(job)
    init = theory.init("tanh", "stable")
    weights, biases = gradient_flow._draw(run["seed"], depth, width, uniform=False)
    x = gradient_flow._normal([run["seed"], gradient_flow._INPUTS], (1, run["inputs"], width))[0]
    v = gradient_flow._normal([run["seed"], gradient_flow._VECTORS, depth], (run["inputs"], width))
    places = []
    h = x
    for layer, (matrix, shift) in enumerate(zip(weights, biases, strict=True)):
        scales = init.hidden(fan_in=width) if layer else init.first(fan_in=width)
        h = scales.weight * (torch.tanh(h) if layer else h) @ matrix.double() + scales.bias * shift
        places.append(h.requires_grad_(True) if not layer else h)
    (pulled,) = torch.autograd.grad(places[-1], places[0], v)
    wanted = (pulled.square().sum(-1) / v.square().sum(-1)).mean().log10()
    found = table.loc[table["metric"] == "log10_gradient_ratio", "value"].iloc[0]
    assert found == pytest.approx(float(wanted))
    length = table[(table["metric"] == "log10_length") & (table["layer"] == depth)]["value"].iloc[0]
    assert length == pytest.approx(float(h.detach().square().mean().log10()))


@pytest.fixture(scope="module")
def wide():
    wanted = params(("relu", "tanh"), depths=(2, 4, 8, 12), width=128, seeds=24)
    return measured(gradient_flow.plan(wanted, frame([])))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("init", INITS)
def test_networks_agree_with_the_theory_within_sampling_error(wide, activation, init):
    rows = wide[(wide["activation"] == activation) & (wide["init"] == init)]
    for metric, place in (("log10_gradient_ratio", "depth"), ("log10_length", "layer")):
        both = rows[rows["metric"] == metric]
        theory_of = both[both["phase"] == "exact"].set_index(place)["value"]
        for at, part in both[both["phase"] == "init"].groupby(place):
            ratios = 10 ** (part["value"].to_numpy() - theory_of[at])
            error = ratios.std(ddof=1) / math.sqrt(len(ratios))
            bias = 0.5 * at / 128  # finite width adds terms of the order depth / width
            assert abs(ratios.mean() - 1) < 4 * error + bias, (metric, at)


def test_the_uniform_draw_of_torch_is_used_for_its_default():
    weights, biases = gradient_flow._draw(3, 1, 200, uniform=True)
    assert float(weights[0].abs().max()) <= math.sqrt(3) + 1e-6
    assert float(weights[0].double().var()) == pytest.approx(1.0, abs=0.02)
    assert float(biases[0].abs().max()) <= math.sqrt(3)
    first, _ = gradient_flow._draw(3, 1, 200, uniform=False)
    again, _ = gradient_flow._draw(3, 1, 200, uniform=False)
    assert float(first[0].abs().max()) > 3
    assert torch.equal(first[0], again[0])


def test_lengths_drift_apart_where_the_length_map_is_steep_and_nowhere_else():
    def spread(name, init, layer):
        return theory.signal(name, theory.init(name, init), 40, fan_in=64).spread(layer)

    assert spread("relu", "he", 30) == pytest.approx(1, rel=1e-6)
    assert spread("tanh", "stable", 30) < 1e-3
    assert spread("gelu", "he", 30) > 3
    init = theory.init("gelu", "he")
    near = [np.log(float(_followed(init.sigma_w, q, 20))) for q in (2.0, 2.0 * 1.001)]
    wanted = (near[1] - near[0]) / np.log(1.001)
    assert spread("gelu", "he", 21) == pytest.approx(wanted, rel=1e-2)


def _followed(sigma_w, q, layers):
    for _ in range(layers):
        q = theory.length_map("gelu", sigma_w=sigma_w, q=q)
    return q


def test_a_length_map_steeper_than_one_is_measured_apart():
    records = measured(gradient_flow.plan(params(("gelu", "relu"), depths=(2,), width=64, seeds=8), frame([])))
    gain = records[records["init"] == "gain"]
    assert set(gain["activation"]) == {"gelu"}
    slope = gain.loc[gain["metric"] == "length_slope", "value"].item()
    sigma_w = theory.moments("gelu").second ** -0.5
    assert slope == pytest.approx(theory.length_map_slope("gelu", sigma_w=sigma_w, q=1.0))
    assert slope > 1.1
    lengths = gain[gain["metric"] == "log10_length"].pivot(index="seed", columns="layer", values="value")
    assert lengths[1].abs().max() < 0.1
    assert lengths[32].std() > 5 * lengths[1].std()
    assert "log10_gradient_ratio" not in set(gain["metric"])


def test_more_widths_are_measured_and_theory_is_given_for_the_first():
    section = {"activations": ("tanh",), "inits": ("he",), "depths": (2,), "width": 16, "more_widths": (8, 16)}
    records = measured(gradient_flow.plan(configuration({"gradient_flow": {**section, "seeds": 2}}), frame([])))
    assert set(records.loc[records["phase"] == "init", "network"]) == {"mlp_2x16", "mlp_2x8"}
    assert set(records.loc[records["phase"] == "exact", "network"]) == {"mlp_2x16"}


TRAINED = {
    "sigma_b": {"tanh": 0.1, "gelu": 0.2, "relu": 0.1}, "sigma_w": (0.5, 1.2, 3.0), "depths": (2, 12), "width": 16,
    "dataset": "digits", "steps": 50, "batch": 32, "rate": 0.2,
}  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    section = {"activations": ("tanh",), "inits": ("he",), "depths": (2,), "width": 8, "seeds": 3}
    asked = configuration({"gradient_flow": {**section, "trainability": TRAINED}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainability, "FINE", 26)
        jobs = [job for job in gradient_flow.plan(asked, frame([])) if job.runs[0]["init"] == "given"]
        return measured(jobs)


def test_a_map_has_every_depth_and_weight_scale_and_its_edge(trained):
    final = trained[trained["phase"] == "final"]
    cells = final[final["metric"] == "accuracy"].groupby(["activation", "network", "depth", "arm"])["seed"].nunique()
    assert len(cells) == 3 * 2 * 3
    assert (cells == 3).all()
    assert set(final["arm"]) == {"sigma_w=0.5", "sigma_w=1.2", "sigma_w=3"}
    assert final.loc[final["depth"] == 12, "lr"].unique() == pytest.approx([0.2 / 12])
    exact = trained[(trained["phase"] == "exact") & trained["arm"].isna()].set_index(["activation", "metric"])["value"]
    assert exact["tanh", "edge_sigma_w"] == pytest.approx(1.193401, abs=1e-6)
    assert exact["gelu", "edge_slope"] > 1
    assert exact["relu"].to_dict() == {"sigma_b": 0.1}


def test_deep_networks_learn_near_the_edge_and_shallow_ones_farther_from_it(trained):
    tanh = trained[(trained["metric"] == "accuracy") & (trained["activation"] == "tanh")]
    mean = tanh.groupby(["depth", "arm"])["value"].mean()
    assert mean[12, "sigma_w=1.2"] > mean[12, "sigma_w=0.5"] + 0.2
    assert mean[12, "sigma_w=1.2"] > mean[12, "sigma_w=3"] + 0.1
    assert mean[2].min() > mean[12, "sigma_w=0.5"] + 0.3
    scale = trained[(trained["metric"] == "correlation_depth") & (trained["activation"] == "tanh")]
    at = scale.assign(sigma_w=scale["arm"].str.partition("=")[2].astype(float)).set_index("sigma_w")["value"]
    assert 1.1 < at.idxmax() < 1.3
    assert at[0.5] < 2


@pytest.fixture(scope="module")
def two_widths():
    section = {
        "activations": ("tanh", "relu", "elu"), "inits": ("lecun", "stable", "critical"), "depths": (2, 6, 12),
        "width": 128, "more_widths": (64,), "seeds": 16,
    }  # fmt: skip
    return measured(gradient_flow.plan(configuration({"gradient_flow": section}), frame([])))


def test_theory_holds_up_to_a_tenth_of_the_width_and_at_the_intercept_beyond(two_widths):
    flow = two_widths[two_widths["metric"] == "log10_gradient_ratio"]
    wanted = flow[flow["phase"] == "exact"].set_index(["activation", "init", "depth"])["value"]
    scores, intercepts = [], []
    for key, part in flow[flow["phase"] == "init"].groupby(["activation", "init", "depth"]):
        means = {}
        for network, own in part.groupby("network"):
            ratio = 10 ** (own["value"].to_numpy() - wanted[key])
            width = int(network.split("x")[1])
            means[width] = ratio.mean(), ratio.std(ddof=1) / math.sqrt(len(ratio))
            if key[2] <= width / 10:
                scores.append((means[width][0] - 1) / means[width][1])
        (narrow, narrow_error), (wide, wide_error) = means[64], means[128]
        intercepts.append((2 * wide - narrow - 1) / math.hypot(2 * wide_error, narrow_error))
    assert np.abs(scores).max() < 4.5
    assert np.mean(np.abs(scores) > 2.13) < 0.25
    assert np.abs(intercepts).max() < 4.5
