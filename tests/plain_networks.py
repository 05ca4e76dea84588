"""The same networks as a user of torch writes them: one nn.Module each, in torch's layers, with a stack's weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from acts.networks import Network, Stack
from acts.noise import Noise

Back = Callable[[Tensor], Tensor]


class Plain(nn.Module):
    """One network of torch's layers; ``tied`` says which parameter is which part, and how it lies in ours.

    In training mode ``noise`` (of one key) gives dropout masks and a random activation's numbers, place by place;
    an activation that has an attribute ``uniform`` is handed its numbers there.
    """

    def __init__(self, stack: Stack, run: int, activation: Callable[[], nn.Module], dropout: float):
        super().__init__()
        self.network: Network = stack.network
        self.own = {name: part[run].detach().clone() for name, part in stack.parts().items()}
        self.like = stack.buffer.dtype
        self.tied: list[tuple[str, nn.Parameter, Back]] = []
        self.dropout, self.noise = dropout, Noise(torch.zeros(1, dtype=torch.long), 0)
        self.activations = nn.ModuleList(self._activation(spot.name, activation) for spot in self.network.spots)
        self.norms = nn.ModuleList(self._norm(spot.name, spot.units) for spot in self.network.spots)
        self.build(self.network.architecture)
        self.to(self.like)

    def _tie(self, name: str, parameter: nn.Parameter, there: Back, back: Back) -> None:
        """Give a parameter a part's numbers, and remember the way back for its gradient."""
        parameter.data = there(self.own[name]).clone()
        self.tied.append((name, parameter, back))

    def linear(self, weights: str, bias: str | None = None) -> nn.Linear:
        layer = nn.Linear(*self.own[weights].shape, bias=bias is not None)
        self._tie(weights, layer.weight, lambda part: part.T, lambda grad: grad.T)
        if bias is not None:
            self._tie(bias, layer.bias, lambda part: part[0], lambda grad: grad[None])
        return layer

    def dense(self, name: str) -> nn.Linear:
        return self.linear(f"{name}.weights", f"{name}.bias")

    def affine(self, layer: nn.Module, name: str) -> nn.Module:
        for part, parameter in (("gain", layer.weight), ("shift", layer.bias)):
            self._tie(f"{name}.{part}", parameter, lambda part: part[0], lambda grad: grad[None])
        return layer

    def _norm(self, name: str, units: int) -> nn.Module:
        if self.network.norm == "none":
            return nn.Identity()
        layer = nn.BatchNorm1d(units) if self.network.norm == "batch" else nn.LayerNorm(units)
        return self.affine(layer, f"{name}.norm")

    def _activation(self, name: str, activation: Callable[[], nn.Module]) -> nn.Module:
        module = activation()
        for learned, parameter in module.named_parameters():
            self._tie(f"{name}.{learned}", parameter, lambda part: part.view(()), lambda grad: grad.view(1))
        return module

    def normalised(self, h: Tensor, spot: int) -> Tensor:
        """Return the norm over the last dimension of pre-activations, statistics taken over all others."""
        return self.norms[spot](h.flatten(0, -2)).view(h.shape)

    def function(self, h: Tensor, spot: int, numbers: Tensor | None = None) -> Tensor:
        """Return the activation of pre-activations (batch, …, unit)."""
        module = self.activations[spot]
        if self.training and hasattr(module, "uniform"):
            module.uniform = self.numbers(2 * spot + 1, h) if numbers is None else numbers
        return module(h)

    def numbers(self, place: int, like: Tensor) -> Tensor:
        return self.noise.uniform(place, like.shape, dtype=like.dtype)[0]

    def dropped(self, x: Tensor, spot: int) -> Tensor:
        if not (self.training and self.dropout):
            return x
        return torch.where(self.numbers(2 * spot, x) < self.dropout, torch.zeros_like(x), x / (1 - self.dropout))

    def activate(self, h: Tensor, spot: int) -> Tensor:
        return self.dropped(self.function(self.normalised(h, spot), spot), spot)

    def gradients(self) -> dict[str, Tensor]:
        """Return the gradient of every part, as it lies in ours."""
        return {name: back(parameter.grad) for name, parameter, back in self.tied}


class PlainMlp(Plain):
    def build(self, architecture) -> None:
        self.layers = nn.ModuleList(self.dense(f"hidden{layer}") for layer in range(len(architecture.units)))
        self.out, self.residual = self.dense("out"), architecture.residual

    def forward(self, x: Tensor) -> Tensor:
        x = self.activate(self.layers[0](x), 0)
        for spot, layer in enumerate(self.layers):
            if spot:
                h = self.activate(layer(x), spot)
                x = x + h if self.residual else h
        return self.out(x)


