"""Cutting a network: weights to zero, or filters, neurons and heads out of it."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, overload

from espalier import _core
from espalier.errors import InvalidArgument

Progress = Callable[[float, str], object]
Calibration = str | os.PathLike[str] | Mapping[str, Any] | Sequence[Mapping[str, Any]]
Names = str | Sequence[str]
Shapes = Mapping[str, Sequence[int]]


@overload
def prune(graph: _core.Graph, *, sparsity: float | None = ..., weights: int | None = ..., macs: float | None = ...,
          granularity: str = ..., criterion: str = ..., scope: str | None = ..., unit_norm: str = ...,
          layers: Mapping[str, float] | None = ..., sensitivity: str | os.PathLike[str] | None = ..., keep: Names = ...,
          include: Names = ..., floor: int = ..., seed: int = ..., score_rounds: int | None = ...,
          shapes: Shapes | None = ..., permute: bool = ..., calibrate: Calibration | None = ..., reconstruct: Names = ...,
          progress: Progress | None = ..., remove: Literal[False] = ..., data: None = ...) -> _core.Plan: ...


@overload
def prune(graph: _core.Graph, *, sparsity: float | None = ..., macs: float | None = ..., granularity: str = ...,
          criterion: str = ..., scope: str | None = ..., unit_norm: str = ..., layers: Mapping[str, float] | None = ...,
          sensitivity: str | os.PathLike[str] | None = ..., keep: Names = ..., floor: int = ..., seed: int = ...,
          shapes: Shapes | None = ..., calibrate: Calibration | None = ..., progress: Progress | None = ...,
          remove: Literal[True], latency: str | None = ..., widths: Mapping[str, int] | None = ...,
          round_to: int | Literal["auto"] = ...,
          combine: Literal["sum", "mean", "max", "first"] = ...,
          repair: Literal["none", "statistics", "least-squares"] = ..., batch: int = ...,
          threads: int = ..., data: None = ...) -> _core.Removal: ...


@overload
def prune(graph: _core.Graph, *, criterion: str = ..., data: Mapping[str, Any], amount: float | None = ...,
          folds: int = ..., impurity: str = ..., refit: float = ..., seed: int = ...,
          progress: Progress | None = ...) -> _core.TreePruning: ...


def prune(graph: _core.Graph, *, sparsity: float | None = None, weights: int | None = None, macs: float | None = None,
          granularity: str = "element", criterion: str = "magnitude", scope: str | None = None, unit_norm: str = "l1",
          layers: Mapping[str, float] | None = None, sensitivity: str | os.PathLike[str] | None = None, keep: Names = (),
          include: Names = (), floor: int = 1, seed: int = 0, score_rounds: int | None = None,
          shapes: Shapes | None = None, permute: bool = False, calibrate: Calibration | None = None, reconstruct: Names = (),
          progress: Progress | None = None, remove: bool = False, latency: str | None = None,
          widths: Mapping[str, int] | None = None, round_to: int | Literal["auto"] = 1,
          combine: Literal["sum", "mean", "max", "first"] = "sum",
          repair: Literal["none", "statistics", "least-squares"] = "none", batch: int = 1,
          threads: int = 1, data: Mapping[str, Any] | None = None, amount: float | None = None, folds: int = 0,
          impurity: str = "", refit: float = 0) -> _core.Plan | _core.Removal | _core.TreePruning:
    """Cuts weights of `graph`, in place. A graph that could not be cut is as it was.

    One target: `sparsity`, the share of the prunable weights that is zero afterwards (with `remove`: of the units that
    go); `weights`, how many are kept; `macs`, the share of multiply-adds kept; with `remove` also `latency`, "0.5x" of
    the time that the network takes here, or "8ms", measured at `batch` and `threads`, and `widths`, of groups by name.

    `granularity` is what is cut ("element", "block 4x1", "2:4", "filter"), `criterion` how it is chosen, `scope` where
    the budget is spent ("global", or "layer-wise" with criteria that choose layer by layer, or "isomorphic" with `remove`):
    `espalier list` knows all names. `layers` gives single layers a sparsity of their own in scopes "layer-wise" and
    "explicit"; `sensitivity` is the table of scope "sensitivity"; `keep` names weights that stay whole, with * for any
    characters; `include` what is pruned only where it is asked for: embeddings, and constants that nobody trained.
    `permute` first reorders outputs of layers, so that blocks and groups of N:M keep more; the network computes the same.
    `score_rounds` is how often scores are taken anew on the way to `sparsity`: 100 times for "synflow", else once.
    `shapes` gives inputs sizes where dimensions beside the batch are open.

    `calibrate` are inputs of the network, to cut by what its layers see (criteria "wanda", "ria", "sparsegpt", "alps") or
    by the slopes of its outputs ("fisher"): a dict of arrays by input, a sequence of such dicts, or a path to .npz, .npy or
    a folder of these. `reconstruct` says what is done for what stays: "refit", "dsnot", "flap". Plan.layer_errors and
    Plan.output_error tell what it cost.

    With `remove`, filters, neurons and heads go with all that is coupled with them, and tensors get smaller: by `combine`
    the score of a unit is made of its slices', `round_to` makes widths multiples of it ("auto": of what pays, measured with
    `threads`), criterion "fisher" takes, by `calibrate`, what the outputs lose with each unit, and `repair` fits the layers
    behind a removal, by `calibrate` too, to what they gave. What is left is as open as it was wherever that can be; else it is
    for inputs of `shapes`, and a note says why.

    Decision trees are pruned by `data`, arrays x_train and y_train, and where there are some x_validation, y_validation,
    x_test and y_test; `criterion` is then one of trees ("cost-complexity" unless another is given; "lossless" needs no
    rows: data={}), `amount` what it counts, or chosen by `folds` or the validation rows; `impurity` and `refit` are as on
    the command line.

    `progress(share, what)` is called now and then; Ctrl-C stops at a safe point.
    """
    if data is not None or _core.is_tree_criterion(criterion):
        _refuse_for_trees(sparsity=sparsity, weights=weights, macs=macs, remove=remove, latency=latency,
                          granularity=granularity != "element", scope=scope, unit_norm=unit_norm != "l1", layers=layers,
                          sensitivity=sensitivity, keep=keep, include=include, floor=floor != 1,
                          score_rounds=score_rounds, shapes=shapes,
                          permute=permute, calibrate=calibrate, reconstruct=reconstruct, widths=widths,
                          round_to=round_to != 1, combine=combine != "sum", repair=repair != "none",
                          batch=batch != 1, threads=threads != 1)
        named = "cost-complexity" if criterion == "magnitude" else criterion
        return _core.prune_trees(graph, dict(data or {}), named, amount, folds, impurity, refit, seed, progress)
    if amount is not None or folds or impurity or refit:
        raise InvalidArgument("prune: amount, folds, impurity and refit are for trees, with data")
    how = _core.Cut()
    how.set_target(sparsity=sparsity, weights=weights, macs=macs)
    how.granularity, how.criterion, how.scope, how.unit_norm = granularity, criterion, scope or "", unit_norm
    how.layers, how.keep, how.include = dict(layers or {}), _names(keep), _names(include)
    how.floor, how.seed, how.reconstruct = floor, seed, _names(reconstruct)
    if score_rounds is not None and score_rounds < 1:
        raise InvalidArgument(f"prune: score_rounds={score_rounds}, expected 1 or more")
    how.score_rounds = score_rounds or 0
    how.widths, how.combine = dict(widths or {}), combine
    how.set_round_to(str(round_to))
    if sensitivity is not None:
        how.read_sensitivity(sensitivity)
    sizes = {name: list(shape) for name, shape in (shapes or {}).items()}
    given = dict(calibrate) if isinstance(calibrate, Mapping) else calibrate
    if not remove:
        if latency is not None:
            raise InvalidArgument("prune: latency is for remove=True: zeros alone promise no time")
        if widths or round_to != 1 or repair != "none":
            raise InvalidArgument("prune: widths, round_to and repair are for remove=True")
        return _core.cut(graph, how, shapes=sizes, permute=permute, calibrate=given, progress=progress)
    if (sparsity is not None) + (macs is not None) + (latency is not None) > 1 or weights is not None:
        raise InvalidArgument("prune: remove=True takes one target: sparsity, macs or latency")
    if sparsity is None and macs is None and latency is None and not widths:
        raise InvalidArgument("prune: remove=True needs one of sparsity, macs, latency and widths")
    if permute:
        raise InvalidArgument("prune: permute is for zeros: a removal leaves no groups")
    if how.include:
        raise InvalidArgument("prune: include is for zeros: a removal takes what goes together, whoever reads it")
    if how.reconstruct:
        raise InvalidArgument("prune: reconstruct is for zeros; what remove=True leaves is for repair")
    if repair != "none" and calibrate is None:
        raise InvalidArgument("prune: repair needs calibrate")
    return _core.remove(graph, how, shapes=sizes, latency=latency, batch=batch, threads=threads, repair=repair,
                        calibrate=given, progress=progress)


def _refuse_for_trees(**given: object) -> None:
    others = [name for name, value in given.items() if value is not None and value is not False and value != ()]
    if others:
        verb = "is" if len(others) == 1 else "are"
        raise InvalidArgument(f"prune: {', '.join(others)} {verb} not for trees: give an amount, or folds")


def _names(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
