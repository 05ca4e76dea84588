"""Makers of packaged sets: each returns inputs and targets that come with scikit-learn, so that nothing is fetched.

Every maker is one function that calls no other of ours, so that its code is the whole definition of what it makes.
"""

import numpy as np


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 handwritten digits of 8 × 8 pixels, 0 to 16."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.data.astype(np.uint8), bunch.target


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Return 30 measures of the cell nuclei of 569 tumours, and whether each is benign."""
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True)


def wine() -> tuple[np.ndarray, np.ndarray]:
    """Return 13 chemical measures of 178 wines, and which of three growers made each."""
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True)


def iris() -> tuple[np.ndarray, np.ndarray]:
    """Return lengths and widths of the sepals and petals of 150 irises, and which of three species each is."""
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Return 10 measures of 442 patients, as they were taken, and the disease's progression a year later.

    The package offers columns that were scaled by all rows, test rows too; these are the raw ones.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return x, y[:, None]


def docstrings(*, folders: tuple[str, ...], alphabet: str, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return windows of scikit-learn's documentation strings as character numbers, and the characters that follow.

    Paragraphs stand one a line, each once, those under 40 characters and examples in code left out. No two windows
    share a character, not even as the last target of one and the first input of the next.
    """
    import ast
    import unicodedata
    from importlib.resources import files

    paragraphs: dict[str, None] = {}
    for folder in folders:
        for file in sorted(files("sklearn").joinpath(folder).iterdir(), key=lambda file: file.name):
            if not file.name.endswith(".py"):
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    said = [part for part in (ast.get_docstring(node) or "").split("\n\n") if ">>>" not in part]
                    lines = [" ".join(word for word in part.split() if set(word) - set("-=")) for part in said]
                    paragraphs.update(dict.fromkeys(line for line in lines if len(line) >= 40))
    plain = unicodedata.normalize("NFKD", "\n".join(paragraphs))
    number = {character: position for position, character in enumerate(alphabet)}
    tokens = np.array([number[character] for character in plain if character in number])
    windows = tokens[: len(tokens) // (window + 1) * (window + 1)].reshape(-1, window + 1)
    return windows[:, :-1], windows[:, 1:]
