"""Racing: our training against the loop over modules, side by side, in turns, each side in the processes it is to have.

Ours is trained as jobs are: two processes of one thread, networks that learn together stacked. The loop trains some of
the same networks one after the other, at each setting that a user may choose. What is compared is the time of one step
of one network; making the networks is in it on both sides, evaluation on neither.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from acts.bench.lines import CONTESTS, Contest, arm
from acts.bench.processes import Hand, hands

Row = dict[str, Any]
POOL = (1, 1, None)  # threads of the processes that wait; None is as many as torch takes by itself
SIDES = {  # which of them work, and whether the optimiser is the fused one
    "ours": ((0, 1), None),
    "default": ((2,), None),
    "one": ((0,), None),
    "two": ((0, 1), None),
    "two_fused": ((0, 1), True),
}
WARM = 5  # steps before the first timing
FEWEST, PATIENCE = 3, 45.0  # repetitions, and seconds after which a contest that has them ends: a busy machine is slow


def measure(repeats: int, *, contests: Sequence[Contest] = CONTESTS) -> list[Row]:
    """Return the rows of all contests, each side timed so many times."""
    with hands(POOL) as pool:
        return [row for contest in contests for row in _contest(pool, contest, repeats)]


def _contest(pool: list[Hand], contest: Contest, repeats: int) -> Iterator[Row]:
    """Yield the rows of one contest: seconds a network and step of every side, and ratios to ours."""
    for side in SIDES:
        _timed(pool, contest, side, steps=WARM)
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    began = time.monotonic()
    for repeat in range(repeats):
        if repeat >= FEWEST and time.monotonic() - began > PATIENCE:
            break
        for side in _turned(list(SIDES), repeat):
            found[side].append(_timed(pool, contest, side, steps=contest.steps))
    who = {"dataset": contest.dataset, "network": contest.network, "optimizer": "adam"}
    for side, times in found.items():
        for repeat, seconds in enumerate(times):
            named = arm(batch=contest.batch, side=side, repeat=repeat)
            yield {**who, "arm": named, "metric": "step_seconds", "value": seconds}
    ratios, best = compared(found)
    for against, setting in (*((side, side) for side in ratios), ("best", best)):
        for repeat, ratio in enumerate(ratios[setting]):
            named = arm(batch=contest.batch, loop=against, setting=setting, repeat=repeat)
            yield {**who, "arm": named, "metric": "loop_time_ratio", "value": ratio}


def compared(found: Mapping[str, Sequence[float]]) -> tuple[dict[str, list[float]], str]:
    """Return each setting's times over ours, repetition by repetition, and the setting of the lowest median time."""
    settings = {side: times for side, times in found.items() if side != "ours"}
    ratios = {
        side: [their / own for their, own in zip(times, found["ours"], strict=True)] for side, times in settings.items()
    }
    return ratios, min(settings, key=lambda side: median(settings[side]))


def _turned(sides: list[str], repeat: int) -> list[str]:
    """Return the sides in another order each time, so that none always follows the same one."""
    start = repeat % len(sides)
    turned = sides[start:] + sides[:start]
    return turned[::-1] if repeat % 2 else turned


def _timed(pool: list[Hand], contest: Contest, side: str, *, steps: int) -> float:
    """Return the seconds that one step of one network takes a side, all its processes at work at once."""
    members, fused = SIDES[side]
    working = [pool[member] for member in members]
    for process, hand in enumerate(working):
        hand.send({"side": side, "network": contest.network, "process": process, "steps": steps, "fused": fused})
    answers = [hand.receive() for hand in working]
    return max(answer["seconds"] for answer in answers) / (steps * sum(answer["networks"] for answer in answers))
