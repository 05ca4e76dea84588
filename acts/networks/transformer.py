"""Decoder-only Transformers: causal attention and a feed-forward layer a block, each behind a LayerNorm of its input.

Both branches of a block end in weights scaled by 1/√(2 · blocks), so that the sum keeps its length at the start. Parts
that no activation precedes (attention, outputs) are LeCun's; the feed-forward layer's first weights read inputs of
mean square 1, as a first layer does, and its second ones activations.
"""

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor
from torch.nn import functional

from acts.networks.forward import Pass
from acts.networks.plan import Plan

HEAD = 16  # units of one head of attention, where the width allows more than one


@dataclass(frozen=True)
class Transformer:
    """Token and position embeddings, blocks, LayerNorm, and a dense layer to the vocabulary at every position.

    ``units`` are the groups of ``fan[0]`` pre-activations in a feed-forward layer.
    """

    positions: int
    blocks: int
    width: int
    units: int
    outputs: int
    fan: tuple[int, int]
    stacked = False

    @property
    def heads(self) -> int:
        """Return the number of heads: one for every 16 units."""
        return max(1, self.width // HEAD)

    def declare(self, plan: Plan) -> None:
        """Declare every layer."""
        width, times = self.width, self.positions
        fed, given = (one * self.units for one in self.fan)
        plan.embedding("token", self.outputs, width, deviation=sqrt(0.5))
        plan.embedding("position", self.positions, width, deviation=sqrt(0.5))
        small = 1 / sqrt(2 * self.blocks)
        for block in range(self.blocks):
            plan.affine(f"attention{block}.norm", width)
            plan.dense(f"attention{block}", width, 3 * width, place="plain", times=times)
            plan.operations += 2 * times * times * width
            plan.dense(f"mixed{block}", width, width, place="plain", times=times, scale=small)
            plan.affine(f"forward{block}.norm", width)
            plan.dense(f"hidden{block}", width, fed, place="first", times=times)
            plan.activation(f"hidden{block}", fed)
            plan.dense(f"down{block}", given, width, place="hidden", times=times, scale=small)
        plan.affine("out.norm", width)
        plan.dense("out", width, self.outputs, place="plain", times=times)

    def forward(self, x: Tensor, go: Pass) -> Tensor:
        """Return outputs (run, batch, position, vocabulary) of tokens (run, batch, position)."""
        h = _embedded(x, go.parts["token.embedding"]) + go.parts["position.embedding"][:, None, : x.shape[-1]]
        for block in range(self.blocks):
            seen = go.dense(go.layer_norm(h, f"attention{block}.norm"), f"attention{block}")
            h = h + go.dense(self._attended(seen), f"mixed{block}")
            inner = go.activate(go.dense(go.layer_norm(h, f"forward{block}.norm"), f"hidden{block}"), block)
            h = h + go.dense(inner, f"down{block}")
        return go.dense(go.layer_norm(h, "out.norm"), "out")

    def _attended(self, seen: Tensor) -> Tensor:
        """Return causal attention from queries, keys and values side by side, (run, batch, position, 3 · width)."""
        runs, batch, positions = seen.shape[:3]
        query, key, value = seen.view(runs * batch, positions, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return mixed.transpose(1, 2).reshape(runs, batch, positions, -1)


def _embedded(tokens: Tensor, table: Tensor) -> Tensor:
    """Return every token's vector, each network's from its own table."""
    runs, entries, width = table.shape
    if runs == 1:
        return functional.embedding(tokens, table[0])
    first = torch.arange(0, runs * entries, entries, device=tokens.device).view(-1, 1, 1)
    return functional.embedding(tokens + first, table.reshape(-1, width))
