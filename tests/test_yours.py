"""What a configuration brings along is judged by the review's own rules, in a chapter of its own."""

from acts import params

OWN = "title: Mine\nformulas: {my_bump: x*exp(-x**2)}\nexperiments: {}\nnotebooks: [00_verdicts]\n"


# --- the chapter ------------------------------------------------------------------------------------------------------


def test_a_configuration_with_a_function_of_its_own_gets_one_chapter_more(review_folder):
    (review_folder / "params" / "mine.yaml").write_text(OWN)
    (review_folder / "params" / "plain.yaml").write_text(OWN.replace("formulas: {my_bump: x*exp(-x**2)}\n", ""))
    (review_folder / "params" / "twice.yaml").write_text(OWN.replace("[00_verdicts]", "[12_yours, 00_verdicts]"))
    assert params.load("mine").chapters == ("00_verdicts", "12_yours")
    assert params.load("plain").chapters == params.load("plain").notebooks == ("00_verdicts",)
    assert params.load("twice").chapters == ("12_yours", "00_verdicts")
