"""Gradient flow: the plan, the pairing of networks, and the measurement against the infinite-width theory."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

import acts
from acts import theory
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
