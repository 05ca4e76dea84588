"""Plain: networks as a user of PyTorch writes them, a module each, trained one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

ACTIVATION = "relu"
HEAD = 16  # units of one head of attention


@dataclass(frozen=True)
class Material:
    """What one network is trained on and from: inputs (standardised) and targets of all rows, their order, weights.

    ``parts`` are the weights to start from as one of our networks names and shapes them.
    """

    x: Tensor
    y: Tensor
    order: Tensor
    parts: Mapping[str, Tensor]


def train(module: nn.Module, climber: torch.optim.Optimizer, given: Material, *, steps: int, batch: int) -> list[float]:
    """Train a module on batches in the given order of rows; return the loss before every step, in nats."""
    losses = []
    for step in range(steps):
        rows = given.order[step * batch : (step + 1) * batch]
        climber.zero_grad()
        logits = module(given.x[rows])
        loss = functional.cross_entropy(logits.flatten(0, -2), given.y[rows].flatten())
        loss.backward()
        climber.step()
        losses.append(loss.item())
    return losses


def adam(module: nn.Module, *, rate: float, fused: bool | None = None) -> torch.optim.Optimizer:
    """Return Adam as torch makes it, or its fused form."""
    return torch.optim.Adam(module.parameters(), lr=rate, fused=fused)


def module(name: str, given: Material, *, shape: tuple[int, ...]) -> nn.Module:
    """Return the module of a network's name for inputs of a shape, with the given weights."""
    kind, sizes = name.split("_")
    first, second = map(int, sizes.split("x"))
    outputs = given.parts["out.bias"].numel()
    if kind == "mlp":
        made, named = _mlp(given.x.shape[1], first, second, outputs)
    elif kind == "cnn":
        made, named = _cnn(shape, first, second, outputs)
    elif kind == "transformer":
        made, named = _transformer(shape[0], first, second, outputs)
    else:
        raise ValueError(f"no plain module for {name}; there are mlp, cnn and transformer")
    _load(named, given.parts)
    return made.to(given.parts["out.bias"].dtype)


# --- architectures ----------------------------------------------------------------------------------------------------


def _mlp(inputs: int, depth: int, width: int, outputs: int) -> tuple[nn.Module, dict[str, nn.Module]]:
    """Return a multilayer perceptron, and its layers by our names."""
    layers = [nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise([inputs, *[width] * depth, outputs])]
    spread = [part for layer in layers for part in (layer, nn.ReLU())][:-1]
    return nn.Sequential(*spread), dict(zip([*(f"hidden{i}" for i in range(depth)), "out"], layers, strict=True))


def _cnn(shape: tuple[int, ...], blocks: int, channels: int, outputs: int) -> tuple[nn.Module, dict[str, nn.Module]]:
    """Return convolutions of 3×3, each with ReLU and a 2×2 maximum, the mean over positions, and a dense layer."""
    ins = [shape[0], *[channels] * (blocks - 1)]
    convolutions = [nn.Conv2d(channels_in, channels, 3, padding=1) for channels_in in ins]
    spread = [part for layer in convolutions for part in (layer, nn.ReLU(), nn.MaxPool2d(2))]
    out = nn.Linear(channels, outputs)
    made = nn.Sequential(nn.Unflatten(1, shape), *spread, nn.AdaptiveAvgPool2d(1), nn.Flatten(), out)
    return made, {**{f"hidden{i}": layer for i, layer in enumerate(convolutions)}, "out": out}


class Attention(nn.Module):
    """Causal attention of several heads with its queries, keys and values from one layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // HEAD)
        self.seen = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return what every position takes from itself and those before it, (batch, position, width)."""
        batch, positions, width = x.shape
        query, key, value = self.seen(x).view(batch, positions, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.mixed(mixed.transpose(1, 2).reshape(batch, positions, width))


class Block(nn.Module):
    """Attention and a feed-forward layer with ReLU, each behind a LayerNorm and added to its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before, self.attention = nn.LayerNorm(width), Attention(width)
        self.between = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, position, width)."""
        x = x + self.attention(self.before(x))
        return x + self.down(functional.relu(self.up(self.between(x))))


class Transformer(nn.Module):
    """Embeddings of tokens and positions, blocks, a LayerNorm and a dense layer to the vocabulary."""

    def __init__(self, positions: int, blocks: int, width: int, vocabulary: int) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits (batch, position, vocabulary) of tokens (batch, position)."""
        h = self.token(tokens) + self.position.weight[: tokens.shape[1]]
        for block in self.blocks:
            h = block(h)
        return self.out(self.norm(h))


def _transformer(positions: int, blocks: int, width: int, vocabulary: int) -> tuple[nn.Module, dict[str, nn.Module]]:
    """Return a decoder-only Transformer, and its layers by our names."""
    made = Transformer(positions, blocks, width, vocabulary)
    named: dict[str, nn.Module] = {
        "token": made.token, "position": made.position, "out.norm": made.norm, "out": made.out
    }  # fmt: skip
    for i, block in enumerate(made.blocks):
        assert isinstance(block, Block)
        named |= {f"attention{i}.norm": block.before, f"attention{i}": block.attention.seen}
        named |= {f"mixed{i}": block.attention.mixed, f"forward{i}.norm": block.between}
        named |= {f"hidden{i}": block.up, f"down{i}": block.down}
    return made, named


# --- weights ----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def _load(named: Mapping[str, nn.Module], parts: Mapping[str, Tensor]) -> None:
    """Copy our parts into modules, laid out as torch lays out its own; ValueError where one has no counterpart."""
    own = {
        f"{name}.{_ours(layer, word)}": (layer, weights)
        for name, layer in named.items()
        for word, weights in layer.named_parameters()
    }
    if strange := own.keys() ^ parts.keys():
        raise ValueError(f"the plain module and ours do not share {', '.join(sorted(strange))}")
    for name, (layer, weights) in own.items():
        turned = _turned(layer, parts[name]).reshape(weights.shape)
        weights.data = turned.clone(memory_format=torch.contiguous_format)


def _ours(layer: nn.Module, word: str) -> str:
    """Return what we call a module's parameter."""
    if isinstance(layer, nn.Embedding):
        return "embedding"
    if isinstance(layer, nn.LayerNorm):
        return {"weight": "gain", "bias": "shift"}[word]
    return {"weight": "weights", "bias": "bias"}[word]


def _turned(layer: nn.Module, part: Tensor) -> Tensor:
    """Return our weights (in, out) the way round that the module has them; a bias stays a row."""
    if isinstance(layer, nn.Embedding) or part.shape[0] == 1:
        return part
    if isinstance(layer, nn.Conv2d):
        return part.view(3, 3, layer.in_channels, layer.out_channels).permute(3, 2, 0, 1)
    return part.T
