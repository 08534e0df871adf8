"""Prunes and runs sparse neural networks.

    graph = espalier.load("model.onnx")
    espalier.prune(graph, sparsity=0.9)
    session = espalier.compile(graph)
    y = session(x)

Arrays go in and out without copies: NumPy, PyTorch, JAX, whatever has DLPack or the buffer protocol.
"""

from espalier import _core
from espalier._core import (
    Benchmark,
    Graph,
    Group,
    Inspection,
    LayerPlan,
    LayerProfile,
    Plan,
    Profile,
    Recipe,
    Removal,
    Session,
    TreePruning,
    Value,
    has_bf16,
    has_f16,
    load,
    loads,
    model,
)
from espalier._experiment import Run, report, run_experiment
from espalier._pruning import prune
from espalier._running import benchmark, compile
from espalier.errors import (
    BadData,
    BadRecipe,
    Error,
    InvalidArgument,
    InvalidModel,
    IoError,
    OutOfMemory,
    Unsupported,
)

__version__ = _core.VERSION

__all__ = [
    "BadData", "BadRecipe", "Benchmark", "Error", "Graph", "Group", "Inspection", "InvalidArgument", "InvalidModel",
    "IoError", "LayerPlan", "LayerProfile", "OutOfMemory", "Plan", "Profile", "Recipe", "Removal", "Run", "Session",
    "TreePruning", "Unsupported", "Value", "__version__", "benchmark", "compile", "has_bf16", "has_f16", "load", "loads",
    "model", "prune", "report", "run_experiment",
]
