"""Colours: one for each family and each verdict, by day and by night, wherever it is drawn or written.

Every colour is dark enough on white, and its pair light enough on a dark page, to write a label in (a contrast of 4.5);
lightness and hue are chosen together so that any two keep apart under protanopia, deuteranopia and tritanopia. The
colours of a user's own functions keep apart from each other and from the greys that all others then take.
"""

INK = "#000000"  # text and axes; a page maps black to the colour of its own text
PAPER = "#fffffe"  # words on a coloured shape; a page maps it to the colour of its own ground
GREY = "#6e6e6e"
PALE = "#b4b4b4"  # grids and what stands in the background
NIGHT = "#14181e"  # the ground of a dark page

FAMILIES: dict[str, str] = {
    "rectifier": "#1459d6",
    "exponential": "#ae0107",
    "sigmoidal": "#005f3a",
    "smooth gated": "#961f8c",
    "hard": "#8d7300",
    "shrinkage": "#08809e",
    "periodic": "#d1378a",
    "gated unit": "#4d30ae",
    "control": GREY,
}
SPARE = ("#473b39", "#720c64", "#715066")

OWN = ("#d7380e", "#3f1df2", "#400107", "#881169")  # what a configuration brings along, one after another
REST = "#8c8c8c"  # all other functions beside those, as lines and marks; their words stay in GREY

VERDICTS: dict[str, str] = {
    "supported": FAMILIES["sigmoidal"],
    "equivalent": FAMILIES["rectifier"],
    "true if": FAMILIES["hard"],
    "mixed": FAMILIES["smooth gated"],
    "refuted": FAMILIES["exponential"],
    "inconclusive": GREY,
    "not decidable": GREY,
    "not measured here": GREY,
}

BY_NIGHT: dict[str, str] = {
    "#1459d6": "#6682fe",
    "#ae0107": "#fa5f3c",
    "#005f3a": "#4acc8e",
    "#961f8c": "#dc94e0",
    "#8d7300": "#c6d23f",
    "#08809e": "#64dafd",
    "#d1378a": "#ffb0d4",
    "#4d30ae": "#b681d9",
    "#473b39": "#b7724c",
    "#720c64": "#ade698",
    "#715066": "#76af57",
    "#d7380e": "#fb720b",
    "#3f1df2": "#2e87f9",
    "#400107": "#eee539",
    "#881169": "#35f9fd",
    REST: "#767676",
    GREY: "#919191",
    PALE: "#59626d",
    PAPER: NIGHT,
}
