"""Tones: the colours of figures and verdicts as variables of a style sheet, by day and by night."""

from acts import colours
from acts.reports import marks

DARK = (
    '@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {0} }} }}\n'
    '@media screen {{ :root[data-theme="dark"] {{ {0} }} }}\n'
)


def stylesheet() -> str:
    """Return what a page says of colours: a verdict by its name, a figure's colour by what it is by day."""
    by_day = {f"--{marks.slug(verdict)}": colour for verdict, colour in colours.VERDICTS.items()}
    by_night = {name: colours.BY_NIGHT[colour] for name, colour in by_day.items()}
    shifted = {variable(day): night for day, night in colours.BY_NIGHT.items()}
    day = by_day | {"--on-badge": colours.PAPER}
    night = by_night | {"--on-badge": colours.BY_NIGHT[colours.PAPER]} | shifted
    return f":root {{ {_declared(day)} }}\n" + DARK.format(_declared(night))


def variable(colour: str) -> str:
    """Return the name of the variable that holds what a figure's colour is on the page."""
    return f"--c-{colour.removeprefix('#')}"


def shown(colour: str) -> str:
    """Return a figure's colour as a page writes it: of ours as it is by day or by night, another as it is."""
    own = colour.lower()
    return f"var({variable(own)},{own})" if own in colours.BY_NIGHT else colour


def _declared(variables: dict[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in variables.items())
