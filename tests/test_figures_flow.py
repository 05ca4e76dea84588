"""Figures of gradient flow at several widths, of lengths that drift apart, and of which depths learn."""

import figure_records
import numpy as np
import pytest

from acts import figures
from acts.figures import widths
from acts.records import frame

CATALOGUE = figure_records.catalogue()
EMPTY = frame([])


def flow(*, term=-0.5, seeds=12):
    """Return records of two widths whose gradients depart from theory by a term in depth over width."""
    rng = np.random.default_rng(0)
    rows = []
    for init in ("he", "stable"):
        for name in ("relu", "tanh", "gelu"):
            who = {"experiment": "gradient_flow", "activation": name, "dataset": "gaussian", "init": init}
            for depth in (2, 5, 20, 50):
                exact = {**who, "network": "mlp_50x200", "phase": "exact", "depth": depth}
                drift = 4.0 if (name, init) == ("gelu", "he") and depth > 5 else 1.0
                rows.append({**exact, "metric": "log10_gradient_ratio", "value": -0.1 * depth})
                rows.append({**exact, "metric": "length_spread", "value": drift})
                for width in (50, 200):
                    noise = rng.normal(0, 0.05 * np.sqrt(depth / width), seeds)
                    rows += [
                        {**who, "network": f"mlp_50x{width}", "phase": "init", "depth": depth, "seed": seed,
                         "metric": "log10_gradient_ratio", "value": -0.1 * depth + term * depth / width + noise[seed]}
                        for seed in range(seeds)
                    ]  # fmt: skip
    return frame(rows)


def drifting():
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(6):
        for init, spread in (("gain", 0.05), ("stable", 0.0)):
            who = {"experiment": "gradient_flow", "activation": "gelu", "phase": "init", "init": init, "seed": seed}
            start, network = rng.normal(), f"mlp_{32 if init == 'gain' else 50}x64"
            rows += [
                {**who, "network": network, "layer": layer, "metric": "log10_length", "value": spread * start * layer}
                for layer in (1, 8, 32)
            ]
    slope = {"experiment": "gradient_flow", "activation": "gelu", "phase": "exact", "init": "gain"}
    return frame([*rows, {**slope, "network": "mlp_32x64", "metric": "length_slope", "value": 1.14}])


def trained(*, edge_slope=0.7):
    rows = []
    for sigma_w in (0.5, 1.0, 2.0):
        for depth in (2, 8, 32):
            for seed in range(3):
                who = {"experiment": "gradient_flow", "activation": "tanh", "dataset": "digits", "seed": seed,
                       "network": f"mlp_{depth}x32", "phase": "final", "init": "given", "depth": depth,
                       "arm": f"sigma_w={sigma_w:g}"}  # fmt: skip
                lost = float(sigma_w == 2 and depth == 32 and seed == 0)
                accuracy = 0.0 if lost else 1 - abs(np.log(sigma_w)) * depth / 50
                rows.append({**who, "split": "test", "metric": "accuracy", "value": accuracy})
                rows.append({**who, "metric": "diverged", "value": lost})
    who = {"experiment": "gradient_flow", "activation": "tanh", "dataset": "digits", "phase": "exact", "init": "given"}
    facts = {"sigma_b": 0.1, "edge_sigma_w": 1.1, "edge_q": 0.3, "edge_slope": edge_slope}
    rows += [{**who, "metric": metric, "value": value} for metric, value in facts.items()]
    rows += [
        {**who, "arm": f"sigma_w={at:g}", "metric": "correlation_depth", "value": 1 / abs(np.log(at / 1.1))}
        for at in (0.5, 0.8, 1.0, 1.3, 2.0)
    ]
    return frame(rows)


def titles(figure):
    return [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]


def test_what_was_not_measured_is_said():
    for draw in (figures.gradient_flow.widths, figures.gradient_flow.drifting, figures.gradient_flow.trainability):
        assert "Not measured here" in draw(EMPTY, CATALOGUE).finding
    assert figures.tellings.finite(EMPTY).markdown == "Nothing of this was measured here."