class PlainCnn(Plain):
    def build(self, architecture) -> None:
        self.convolutions = nn.ModuleList(self._convolution(f"hidden{block}") for block in range(architecture.blocks))
        self.pool, self.out = nn.MaxPool2d(2), self.dense("out")

    def _convolution(self, name: str) -> nn.Conv2d:
        rows, channels = self.own[f"{name}.weights"].shape
        layer = nn.Conv2d(rows // 9, channels, 3, padding=1)
        there, back = (
            lambda part: part.view(3, 3, -1, channels).permute(3, 2, 0, 1),
            lambda grad: grad.permute(2, 3, 1, 0).flatten(0, 2),
        )
        self._tie(f"{name}.weights", layer.weight, there, back)
        self._tie(f"{name}.bias", layer.bias, lambda part: part[0], lambda grad: grad[None])
        return layer

    def forward(self, x: Tensor) -> Tensor:
        x = x.view(-1, *self.network.shape)
        for spot, convolution in enumerate(self.convolutions):
            x = self.activate(convolution(x).permute(0, 2, 3, 1), spot).permute(0, 3, 1, 2)
            x = self.pool(x)
        return self.out(x.mean((2, 3)))


class PlainRecurrent(Plain):
    def build(self, architecture) -> None:
        layers = range(architecture.layers)
        self.by_x = nn.ModuleList(self.linear(f"hidden{n}.x.weights", f"hidden{n}.bias") for n in layers)
        self.gated = architecture.gated
        inner = [f"hidden{n}.inner.bias" if self.gated else None for n in layers]
        self.by_h = nn.ModuleList(self.linear(f"hidden{n}.h.weights", inner[n]) for n in layers)
        if self.gated:
            self.gates_x = nn.ModuleList(self.linear(f"gates{n}.x.weights", f"gates{n}.bias") for n in layers)
            self.gates_h = nn.ModuleList(self.linear(f"gates{n}.h.weights") for n in layers)
        self.out = self.dense("out")

    def forward(self, x: Tensor) -> Tensor:
        shape = self.network.shape
        x = x.view(-1, *shape)
        if len(shape) == 3:
            x = x.transpose(1, 2).flatten(2)
        for layer in range(len(self.by_x)):
            x = self._layer(x, layer)
        return self.out(x[:, -1])

    def _layer(self, x: Tensor, layer: int) -> Tensor:
        given, units = self.by_h[layer].in_features, self.by_x[layer].out_features
        numbers = self.numbers(2 * layer + 1, x.new_empty(x.shape[1], len(x), units))
        state, states = x.new_zeros(len(x), given), []
        for position in range(x.shape[1]):
            now = x[:, position]
            inner = self.by_h[layer](state)
            if self.gated:
                gates = torch.sigmoid(self.gates_x[layer](now) + self.gates_h[layer](state))
                reset, stay = gates[:, :units], gates[:, units:]
                inner = reset * inner
            before = self.normalised(self.by_x[layer](now) + inner, layer)
            after = self.function(before, layer, numbers[position])
            state = (1 - stay) * after + stay * state if self.gated else after
            states.append(state)
        return self.dropped(torch.stack(states), layer).transpose(0, 1)


class PlainTransformer(Plain):
    def build(self, architecture) -> None:
        self.token, self.position = self._embedding("token"), self._embedding("position")
        blocks = range(architecture.blocks)
        self.attentions = nn.ModuleList(self._attention(block, architecture.width) for block in blocks)
        width = architecture.width
        self.before = nn.ModuleList(self.affine(nn.LayerNorm(width), f"attention{n}.norm") for n in blocks)
        self.between = nn.ModuleList(self.affine(nn.LayerNorm(width), f"forward{n}.norm") for n in blocks)
        self.up = nn.ModuleList(self.dense(f"hidden{n}") for n in blocks)
        self.down = nn.ModuleList(self.dense(f"down{n}") for n in blocks)
        self.last, self.out = self.affine(nn.LayerNorm(width), "out.norm"), self.dense("out")

    def _embedding(self, name: str) -> nn.Embedding:
        layer = nn.Embedding(*self.own[f"{name}.embedding"].shape)
        self._tie(f"{name}.embedding", layer.weight, lambda part: part, lambda grad: grad)
        return layer

    def _attention(self, block: int, width: int) -> nn.MultiheadAttention:
        layer = nn.MultiheadAttention(width, max(1, width // 16), batch_first=True)
        for name, weight, bias in (
            ("attention", layer.in_proj_weight, layer.in_proj_bias),
            ("mixed", layer.out_proj.weight, layer.out_proj.bias),
        ):
            self._tie(f"{name}{block}.weights", weight, lambda part: part.T, lambda grad: grad.T)
            self._tie(f"{name}{block}.bias", bias, lambda part: part[0], lambda grad: grad[None])
        return layer

    def forward(self, x: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=self.like)
        h = self.token(x) + self.position(torch.arange(x.shape[1]))
        for spot, attention in enumerate(self.attentions):
            seen = self.before[spot](h)
            h = h + attention(seen, seen, seen, attn_mask=mask, is_causal=True, need_weights=False)[0]
            h = h + self.down[spot](self.activate(self.up[spot](self.between[spot](h)), spot))
        return self.out(self.last(h))


KINDS = {
    "mlp": PlainMlp, "resmlp": PlainMlp, "autoencoder": PlainMlp, "cnn": PlainCnn, "rnn": PlainRecurrent,
    "gru": PlainRecurrent, "transformer": PlainTransformer,
}  # fmt: skip


def plain(stack: Stack, run: int, activation: Callable[[], nn.Module], *, dropout: float = 0.0) -> Plain:
    """Return one of a stack's networks as a module of torch's layers; ``activation`` makes one module a place."""
    return KINDS[stack.network.name.split("_")[0]](stack, run, activation, dropout)
