"""Cutting a network without data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, overload

from espalier import _core
from espalier.errors import InvalidArgument

Progress = Callable[[float, str], object]


@overload
def prune(graph: _core.Graph, *, sparsity: float | None = ..., weights: int | None = ..., macs: float | None = ...,
          granularity: str = ..., criterion: str = ..., scope: str = ..., unit_norm: str = ...,
          layers: Mapping[str, float] | None = ..., keep: Sequence[str] = ..., include: Sequence[str] = ...,
          floor: int = ..., seed: int = ..., remove: Literal[False] = ...) -> _core.Plan: ...


@overload
def prune(graph: _core.Graph, *, sparsity: float | None = ..., macs: float | None = ..., granularity: str = ...,
          criterion: str = ..., scope: str = ..., unit_norm: str = ..., keep: Sequence[str] = ..., floor: int = ...,
          seed: int = ..., remove: Literal[True], latency: str | None = ..., batch: int = ..., threads: int = ...,
          progress: Progress | None = ...) -> _core.Removal: ...


@overload
def prune(graph: _core.Graph, *, criterion: str = ..., data: Mapping[str, Any], amount: float | None = ...,
          folds: int = ..., impurity: str = ..., refit: float = ..., seed: int = ...,
          progress: Progress | None = ...) -> _core.TreePruning: ...


def prune(graph: _core.Graph, *, sparsity: float | None = None, weights: int | None = None, macs: float | None = None,
          granularity: str = "element", criterion: str = "magnitude", scope: str = "global", unit_norm: str = "l1",
          layers: Mapping[str, float] | None = None, keep: Sequence[str] = (), include: Sequence[str] = (),
          floor: int = 1, seed: int = 0, remove: bool = False, latency: str | None = None, batch: int = 1, threads: int = 1,
          data: Mapping[str, Any] | None = None, amount: float | None = None, folds: int = 0, impurity: str = "",
          refit: float = 0, progress: Progress | None = None) -> _core.Plan | _core.Removal | _core.TreePruning:
    """Cuts weights of `graph`, in place. A graph that could not be cut is as it was.

    One target: `sparsity`, the share of the prunable weights that is zero afterwards (with `remove`: of the units that
    go); `weights`, how many are kept; `macs`, the share of multiply-adds kept; with `remove` also `latency`, "0.5x" of
    the time that the network takes here, or "8ms", measured at `batch` and `threads`.

    `granularity` is what is cut ("element", "block 4x1", "2:4", "filter"), `criterion` how it is chosen, `scope` where
    the budget is spent: `espalier list` knows all names. `layers` gives single layers a sparsity of their own in scopes
    "layer-wise" and "explicit"; `keep` names weights that stay whole, with * for any characters; `include` what is pruned
    only where it is asked for: embeddings, and constants that nobody trained. With `remove`, filters, neurons and heads
    go with all that is coupled with them, and tensors get smaller.

    Decision trees are pruned by `data`, arrays x_train and y_train, and where there are some x_validation, y_validation,
    x_test and y_test; `criterion` is then one of trees ("cost-complexity" unless another is given; "lossless" needs no
    rows: data={}), `amount` what it counts, or chosen by `folds` or the validation rows; `impurity` and `refit` are as on
    the command line. `progress(share, what)` is called now and then; Ctrl-C stops a removal at a safe point.
    """
    if data is not None or _core.is_tree_criterion(criterion):
        if sparsity is not None or weights is not None or macs is not None or remove:
            raise InvalidArgument("prune: sparsity, weights, macs and remove are not for trees: give an amount, or folds")
        named = "cost-complexity" if criterion == "magnitude" else criterion
        return _core.prune_trees(graph, dict(data or {}), named, amount, folds, impurity, refit, seed, progress)
    if amount is not None or folds or impurity or refit:
        raise InvalidArgument("prune: amount, folds, impurity and refit are for trees, with data")
    how = _core.Cut(sparsity=sparsity, weights=weights, macs=macs if not remove else None, granularity=granularity,
                    criterion=criterion, scope=scope, unit_norm=unit_norm, layers=dict(layers or {}),
                    keep=list(keep), include=list(include), floor=floor, seed=seed)
    if not remove:
        if latency is not None:
            raise InvalidArgument("prune: latency is for remove=True: zeros alone promise no time")
        if progress is not None:
            raise InvalidArgument("prune: progress is for remove=True: zeros are quick")
        return _core.cut(graph, how)
    if (sparsity is not None) + (macs is not None) + (latency is not None) != 1:
        raise InvalidArgument("prune: remove=True needs one of sparsity, macs and latency")
    if weights is not None or layers or include:
        raise InvalidArgument("prune: weights, layers and include are not for remove=True")
    if sparsity is not None:
        return _core.remove(graph, how, progress)
    return _core.remove_to(graph, how, macs=macs, latency=latency, batch=batch, threads=threads, progress=progress)
