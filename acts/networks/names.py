"""Names: what a network may be called, such as ``mlp_8x32``, and what the two numbers mean."""

import re

NORMS = ("none", "batch", "layer")
EXAMPLES = {
    "mlp": "mlp_8x32 (hidden layers × units)",
    "resmlp": "resmlp_8x32 (hidden layers × units)",
    "cnn": "cnn_2x16 (blocks × channels)",
    "rnn": "rnn_1x32 (layers × units)",
    "gru": "gru_1x32 (layers × units)",
    "transformer": "transformer_2x32 (blocks × width)",
    "autoencoder": "autoencoder_32x8 (outer units × code units)",
}
NAMES = rf"({'|'.join(EXAMPLES)})_[1-9][0-9]{{0,3}}x[1-9][0-9]{{0,4}}"


def known(name: str) -> str | None:
    """Return None for a network's name, else one line that says what names look like."""
    if re.fullmatch(NAMES, name):
        return None
    return f"unknown network {name!r}; networks are named {', '.join(EXAMPLES.values())}"


def parse(name: str) -> tuple[str, int, int]:
    """Return a name's kind and its two numbers; ValueError for another name."""
    wrong = known(name)
    if wrong:
        raise ValueError(wrong)
    kind, sizes = name.split("_")
    first, second = sizes.split("x")
    return kind, int(first), int(second)