def test_the_finite_width_term_is_found_and_drifting_lengths_are_left_out():
    found = widths.deviations(flow())
    assert set(found["width"]) == {50, 200}
    steady = found[~found["apart"]]
    assert set(map(tuple, found.loc[found["apart"], ["activation", "init"]].to_numpy())) == {("gelu", "he")}
    assert widths.slope(steady, "middle") == pytest.approx(-0.5, abs=0.03)
    figure = figures.gradient_flow.widths(flow(), CATALOGUE)
    assert titles(figure) == [
        f"{init}: {mean}" for init in ("He", "stable") for mean in ("log₁₀ of the mean", "mean of the logs")
    ]
    assert len(figure.data) == 2 * len(steady)
    assert (figure.data["95 % low"] <= figure.data["95 % high"]).all()
    for axes in figure.axes:
        heights = [np.asarray(line.get_ydata(), float) for line in axes.lines]
        drawn = [one.reshape(-1, 3) for one in heights if len(one) > 2 and np.isnan(one[2::3]).all()]
        assert len(drawn) == 2, "no interval is drawn"
        assert all((ends[:, 0] < ends[:, 1]).all() for ends in drawn)


def test_the_telling_counts_intervals_that_hold_the_theory():
    told = figures.tellings.finite(flow(term=0.0)).markdown
    assert "at depths of at most a tenth of the width" in told
    assert "Left out are 4 of 48 means: those of 1 pair of activation and init" in told
    shifted = widths.told(widths.deviations(flow(term=-5.0)))
    assert "in 0 % of 18 cells at depths of more than a tenth" in shifted
    intervals = widths.intercepts(flow(term=-0.2), widths.deviations(flow(term=-0.2)))
    assert np.mean([low <= 1 <= high for low, high in intervals]) > 0.7


def test_flow_by_depth_is_drawn_for_the_width_that_theory_is_given_for():
    records = flow()
    assert figures.gradient_flow.lead(records) == "mlp_50x200"
    summary = figures.gradient_flow.summary(records, "log10_gradient_ratio", "depth")
    assert set(summary["n"]) == {12}
    assert figures.gradient_flow.lead(EMPTY) is None


def test_lengths_that_drift_apart_are_drawn_network_by_network():
    figure = figures.gradient_flow.drifting(drifting(), CATALOGUE)
    (axes,) = figure.axes
    assert len([line for line in axes.lines if len(line.get_xdata()) == 3]) == 12
    assert "slope 1.14" in titles(figure)[0]
    assert "lengths at layer 32 range by network: GELU from" in figure.finding


def test_a_map_shows_every_cell_the_edge_and_what_diverged():
    figure = figures.gradient_flow.trainability(trained(), CATALOGUE)
    (axes,) = figure.axes
    cells = [text.get_text() for text in axes.texts]
    assert len(cells) == 9
    assert [cell for cell in cells if cell.endswith("*")] == ["37*"]
    assert any(np.ptp(line.get_xdata()) == 0 for line in axes.lines)
    assert "edge at 1.1" in titles(figure)[0]
    assert "at depth 32 accuracy is highest, 100 %, at a weight scale of 1" in figure.finding


def test_an_unstable_edge_is_named_and_not_drawn():
    figure = figures.gradient_flow.trainability(trained(edge_slope=1.1), CATALOGUE)
    assert "unstable" in titles(figure)[0]
    assert not figure.axes[0].lines


def test_a_line_breaks_off_at_a_number_and_cells_can_be_taken_along():
    figure = figures.gradient_flow.trainability(trained(), CATALOGUE)
    (axes,) = figure.axes
    cells = len(figure.data)
    assert cells == 9
    assert len(axes.patches) > cells, "no number is kept clear of the edge"
    cell = figure.data.set_index(["depth (layers)", "scale of the weights"])
    assert cell.loc[(32, 2.0), "diverged"] == 1
    assert cell.loc[(2, 1.0), "test accuracy"] == 1


def test_words_of_flow_lengths_and_centring_follow_the_records():
    records = figure_records.gradient_flow()
    moved = records.assign(value=records["value"] * 1.5)
    for draw in (figures.gradient_flow.flow, figures.gradient_flow.lengths, figures.gradient_flow.centring):
        told = draw(records, CATALOGUE)
        assert "LeCun from" in told.finding
        assert draw(moved, CATALOGUE).finding != told.finding
        assert {"activation", "init", "95 % low", "95 % high", "networks"} <= set(told.data.columns)
        assert not told.data["activation"].str.contains("_relu").any()
    flow = figures.gradient_flow.flow(records, CATALOGUE).data
    assert (flow["log₁₀ gradient flow"] - flow["theory"]).abs().median() < 1
