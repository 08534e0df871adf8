#!/usr/bin/env python3
"""Writes fuzz/bombs: files of a few hundred bytes that ask for gigabytes, each in another way.

Needs the Python package onnx. Tests read, compile and run every file under a limit of 512 MB.

  fuzz/make_bombs.py fuzz/bombs
"""

import pathlib
import sys

import numpy
from onnx import TensorProto, checker, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def ints(name, *values):
    return numpy_helper.from_array(numpy.array(values, numpy.int64), name)


def floats(name, *values):
    return numpy_helper.from_array(numpy.array(values, numpy.float32), name)


def ones(name, *shape):
    return numpy_helper.from_array(numpy.ones(shape, numpy.float32), name)


def every_fourth(name, *shape):
    """Zeros in between."""
    values = numpy.arange(numpy.prod(shape)) % 4 == 0
    return numpy_helper.from_array(values.astype(numpy.float32).reshape(shape), name)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs.split(), [output], name=output, **attributes)


def doubling(first):
    """Concatenates a value with itself 40 times."""
    nodes, value = [], first
    for i in range(40):
        nodes.append(node("Concat", f"{value} {value}", f"c{i}", axis=0))
        value = f"c{i}"
    return nodes + [node("ReduceSum", value, "y", keepdims=0)]


X4 = [1, 1, 64, 64]
FAR = 2**22 - 4  # padded images whose size is 2^66
SUM = [node("ReduceSum", "big", "y", keepdims=0)]

# name: nodes, initialisers, shape of the input x if there is one. All give a scalar y.
BOMBS = {
    "constant_of_shape": ([node("ConstantOfShape", "s", "big")] + SUM, [ints("s", 3_000_000_000)], None),
    "constant_and_relu": (
        [node("ConstantOfShape", "s", "c"), node("Relu", "c", "big")] + SUM, [ints("s", 3_000_000_000)], None),
    "concat_doubles": (doubling("one"), [floats("one", 1)], None),
    "concat_doubles_input": (doubling("x"), [], [4]),
    "expand": ([node("Expand", "one s", "big")] + SUM, [floats("one", 1), ints("s", 2**16, 2**16)], None),
    "expand_input": ([node("Expand", "x s", "big")] + SUM, [ints("s", 2**16, 2**14, 4)], [4]),
    "tile": ([node("Tile", "x r", "big")] + SUM, [ints("r", 2**31)], [4]),
    "range": (
        [node("Range", "a b d", "i"), node("Cast", "i", "big", to=FLOAT)] + SUM,
        [numpy_helper.from_array(numpy.array(v, numpy.int64), n) for n, v in (("a", 0), ("b", 10**10), ("d", 1))],
        None),
    "pad": ([node("Pad", "x p", "big")] + SUM, [ints("p", 0, 2**32)], [4]),
    "resize": ([node("Resize", "x  f", "big", mode="nearest")] + SUM, [floats("f", 1, 1, 1e4, 1e4)], X4),
    "one_hot": (
        [node("OneHot", "i d v", "big")] + SUM,
        [ints("i", *range(8)), ints("d", 10**9), floats("v", 0, 1)], None),
    "outer_product": (
        [node("ConstantOfShape", "m", "a"), node("ConstantOfShape", "n", "b"), node("MatMul", "a b", "big")] + SUM,
        [ints("m", 60000, 1), ints("n", 1, 60000)], None),
    "outer_product_input": (
        [node("Unsqueeze", "x i", "u"), node("Expand", "u s", "a"), node("Transpose", "a", "b"),
         node("MatMul", "a b", "big")] + SUM,
        [ints("i", 1), ints("s", 4, 2**31)], [4]),
    "outer_sum": (
        [node("ConstantOfShape", "m", "a"), node("ConstantOfShape", "n", "b"), node("Add", "a b", "big")] + SUM,
        [ints("m", 60000, 1), ints("n", 60000)], None),
    "conv_pads": ([node("Conv", "x w", "big", pads=[40000] * 4)] + SUM, [ones("w", 1, 1, 3, 3)], X4),
    "conv_dilations": (
        [node("Conv", "x w", "big", dilations=[FAR] * 3, pads=[FAR] * 3 + [0] * 3)] + SUM, [every_fourth("w", 8, 8, 2, 2, 2)],
        [1, 8, 4, 4, 4]),
    "conv_dilations_depthwise": (
        [node("Conv", "x w", "big", dilations=[FAR] * 3, pads=[FAR] * 3 + [0] * 3, group=8)] + SUM,
        [ones("w", 8, 1, 2, 2, 2)], [1, 8, 4, 4, 4]),
    "conv_transpose_strides": (
        [node("ConvTranspose", "x w", "big", strides=[10**6] * 2)] + SUM, [ones("w", 1, 1, 3, 3)], X4),
    "gather": ([node("Gather", "x i", "g"), node("Expand", "g s", "big")] + SUM,
               [ints("i", *[0] * 64), ints("s", 2**28, 64)], [4]),
    "input": ([node("ReduceSum", "x", "y", keepdims=0)], [], [10**6, 10**6]),
    "many_large_values": (
        [node("Expand", "x s", f"e{i}") for i in range(32)]
        + [node("Sum", " ".join(f"e{i}" for i in range(32)), "big")] + SUM,
        [ints("s", 2**28, 4)], [4]),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for name, (nodes, initializers, shape) in BOMBS.items():
        for each in nodes:
            while each.input and each.input[-1] == "":
                each.input.pop()
        if name == "resize":
            nodes[0].input[:] = ["x", "", "f"]
        inputs = [] if shape is None else [helper.make_tensor_value_info("x", FLOAT, shape)]
        outputs = [helper.make_tensor_value_info("y", FLOAT, [])]
        graph = helper.make_graph(nodes, name, inputs, outputs, initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model)
        path = folder / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
