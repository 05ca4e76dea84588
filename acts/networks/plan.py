"""Plan: what an architecture declares of itself, layer by layer, before any number of it exists."""

from dataclasses import dataclass, field

from acts.networks.parts import Part


@dataclass(frozen=True)
class Spot:
    """One place where an activation stands: its name and how many pre-activations a unit row has there."""

    name: str
    units: int


@dataclass
class Plan:
    """The parts, the places of activations and the multiply-adds of one row, as an architecture declares them."""

    norm: str
    parts: list[Part] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    operations: int = 0

    def dense(self, name: str, fan_in: int, fan_out: int, *, place: str, times: int = 1, scale: float = 1.0) -> None:
        """Declare weights (in, out) and a bias (1, out), used so many times for a row."""
        self.weights(name, fan_in, fan_out, place=place, times=times, scale=scale)
        self.bias(name, fan_out, fan_in=fan_in, place=place, scale=scale)

    def weights(
        self,
        name: str,
        rows: int,
        fan_out: int,
        *,
        place: str,
        fan_in: int | None = None,
        times: int = 1,
        scale: float = 1.0,
    ) -> None:
        """Declare weights (in, out); ``fan_in`` is that of the sum which they are a part of, where it is larger."""
        part = Part(f"{name}.weights", (rows, fan_out), fan_in or rows, place, "weights", scale=scale)
        self.parts.append(part)
        self.operations += rows * fan_out * times

    def bias(self, name: str, fan_out: int, *, fan_in: int, place: str, scale: float = 1.0) -> None:
        """Declare a bias (1, out)."""
        self.parts.append(Part(f"{name}.bias", (1, fan_out), fan_in, place, "bias", scale=scale))

    def embedding(self, name: str, entries: int, width: int, *, deviation: float) -> None:
        """Declare a table of vectors (entry, width)."""
        self.parts.append(Part(f"{name}.embedding", (entries, width), entries, "first", "embedding", scale=deviation))

    def activation(self, name: str, units: int) -> None:
        """Declare an activation on so many pre-activations, normalised before it where the network says so."""
        self.spots.append(Spot(name, units))
        if self.norm != "none":
            self.affine(f"{name}.norm", units)

    def affine(self, name: str, units: int) -> None:
        """Declare the gain and the shift after a normalisation."""
        self.parts.append(Part(f"{name}.gain", (1, units), units, "hidden", "gain", start=1.0))
        self.parts.append(Part(f"{name}.shift", (1, units), units, "hidden", "shift"))
