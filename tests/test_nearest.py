"""Nearest: an unknown word is answered in one form everywhere, with the word that was meant."""

import pytest

from acts import nearest

KINDS = ("activations", "claims", "configurations", "datasets")


@pytest.mark.parametrize(
    ("word", "known", "told"),
    [
        ("clams", KINDS, f"unknown kind 'clams'; did you mean 'claims'? (known: {', '.join(KINDS)})"),
        ("xyzzy", KINDS, f"unknown kind 'xyzzy' (known: {', '.join(KINDS)})"),
        ("CLAIMS", KINDS, f"unknown kind 'CLAIMS'; did you mean 'claims'? (known: {', '.join(KINDS)})"),
        ("--jsn", ("--json",), "unknown kind '--jsn'; did you mean '--json'? (known: --json)"),
        ("a", (), "unknown kind 'a' (known: none)"),
        (7, KINDS[:1], "unknown kind 7 (known: activations)"),
        ("b\n", ("b",), r"unknown kind 'b\n'; did you mean 'b'? (known: b)"),
        ("C99", [f"C{number:02d}" for number in range(1, 91)], "unknown kind 'C99' (90 known)"),
    ],
)
def test_an_unknown_word_is_answered_with_what_was_meant_and_what_there_is(word, known, told):
    assert nearest.unknown("kind", word, known) == told


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("sliu", ("elu", "selu", "silu"), "silu"),
        ("sdg", ("adam", "adamw", "sgd"), "sgd"),
        ("leaky-relu", ("relu", "leaky_relu", "relu6"), "leaky_relu"),
        ("--all", ("--let", "--json", "--debug"), ""),
        ("q", ("gcu", "elu"), ""),
        ("swish", ("sinh", "sigmoid", "tanh"), ""),
        ("ab", ("abcd", "abc"), "abc"),
    ],
)
def test_letters_that_changed_places_are_near_and_strangers_are_not(word, known, meant):
    assert nearest.near(word, known) == meant


def test_a_word_of_any_length_is_repeated_in_short_and_an_alias_is_meant_but_not_counted():
    assert len(nearest.unknown("kind", "x" * 100_000, KINDS)) < 200
    assert nearest.unknown("kind", "swich", ["relu"], aliases=["swish"]) == (
        "unknown kind 'swich'; did you mean 'swish'? (known: relu)"
    )
