"""Saved: how many bytes a forward pass keeps for the backward pass."""

from collections.abc import Callable, Collection

from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


def saved_bytes(work: Callable[[], Tensor], *, without: Collection[Tensor] = ()) -> int:
    """Return the bytes of all memory that is kept for backward, each storage once, some tensors' left out.

    A function that keeps its output shares it with the layer that takes it as input; one that keeps its input does not.
    """
    kept: list[Tensor] = []  # held here, so that no address is given out twice

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        result = work()
    left_out = {tensor.untyped_storage().data_ptr() for tensor in without}
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in kept}
    del result
    return sum(size for place, size in storages.items() if place not in left_out)
