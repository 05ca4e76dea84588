"""Runs a command of ours in a process that meets a fault: ``dying.py STAGE NUMBER driver.py ENGINE | acts WORD ...``.

The process is killed when it comes to a stage for the given time; at the stage ``full`` no file may grow beyond as many
bytes, which is how a full disk looks; at ``readonly`` it loses the right to write where it may not.
"""

import ctypes
import os
import resource
import runpy
import signal
import sys
from itertools import count
from pathlib import Path

CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def fatal(function, number, *, counts=lambda *_: True):
    """Return a function that kills this process at a call of it that counts, the first being 1."""
    calls = count(1)

    def call(*given, **named):
        if counts(*given) and next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)

    return call


def meet(stage, number):
    """Let this process come to its fault."""
    from acts.engine import jobfile
    from acts.engine.desk import Desk

    if stage == "plan":
        Desk._planned = fatal(Desk._planned, number)
    elif stage == "rename":
        jobfile._link_first = fatal(jobfile._link_first, number)
    elif stage == "publish":
        os.replace = fatal(os.replace, number, counts=lambda source, _: ".staging" in str(source))
    elif stage == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))


if __name__ == "__main__":
    stage, number, what, *rest = sys.argv[1:]
    if stage == "readonly":  # root may write anywhere, until it drops that right and begins anew
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
        os.execv(sys.executable, [sys.executable, __file__, "none", number, what, *rest])
    meet(stage, int(number))
    sys.argv = [what, *rest]
    if what == "acts":
        runpy.run_module("acts", run_name="__main__")
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        runpy.run_path(str(Path(__file__).with_name(what)), run_name="__main__")
