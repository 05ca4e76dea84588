"""Addresses: which Dask scheduler an engine means, and which of them may be used.

A scheduler runs whatever it is sent, and so does everyone who can reach it: a plain ``tcp://`` address is refused
unless it is this machine's own loopback, or the caller takes the risk in so many words.
"""

import ipaddress
import json
import re
import socket
from pathlib import Path

from acts import params
from acts.params.sections import ENGINE

HERE = ("serial", "local")
FILE = "scheduler-file:"
_ADDRESS = re.compile("(tcp|tls)://")
FORMS = f"serial, local, tcp://HOST:PORT, tls://HOST:PORT or {FILE}PATH"


class NoCluster(ValueError):
    """A cluster that cannot be used; ``table`` shows, where there is one, who differs from whom."""

    def __init__(self, message: str, *, table: str = "") -> None:
        """Keep the message, one line, and the table apart."""
        super().__init__(message)
        self.table = table


def known(engine: str) -> bool:
    """Say whether a text has the form of an engine."""
    return re.fullmatch(ENGINE, engine) is not None


def file(engine: str) -> str | None:
    """Return the name of the scheduler's file that an engine is given by, None where it is not given by one."""
    return None if engine in HERE or _ADDRESS.match(engine) else engine.removeprefix(FILE)


def remote(engine: str) -> bool:
    """Say whether an engine is a Dask scheduler that someone else started."""
    return engine not in HERE


def kind(engine: str) -> str:
    """Return an engine's kind, which names no machine: ``serial``, ``local`` or ``cluster``."""
    return "cluster" if remote(engine) else engine


def check(engine: str, *, insecure: bool = False) -> str:
    """Return an engine that may be used, a scheduler's file as the address that stands in it.

    Raises NoCluster for text that is no engine, a file that cannot be read, and a plain address that is not loopback
    unless ``insecure``.
    """
    if not known(engine):
        raise NoCluster(f"engine {engine[:80]!r} is not {FORMS}")
    if not remote(engine):
        return engine
    name = file(engine)
    address = engine if name is None else _written(name)
    if not 0 < int(address.rpartition(":")[2]) < 65_536:
        raise NoCluster(f"{address}: a port is a number from 1 to 65535")
    if exposed(address) and not insecure:
        raise NoCluster(
            f"{address} is not this machine's loopback, and whoever reaches a plain scheduler can run code as you: use"
            " tls://, tunnel it to 127.0.0.1, or add --insecure-cluster on a network that you trust"
        )
    return address


def exposed(address: str) -> bool:
    """Say whether an address is plain and not this machine's loopback, as far as its name can be looked up."""
    if address.startswith("tls://"):
        return False
    host = address.partition("://")[2].rpartition(":")[0].strip("[]")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return True
    return not found or not all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found)


def _written(name: str) -> str:
    """Return the address that a scheduler wrote into its file; a relative path starts at the review's folder."""
    path = params.root() / Path(name).expanduser()
    try:
        address = json.loads(path.read_text("utf-8"))["address"]
    except OSError as error:
        raise NoCluster(f"scheduler file {name}: {error.strerror}; dask scheduler --scheduler-file writes it") from None
    except (ValueError, KeyError, TypeError):
        raise NoCluster(f"scheduler file {name} names no address; dask scheduler --scheduler-file writes it") from None
    if not isinstance(address, str) or not _ADDRESS.match(address) or not known(address):
        raise NoCluster(f"scheduler file {name} names {str(address)[:80]!r}, which is no tcp:// or tls:// address")
    return address
