"""Precision: units in the last place, exact points, and errors that are known beforehand."""

import math
from fractions import Fraction

import figure_records
import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from acts import activations, figures, params, records, rounding
from acts.activations import Activation
from acts.experiments import precision
from acts.figures.table import number
from acts.jobs import Job
from acts.rounding import Exact

CATALOGUE = figure_records.catalogue()
RUN = {"phase": "exact", "seed": None, "points": 96, "device": "cpu"}
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def measured_of(*names):
    """Return the records of some functions."""
    return records.check(records.concat([precision.measure(Job("precision", name, (RUN,)))[0] for name in names]))


@pytest.fixture(scope="module")
def found():
    """Return the records of five functions."""
    return measured_of("relu", "sigmoid", "tanh", "gelu", "softplus")


def one(table, metric, name, arm, dtype):
    """Return one value."""
    rows = records.where(table, metric=metric, activation=name, arm=arm, dtype=dtype)
    return float(rows["value"].iloc[0])


# --- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "bits", "lowest"),
    [("float64", 53, -1022), ("float32", 24, -126), ("bfloat16", 8, -126), ("float16", 11, -14)],
)
def test_a_format_is_what_ieee_says(dtype, bits, lowest):
    form = rounding.of(dtype)
    assert (form.bits, form.lowest) == (bits, lowest)
    assert form.smallest_normal == 2.0**lowest


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_unit_is_the_distance_to_the_next_number_away_from_zero(x):
    form = rounding.of("float32")
    value = np.float32(x)
    with np.errstate(over="ignore"):
        beyond = np.nextafter(value, np.float32(math.copysign(math.inf, x)))
    if np.isfinite(beyond):
        assert float(form.ulp(np.array([x]))[0]) == abs(float(beyond) - float(value))


@given(FLOATS)
def test_shortened_numbers_are_held_by_every_format_of_so_many_bits(x):
    (short,) = rounding.shortened(np.array([x]), 8).tolist()
    if math.isfinite(short) and 1e-37 < abs(short) < 1e38:
        assert rounding.held(np.array([short]), "bfloat16")[0]
        assert abs(Fraction(short) - Fraction(x)) <= abs(Fraction(x)) / 256


def test_what_a_format_holds_is_told_for_the_ends_too():
    values = np.array([1.0, 1 + 2**-12, 7e4, math.inf, math.nan, 2.0**-24, 2.0**-25])
    assert rounding.held(values, "float16").tolist() == [True, False, False, True, True, True, False]


def test_errors_are_counted_in_units_of_the_true_value():
    want = Exact.split([mpmath.mpf(1), mpmath.mpf("1.5"), mpmath.mpf(2) ** -140, mpmath.mpf(0)])
    got = np.array([1 + 2.0**-23, 1.5 - 3 * 2.0**-23, 0.0, 2.0**-149])
    assert rounding.errors(got, want, rounding.of("float32")).tolist() == [1.0, 3.0, 512.0, 1.0]


def test_a_true_value_has_more_digits_than_a_double():
    with mpmath.workdps(60):
        third = Exact.split([mpmath.mpf(1) / 3])
    error = rounding.errors(np.array([1 / 3]), third, rounding.of("float64"))[0]
    assert error == pytest.approx(1 / 3, abs=1e-9)  # 1/3 rounds down by a third of a unit


@pytest.mark.parametrize(
    ("got", "true", "error"),
    [(math.nan, 1.0, math.inf), (math.inf, 1.0, math.inf), (math.inf, math.inf, 0.0), (-math.inf, math.inf, math.inf),
     (math.inf, 3.5e38, 0.0), (3.4028234e38, math.inf, math.inf), (math.nan, math.nan, 0.0),
     (0.0, math.nan, math.inf)],
)  # fmt: skip
def test_infinities_and_nan_are_right_or_infinitely_wrong(got, true, error):
    found = rounding.errors(np.array([got]), Exact(np.array([true]), np.array([0.0])), rounding.of("float32"))
    assert found.tolist() == [error]


# --- points -----------------------------------------------------------------------------------------------------------


def test_points_lie_in_every_part_at_both_sides_of_kinks_and_at_the_ends():
    x = precision.points(activations.get("hardswish"), 240)
    assert len(x) == len(np.unique(x[~np.isnan(x)])) + 1
    assert {0.0, 3.0, -3.0, math.inf, -math.inf, 65504.0, 2.0**-1074} <= set(x.tolist())
    assert math.nextafter(3.0, 9) in x
    assert float(np.nextafter(np.float32(-3), np.float32(-9))) in x
    assert min((x < -4).sum(), (x > 4).sum()) > 50
    assert ((x > -4) & (x < 4)).sum() > 110


