"""`acts compare`: where two ledgers differ, with exit codes, and one line for what is not there."""

import json
import subprocess
import sys

import pytest

from acts.__main__ import main

HEAD = "claim,verdict,effect,unit,low,high,n,statement"
FIRST = {
    "C01": "C01,supported,1.5,%,1.0,2.0,12,ReLU is faster",
    "C02": "C02,refuted,,,,,,Nothing else matters",
    "C03": "C03,inconclusive,0.1,%,-1,1,12,Perhaps",
    "C04": "C04,supported,2,decades,1,3,6,Deep is deep",
}


@pytest.fixture
def judged(review_folder):
    """Return a function that writes the ledger of a configuration into a review's folder."""

    def write(name, rows):
        (review_folder / "params" / f"{name}.yaml").write_text(
            "title: one\nexperiments:\n  formulas: {activations: [relu]}\nnotebooks: [one]\n"
        )
        folder = review_folder / "reports" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ledger.csv").write_text("\n".join([HEAD, *rows.values()]) + "\n")
        return folder / "ledger.csv"

    return write


def test_what_both_decided_alike_is_counted_and_ends_with_0(judged, capsys):
    judged("a", FIRST)
    judged("b", {**FIRST, "C01": "C01,supported,1.1,%,0.2,1.9,20,ReLU is faster"})
    assert main(["compare", "a", "b"]) == 0
    assert (
        capsys.readouterr().out
        == "a and b both decided 3 claims: 3 alike, 0 differently; 0 are decided by one alone.\n"
    )


def test_what_they_decided_differently_is_listed_with_effect_and_interval_and_ends_with_1(judged, capsys):
    judged("a", FIRST)
    judged("bb", {**FIRST, "C01": "C01,refuted,-1.25,%,-2,-0.5,20,ReLU is faster"})
    assert main(["compare", "a", "bb"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "C01  ReLU is faster",
        "  a   supported     1.5 [1, 2] %, n = 12",
        "  bb  refuted       -1.25 [-2, -0.5] %, n = 20",
        "a and bb both decided 3 claims: 2 alike, 1 differently; 0 are decided by one alone.",
    ]


def test_what_one_alone_decided_is_no_disagreement(judged, capsys):
    judged("a", FIRST)
    judged("b", {**FIRST, "C03": "C03,refuted,0.1,%,0,1,20,Perhaps", "C04": "C04,not measured here,,,,,,Deep is deep"})
    assert main(["compare", "a", "b"]) == 0
    out = capsys.readouterr().out
    assert "  C03  inconclusive | refuted  Perhaps\n  C04  supported | not measured here  Deep is deep\n" in out
    assert out.endswith("both decided 2 claims: 2 alike, 0 differently; 2 are decided by one alone.\n")


def test_claims_of_one_ledger_alone_are_named(judged, capsys):
    judged("a", FIRST)
    judged("b", {key: row for key, row in FIRST.items() if key != "C04"})
    assert main(["compare", "a", "b"]) == 0
    assert "In one ledger alone: C04\n" in capsys.readouterr().out


def test_json_says_the_same_to_a_program(judged, capsys):
    judged("a", FIRST)
    judged("b", {**FIRST, "C02": "C02,supported,,,,,,Nothing else matters"})
    assert main(["compare", "a", "b", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["first"], told["second"], told["agree"]) == ("a", "b", 2)
    (row,) = told["differ"]
    assert row["claim"] == "C02"
    assert row["first"] == {"verdict": "refuted", "effect": None, "low": None, "high": None, "unit": "", "n": None}


@pytest.mark.parametrize("given", [["a", "nowhere"], ["nowhere", "a"]])
def test_an_unknown_configuration_is_one_line_and_2(judged, capsys, given):
    judged("a", FIRST)
    assert main(["compare", *given]) == 2
    err = capsys.readouterr().err
    assert err.startswith("unknown configuration 'nowhere'")
    assert err.count("\n") == 1


def test_a_configuration_without_a_ledger_says_what_to_run(judged, capsys):
    judged("a", FIRST)
    judged("b", FIRST).unlink()
    assert main(["compare", "a", "b"]) == 2
    assert capsys.readouterr().err == "b has no ledger; run: python -m acts run b && python -m acts judge b\n"


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", f"{HEAD}\nC01,supported,one,%,1,2,3,x\n", f"{HEAD}\nC01{',' * 7}\n" * 2]
)
def test_a_damaged_ledger_is_one_line(judged, capsys, content):
    judged("a", FIRST)
    judged("b", FIRST).write_text(content)
    assert main(["compare", "a", "b"]) == 2
    err = capsys.readouterr().err
    assert err == "b: reports/b/ledger.csv is no ledger; run: python -m acts judge b\n"


def test_comparing_needs_no_torch():
    code = "import sys; import acts.compare; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
