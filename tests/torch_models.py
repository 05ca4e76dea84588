"""Models as a library's user would meet them: a small residual network, a Transformer, a deep chain, and odd ones."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block that uses one activation module twice, as most libraries write it."""

    def __init__(self, width: int, act: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act = act
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(self.bn1(self.conv1(x)))
        return self.act(x + self.bn2(self.conv2(out)))


class SmallResNet(nn.Module):
    """Stem, two residual blocks, pooling, head: 8 × 8 images of three channels, four classes."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.blocks = nn.Sequential(Block(width, nn.ReLU(inplace=True)), Block(width, nn.ReLU(inplace=True)))
        self.head = nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.relu(self.stem(x))).mean((-2, -1)))


class TransformerBlock(nn.Module):
    """A pre-norm block with attention of its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm1(x)).chunk(3, dim=-1)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return x + self.mlp(self.norm2(x))


class SmallTransformer(nn.Module):
    """Embedding, two pre-norm blocks, head over 11 letters."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, width)
        self.blocks = nn.Sequential(TransformerBlock(width), TransformerBlock(width))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 11)

    def forward(self, letters: Tensor) -> Tensor:
        return self.head(self.norm(self.blocks(self.embed(letters))))


class MLP(nn.Module):
    """A user's own network, which takes its activation as a module."""

    def __init__(self, act: nn.Module, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), act, nn.Linear(width, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Calling(nn.Module):
    """Calls its activations as functions; holds a recurrent layer, too."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.rnn = nn.Linear(4, 4), nn.GRU(4, 4, batch_first=True)
        self.act = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.rnn(F.relu(self.first(x)))[0]).tanh()


class Wrapped(nn.Module):
    """An activation written by another library: a class without weights around a function."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def deep(depth: int = 20, width: int = 256, *, bias: bool = True) -> nn.Sequential:
    """Return a chain of linear layers with ReLU between, torch's default init."""
    chain: list[nn.Module] = []
    for _ in range(depth):
        chain += [nn.Linear(width, width, bias=bias), nn.ReLU()]
    return nn.Sequential(*chain, nn.Linear(width, 5))