def test_every_format_is_asked_points_of_its_own():
    x = precision.points(activations.get("gelu"), 240)
    counts = [int(rounding.held(x, dtype).sum()) for dtype in ("float64", "float32", "bfloat16")]
    assert counts[0] == len(x)
    assert counts[0] > counts[1] + 50 > counts[2] + 100 > 150


def test_more_points_are_looked_at_where_more_are_asked_for():
    gelu = activations.get("gelu")
    assert len(precision.points(gelu, 600)) > 2 * len(precision.points(gelu, 240))


# --- what is found ----------------------------------------------------------------------------------------------------


def test_the_accurate_path_rounds_once(found):
    ulps = found[found["metric"].isin(["value_ulp", "derivative_ulp"])]
    ulps = ulps[ulps["arm"].str.startswith("path=accurate;part=") & (ulps["dtype"] != "float64")]
    assert len(ulps) > 50
    assert ulps["value"].max() <= 0.5 + 1e-6


def test_relu_is_exact_on_both_paths(found):
    ulps = records.where(found, activation="relu", metric=["value_ulp", "derivative_ulp"])
    assert set(ulps["dtype"]) == set(precision.DTYPES)
    assert (ulps["value"] == 0).all()


def test_the_slope_of_a_sigmoid_is_lost_where_one_minus_it_is_zero(found):
    assert one(found, "derivative_lost_low", "sigmoid", "path=fast;part=all", "float32") > 8
    assert one(found, "derivative_worst_got", "sigmoid", "path=fast;part=tail_high", "float32") == 0
    assert one(found, "derivative_ulp", "sigmoid", "path=fast;part=tail_high", "float32") > 1e6
    assert one(found, "derivative_ulp", "sigmoid", "path=accurate;part=tail_high", "float32") <= 0.5 + 1e-6


def test_what_torch_itself_returns_is_what_is_told(found):
    x = one(found, "value_worst_x", "gelu", "path=fast;part=tail_low", "float32")
    got = one(found, "value_worst_got", "gelu", "path=fast;part=tail_low", "float32")
    true = one(found, "value_worst_true", "gelu", "path=fast;part=tail_low", "float32")
    assert torch.nn.functional.gelu(torch.tensor(x)).item() == pytest.approx(got)
    with mpmath.workdps(50):
        assert true == pytest.approx(float(mpmath.mpf(x) / 2 * mpmath.erfc(-mpmath.mpf(x) / mpmath.sqrt(2))))


def test_nan_at_minus_infinity_is_found(found):
    assert one(found, "value_undefined_x", "gelu", "path=fast;part=all", "float32") != 0
    assert not len(records.where(found, metric="value_undefined_x", activation="tanh"))
    assert one(found, "value_ulp", "gelu", "path=accurate;part=special", "float32") <= 0.5


def test_a_wrong_function_is_caught():
    """A sigmoid that is off by two parts in a million stands out in float32 and float64, not in shorter formats."""
    plain = activations.get("sigmoid")
    wrong = Activation("sigmoid", plain.body, "wrong", formula=plain.formula,
                       fast=lambda x: torch.sigmoid(x) * (1 + 2e-6))  # fmt: skip
    rows = [row for row in precision._rows(wrong, RUN) if row["metric"] == "value_ulp" and "part=center" in row["arm"]]
    worst = {row["dtype"]: row["value"] for row in rows if row["arm"].startswith("path=fast")}
    assert worst["float64"] > 1e9
    assert 15 < worst["float32"] < 60
    assert worst["bfloat16"] <= 1.1


def test_a_function_that_torch_lacks_in_a_dtype_has_no_row():
    def refuses(x):
        if x.dtype == torch.float16:
            raise NotImplementedError("not for Half")
        return x * 1

    plain = activations.get("identity")
    some = Activation("identity", plain.body, "some", formula="x", fast=refuses)
    arms = {(row["arm"].partition(";")[0], row["dtype"]) for row in precision._rows(some, RUN)}
    assert ("path=fast", "float16") not in arms
    assert {("path=fast", "bfloat16"), ("path=accurate", "float16")} <= arms


def test_the_curve_is_of_the_fast_path_in_float32(found):
    curve = found[found["arm"].str.contains(";x=")]
    assert set(curve["dtype"]) == {"float32"}
    assert curve["arm"].str.startswith("path=fast;x=").all()
    places = curve["arm"].str.extract(r"x=(.*)$", expand=False).astype(float)
    assert places.between(-20, 20).all()


# --- plan -------------------------------------------------------------------------------------------------------------


def asked(chosen):
    """Return a configuration that asks for the precision of some functions."""
    section = params.Experiments(precision=params.measured.Precision(activations=chosen, points=96))
    return params.Params(title="small", experiments=section, notebooks=("a",))


