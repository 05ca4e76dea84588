"""Path data of an SVG in few bytes: whole steps of a grid too fine to be seen, each told from the one before."""

import re

WORD = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TAKEN = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "Z": 0, "z": 0}  # numbers that a command takes

Segment = tuple[str, list[float]]


def number(value: float, digits: int) -> str:
    """Return a number with at most so many decimals, as short as it can be written."""
    return _shown(round(value * 10**digits), digits)


def _shown(steps: int, digits: int) -> str:
    whole, part = divmod(abs(steps), 10**digits)
    decimals = f".{part:0{digits}d}".rstrip("0") if part else ""
    return ("-" if steps < 0 else "") + (f"{whole or ''}{decimals}" if decimals else str(whole))


def shorten(data: str, digits: int) -> str:
    """Return path data with at most so many decimals; data of arcs or relative steps stay as they are."""
    segments = _segments(data)
    return _joined(_relative(segments, 10**digits), digits) if segments else " ".join(data.split())


def idle(data: str) -> bool:
    """Say whether path data draw nothing: a single move."""
    return [word.isalpha() for word in WORD.findall(data)] in ([], [True, False, False])


def _segments(data: str) -> list[Segment]:
    """Return the commands of absolute path data with their numbers, none where anything else is in it."""
    segments: list[Segment] = []
    words = WORD.findall(data)
    at = 0
    while at < len(words):
        command = words[at]
        taken = TAKEN.get(command)
        numbers = words[at + 1 : at + 1 + (taken or 0)]
        if taken is None or len(numbers) < taken or any(word.isalpha() for word in numbers):
            return []
        segments.append((command.upper(), [float(word) for word in numbers]))
        at += 1 + taken
        if at < len(words) and not words[at].isalpha():
            return []
    return segments if segments and segments[0][0] == "M" else []


def _relative(segments: list[Segment], grid: int) -> list[tuple[str, list[int]]]:
    """Return segments as steps on a grid from point to point, so that rounding never adds up."""
    steps: list[tuple[str, list[int]]] = []
    x = y = left = top = 0
    for command, numbers in segments:
        points = [round(value * grid) for value in numbers]
        if command == "Z":
            steps.append(("z", []))
            x, y = left, top
            continue
        if command in "HV":
            points = [points[0], y] if command == "H" else [x, points[0]]
        moved = [value - (y if place % 2 else x) for place, value in enumerate(points)]
        x, y = points[-2:]
        if command == "M":
            left, top = x, y
        steps += _step(command, moved, after=steps[-1][0] if steps else "")
    return steps


def _step(command: str, moved: list[int], *, after: str) -> list[tuple[str, list[int]]]:
    """Return one step; a line along an axis takes one number, and one that goes nowhere takes a mark's place only."""
    if command not in "LHV":
        return [(command.lower(), moved)]
    across, down = moved
    if not across and not down and after != "m":
        return []
    if not down:
        return [("h", [across])]
    return [("l", moved)] if across else [("v", [down])]


def _joined(steps: list[tuple[str, list[int]]], digits: int) -> str:
    """Return steps as text; a command that goes on is not repeated, and a sign or a point parts two numbers."""
    written: list[str] = []
    going = last = ""
    for command, numbers in steps:
        if command != going or command in "zm":
            written.append(command)
            last = ""
        for value in numbers:
            shown = _shown(value, digits)
            parted = not last or shown[0] == "-" or (shown[0] == "." and "." in last)
            written.append(shown if parted else f" {shown}")
            last = shown
        going = "l" if command == "m" else command
    return "".join(written)
