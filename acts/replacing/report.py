"""What ``replace`` reports: the swaps, what could not be swapped, and the advice on initial weights."""

from dataclasses import dataclass

from acts.replacing.advice import MOST, Advice
from acts.replacing.calls import Call
from acts.replacing.finding import listing


@dataclass(frozen=True)
class Swap:
    """One activation that was swapped: its path, further paths of the same module, what it was, what it learns now."""

    name: str
    also: tuple[str, ...]
    old: str
    learnable: int
    note: str = ""


@dataclass(frozen=True, eq=False)
class Replacement:
    """What ``replace`` did: the swaps, what could not be swapped, and the advice on initial weights.

    ``words`` say where the model still names the old activation by a word, as in a configuration.
    """

    new: str
    swaps: tuple[Swap, ...]
    left: tuple[Call, ...]
    advice: Advice
    applied: int = 0
    words: tuple[str, ...] = ()

    @property
    def learnable(self) -> int:
        """How many learnable numbers the new activations brought, each shared one counted once."""
        return sum(swap.learnable for swap in self.swaps)

    def __len__(self) -> int:
        return len(self.swaps)

    def __str__(self) -> str:
        count = f"{len(self.swaps)} activation{'s' if len(self.swaps) != 1 else ''} replaced by {self.new}"
        numbers = "number" if self.learnable == 1 else "numbers"
        learnt = f", {self.learnable} learnable {numbers}: build the optimiser after this" if self.learnable else ""
        lines = [count + learnt]
        lines += [f"  {_line(swap)}" for swap in self.swaps[:MOST]]
        lines += [f"  … and {len(self.swaps) - MOST} more"] if len(self.swaps) > MOST else []
        lines += [f"  not replaced: {why}, at {listing(names)}" for why, names in self._left().items()]
        lines += [f"  {line}" for line in self.words]
        return "\n".join([*lines, *(self._done() if self.applied else [str(self.advice)])])

    def _done(self) -> list[str]:
        """Return how many layers were rescaled, and why others were not."""
        rest = [f"  {layer.name}: {layer.note}" for layer in self.advice.layers if layer.note]
        count = f"init {self.advice.rule} applied to {self.applied} of {len(self.advice.layers)} layer"
        count += "s" if len(self.advice.layers) > 1 else ""
        return [count, *rest[:MOST], *self.advice.remarks()]

    def _left(self) -> dict[str, list[str]]:
        """Return where each reason holds, the reasons in their order."""
        found: dict[str, list[str]] = {}
        for call in self.left:
            found.setdefault(call.why, []).append(call.module or "the model itself")
        return found


def _line(swap: Swap) -> str:
    also = f" (also {', '.join(swap.also)}: one module)" if swap.also else ""
    return f"{swap.name}{also}: was {swap.old}{'; ' + swap.note if swap.note else ''}"