def test_a_job_is_a_function_and_all_are_those_that_work_element_by_element():
    jobs = precision.plan(asked("all"), records.frame([]))
    assert [job.activation for job in jobs] == [
        name for name in activations.names() if activations.get(name).elementwise
    ]
    assert all(len(job.runs) == 1 and dict(job.runs[0]) == RUN for job in jobs)


def test_what_is_not_elementwise_is_one_line():
    with pytest.raises(ValueError, match="precision: softmax is not element-wise"):
        precision.plan(asked(("relu", "softmax")), records.frame([]))


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_cells_show_the_largest_errors_and_the_words_count_what_is_within_bounds(found):
    figure = figures.precision.parts(found, CATALOGUE)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "2 × 10⁷" in said
    assert "∞" in said
    assert "4 of 5 values stay within 4 ULP" in figure.finding


def test_the_cells_can_be_taken_along_and_rows_are_named_once(found):
    figure = figures.precision.parts(found, CATALOGUE)
    first, second = ([tick.get_text() for tick in axes.get_yticklabels()] for axes in figure.axes)
    assert first[0] == "ReLU"
    assert set(second) == {""}
    cell = figure.data.set_index(["activation", "of", "part of the axis"])["largest error (ULP)"]
    assert cell["tanh", "derivative", "x > 4"] > 1e6
    assert len(figure.data) == sum(len(axes.texts) for axes in figure.axes)


def test_a_panel_stands_for_each_function_that_leaves_the_bound(found):
    figure = figures.precision.along(found, CATALOGUE)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["sigmoid", "tanh", "GELU"]
    assert set(figure.data["activation"]) == {"sigmoid", "tanh", "GELU"}
    for axes in figure.axes:
        assert all(np.nanmin(line.get_ydata()) > 0.3 for line in axes.lines if len(line.get_xdata()) > 2)
    worst = figure.data.loc[figure.data["activation"] == "tanh", "largest error (ULP)"].max()
    assert f"tanh {figures.precision.brief(worst)} ULP" in figure.finding


def test_the_table_of_losses_names_the_stretch_and_what_should_be(found):
    table = figures.precision.failures(found, CATALOGUE).frame
    sigmoid = table[(table["activation"] == "sigmoid") & (table["quantity"] == "derivative")].iloc[0]
    assert sigmoid["got"] == "0"
    assert "…" in sigmoid["stretch"]
    tanh = table[(table["activation"] == "tanh") & (table["quantity"] == "derivative")].iloc[0]
    assert tanh["stretch"].count("±") == 2
    assert "ReLU" not in set(table["activation"])
    assert not ((table["activation"] == "sigmoid") & (table["quantity"] == "value")).any()
    assert "–" not in set(table["stretch"])


def test_functions_that_are_no_numbers_somewhere_stand_in_a_table_of_their_own(found):
    table = figures.precision.undefined(found, CATALOGUE).frame.set_index("activation")
    at = one(found, "value_undefined_x", "gelu", "path=fast;part=all", "float32")
    assert table.loc["GELU", "value"] == number(at, 2)
    assert "tanh" not in table.index


def test_formats_are_compared_for_values_and_derivatives(found):
    values = figures.precision.paths(found, CATALOGUE).frame.set_index("activation")
    slopes = figures.precision.paths(found, CATALOGUE, quantity="derivative").frame.set_index("activation")
    assert values.loc["ReLU", "float32"] == slopes.loc["ReLU", "float32"] == "0"
    assert "10" in slopes.loc["tanh", "float64"]


@pytest.mark.parametrize("name", ["parts", "along", "failures", "undefined", "paths", "looked"])
def test_without_records_it_says_so(name):
    empty = records.frame([])
    if name == "looked":
        assert "Nothing" in figures.precision.looked(empty, CATALOGUE).markdown
    elif name in ("failures", "undefined", "paths"):
        assert "not measured here" in getattr(figures.precision, name)(empty, CATALOGUE).to_html()
    else:
        drawn = getattr(figures.precision, name)(empty, CATALOGUE)
        assert any("not measured here" in text.get_text() for axes in drawn.axes for text in axes.texts)


def test_words_say_how_many_points_were_looked_at(found):
    said = figures.precision.looked(found, CATALOGUE).markdown
    assert "5 functions" in said
    assert "0.50 ULP in float32" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.5, "0.50"),
        (12.3, "12"),
        (4e6, "4 × 10⁶"),
        (np.inf, "∞"),
        (1.0, "1.0"),
        (33234.0, "3 × 10⁴"),
        (9.99, "10"),
    ],
)
def test_errors_are_written_briefly(value, shown):
    assert figures.precision.brief(value) == shown
