"""Following a model from its input to its output: symbolically (torch.fx), or by running it once without gradients."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.overrides import TorchFunctionMode

from acts.replacing.finding import listing
from acts.replacing.flow import NOTHING, PRODUCTS, Flow, Sources, of_function, weighs, word_of

MARK = "_acts_sources"


class Untraceable(ValueError):
    """A model that cannot be followed; the message says why in one line."""


def follow(model: nn.Module, placed: Mapping[nn.Module, str], example: Any = None) -> Flow:
    """Return what feeds what; ``placed`` are the activations of interest with their paths.

    ``example`` is a tensor, a tuple of arguments or a dict of keyword arguments; without it the model is traced
    symbolically. Raises Untraceable.
    """
    try:
        flow = _traced(model, placed) if example is None else _watched(model, placed, example)
    except Exception as error:
        told = " ".join(str(error).split())[:160]
        way = "traced without an example input" if example is None else "run on the example"
        hint = "; give one: example=x" if example is None else ""
        line = f"{type(model).__name__} could not be {way} ({type(error).__name__}: {told}){hint}"
        raise Untraceable(line) from error
    flow.uncalled = tuple(name for name in placed.values() if name not in flow.activations)
    if len(flow.uncalled) == len(placed):
        line = f"{listing(list(flow.uncalled))} not called on the way through {type(model).__name__}"
        raise Untraceable(f"{line}, which computes there as before")
    return flow


# symbolically


class _Tracer(fx.Tracer):
    """Traces through a model down to torch's own modules and the activations of interest."""

    def __init__(self, model: nn.Module, placed: Mapping[nn.Module, str]) -> None:
        super().__init__()
        self.placed = placed
        self.layers = {module for module in model.modules() if weighs(module)}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        hides = any(module in self.placed for module in m.modules())
        plain = m in self.layers or super().is_leaf_module(m, module_qualified_name)
        return m in self.placed or (plain and not hides)


def _traced(model: nn.Module, placed: Mapping[nn.Module, str]) -> Flow:
    defaults = {
        word: part.default
        for word, part in inspect.signature(model.forward).parameters.items()
        if part.default is not part.empty
    }
    graph = _Tracer(model, placed).trace(model, concrete_args=defaults)
    flow, held = Flow(), dict[fx.Node, Sources]()
    for node in graph.nodes:
        joined = NOTHING.union(*(held.get(each, NOTHING) for each in node.all_input_nodes))
        own: Sources | None = None
        if node.op == "placeholder":
            own = frozenset({("input", str(node.target))})
        elif node.op == "call_module":
            module = model.get_submodule(str(node.target))
            own = flow.through(placed.get(module, str(node.target)), module, joined, placed=module in placed)
        elif node.op in ("call_function", "call_method"):
            target = node.target if node.op == "call_function" else str(node.target)
            own = of_function(target, node.args, node.kwargs)
            if word_of(target) in PRODUCTS:
                flow.multiplied(held.get(each, NOTHING) for each in node.all_input_nodes)
        held[node] = joined if own is None else own
    return flow


# by running


class _Watch(TorchFunctionMode):
    """Hands the sources of every function's inputs to its outputs, and notes products in a flow."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        joined = _joined((*args, *(kwargs or {}).values()))
        if word_of(func) in PRODUCTS:
            self.flow.multiplied(_joined([each]) for each in args)
        found = func(*args, **(kwargs or {}))
        own = of_function(func, args, kwargs or {})
        _mark(found, joined if own is None else own)
        return found


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from _tensors(list(values.values()))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)


def _joined(values: Any) -> Sources:
    return NOTHING.union(*(vars(each).get(MARK, NOTHING) for each in _tensors(values)))


def _mark(values: Any, sources: Sources) -> None:
    for each in _tensors(values):
        if not isinstance(each, nn.Parameter):
            setattr(each, MARK, sources)


def _watched(model: nn.Module, placed: Mapping[nn.Module, str], example: Any) -> Flow:
    flow = Flow()
    args = example if isinstance(example, tuple) else () if isinstance(example, Mapping) else (example,)
    kwargs = dict(example) if isinstance(example, Mapping) else {}
    given = list(_tensors((*args, *kwargs.values())))
    with _still(model), _hooked(model, placed, flow), torch.no_grad(), torch.random.fork_rng():
        try:
            for each in given:
                setattr(each, MARK, frozenset({("input", "example")}))
            with _Watch(flow):
                model(*args, **kwargs)
        finally:
            for each in (*given, *model.buffers()):
                vars(each).pop(MARK, None)
    return flow


@contextmanager
def _still(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode and back into its own."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def _hooked(model: nn.Module, placed: Mapping[nn.Module, str], flow: Flow) -> Iterator[None]:
    handles = [
        module.register_forward_hook(_noting(placed.get(module, name), flow, module in placed), with_kwargs=True)
        for name, module in model.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _noting(name: str, flow: Flow, placed: bool) -> Callable[..., None]:
    """Return the hook that notes what one module reads and marks what it gives."""

    def note(module: nn.Module, args: Any, kwargs: Mapping[str, Any], output: Any) -> None:
        read = (*args, *kwargs.values())
        own = flow.through(name, module, _joined(read), placed=placed)
        if weighs(module):
            flow.mean_squares.setdefault(name, float(next(_tensors(read)).double().square().mean()))
        if own is not None:
            _mark(output, own)

    return note
