"""Compiling and measuring."""

import os
from collections.abc import Mapping, Sequence
from typing import Literal

from espalier import _core


def compile(graph: _core.Graph, *, threads: int = 0, choice: Literal["measured", "dense", "sparse"] = "measured",
            tuning: Literal["none", "quick", "full"] = "quick", precision: Literal["f32", "bf16", "f16"] = "f32",
            tuned: str | os.PathLike[str] = "") -> _core.Session:
    """Makes a program of the network, for at most `threads` threads (0: all cores).

    `choice` "measured" times the candidates of every layer and keeps the fastest; "dense" and "sparse" force one.
    `tuning` is how long it may look: "none" goes by the cost model alone and gives the same program each time. `tuned`
    is a file that Session.keep_tuning() wrote. `precision` "bf16" lets convolutions and products compute in it, and
    "f16" those with zeros in their weights, where that is faster; Unsupported is raised where the processor has no
    instructions for it (has_bf16(), has_f16()).
    """
    return _core.compile(graph, threads=threads, choice=choice, tuning=tuning, precision=precision,
                         tuned=os.fspath(tuned))


def benchmark(graph: _core.Graph, *, batch: int = 1, threads: int = 0, seconds: float = 1.0,
              shapes: Mapping[str, Sequence[int]] | None = None,
              tuning: Literal["none", "quick", "full"] = "full",
              precision: Literal["f32", "bf16", "f16"] = "f32") -> _core.Benchmark:
    """Measures the network against itself run dense at its best, in turn, for about `seconds`.

    Inputs are random. An open first dimension becomes `batch`; `shapes` gives inputs with others.
    """
    return _core.benchmark(graph, batch=batch, threads=threads, seconds=seconds,
                           shapes={name: list(shape) for name, shape in (shapes or {}).items()}, tuning=tuning,
                           precision=precision)
