"""Processes: which machine this is and whether a process of it lives, as far as names of files tell."""

import os
import socket
from uuid import uuid4


def host() -> str:
    """Return this machine's name as it may stand in a file's name."""
    return socket.gethostname().replace("/", "-").replace("~", "-") or "localhost"


def alive(pid: int) -> bool:
    """Say whether a process of this machine lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def token() -> str:
    """Return a name that no other writer gives: "machine~process~something"."""
    return f"{host()}~{os.getpid()}~{uuid4().hex[:12]}"


def left_by_the_dead(name: str) -> bool:
    """Say whether a file's name is a token of a process of this machine that is no more."""
    machine, _, rest = name.partition("~")
    pid = rest.partition("~")[0]
    return machine == host() and pid.isdigit() and not alive(int(pid))
