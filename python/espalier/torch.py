"""From PyTorch to a Graph, and masks back into a module.

export() keeps what a later training needs: batch normalisation is not folded into convolutions, dropout stays, and weights
have the names of the module's state_dict, so that masks find them again.
"""

import importlib
import inspect
import io
from collections.abc import Mapping
from typing import Any

from espalier import _core
from espalier.errors import InvalidArgument, Unsupported


def export(module: Any, *examples: Any, open_batch: bool = True) -> _core.Graph:
    """The network of `module`, traced on `examples`, tensors as it is called with.

    Inputs are named "input", or "input_0", "input_1", ... Dimension 0 of every input is open, unless `open_batch` is off.
    The module is as it was afterwards. Raises InvalidArgument for what PyTorch cannot export, with PyTorch's words.
    """
    torch = _torch()
    names = ["input"] if len(examples) == 1 else [f"input_{i}" for i in range(len(examples))]
    options: dict[str, Any] = {
        "input_names": names,
        "training": torch.onnx.TrainingMode.PRESERVE,
        "do_constant_folding": False,
        "dynamic_axes": {name: {0: "N"} for name in names} if open_batch else None,
    }
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False  # the other exporter folds, whatever it is asked
    file = io.BytesIO()
    was_training = module.training
    module.eval()
    try:
        torch.onnx.export(module, examples, file, **options)
    except (RuntimeError, ValueError, TypeError) as error:
        raise InvalidArgument(f"PyTorch cannot export this module: {str(error).strip().splitlines()[0]}") from error
    finally:
        module.train(was_training)
    return _core.loads(file.getvalue())


def apply_masks(state: Any, masks: Mapping[str, Any]) -> None:
    """Zeroes, in place, what `masks` (Graph.masks) prune of a module or of a state_dict.

    Call it after every step of the optimiser to retrain under the masks. Raises InvalidArgument for a mask without a tensor
    of its name and shape; then nothing has changed.
    """
    torch = _torch()
    tensors: Mapping[str, Any] = state if isinstance(state, Mapping) else state.state_dict(keep_vars=True)
    for name, mask in masks.items():
        if name not in tensors:
            raise InvalidArgument(f"mask {name!r}: there is no tensor of that name; export it with espalier.torch.export()")
        if tuple(tensors[name].shape) != tuple(mask.shape):
            raise InvalidArgument(f"mask {name!r}: shape {tuple(mask.shape)}, and the tensor has {tuple(tensors[name].shape)}")
    with torch.no_grad():
        for name, mask in masks.items():
            tensor = tensors[name]
            tensor.mul_(torch.from_numpy(mask).to(tensor.device))


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise Unsupported("espalier.torch needs PyTorch: pip install torch") from error
