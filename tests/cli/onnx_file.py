"""Small ONNX files without the onnx package: the few fields of onnx.proto that the tests need, written by hand."""
import random
import struct

FLOAT, INT64 = 1, 7


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A message, text or bytes; or an integer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, one) for one in value) + field(20, 7)


def node(op, inputs, outputs, name, **attributes):
    return (b"".join(field(1, one) for one in inputs) + b"".join(field(2, one) for one in outputs) + field(3, name) +
            field(4, op) + b"".join(field(5, attribute(key, value)) for key, value in attributes.items()))


def value(name, dims, dtype=FLOAT):
    """`dims`: numbers, or names of open dimensions."""
    shape = b"".join(field(1, field(1 if isinstance(dim, int) else 2, dim)) for dim in dims)
    return field(1, name) + field(2, field(1, field(1, dtype) + field(2, shape)))


def weight(name, *dims, zeros=0.0, seed=1):
    """Random numbers, a share of them zero."""
    rng = random.Random(f"{name}/{seed}")
    count = 1
    for dim in dims:
        count *= dim
    values = [0.0 if rng.random() < zeros else rng.gauss(0, 0.1) for _ in range(count)]
    return (b"".join(field(1, dim) for dim in dims) + field(2, FLOAT) + field(8, name) +
            field(9, struct.pack(f"<{count}f", *values)))


def write_model(path, nodes, inputs, outputs, weights, opset=13):
    graph = (b"".join(field(1, one) for one in nodes) + field(2, "test") + b"".join(field(5, one) for one in weights) +
             b"".join(field(11, one) for one in inputs) + b"".join(field(12, one) for one in outputs))
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, opset)))
    return path


def open_picture(path):
    """Two convolutions with stride 2 on pictures of any size, and a classifier."""
    halved = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
    return write_model(
        path,
        [node("Conv", ["x", "c1", "b1"], ["a"], "c1", **halved), node("Relu", ["a"], ["r"], "r1"),
         node("Conv", ["r", "c2"], ["b"], "c2", **halved), node("Relu", ["b"], ["s"], "r2"),
         node("GlobalAveragePool", ["s"], ["p"], "pool"), node("Flatten", ["p"], ["q"], "flat"),
         node("Gemm", ["q", "f"], ["y"], "fc", transB=1)],
        [value("x", ["N", 3, "H", "W"])], [value("y", ["N", 10])],
        [weight("c1", 8, 3, 3, 3), weight("b1", 8), weight("c2", 16, 8, 3, 3), weight("f", 10, 16)])


def open_gate(path):
    """A convolution on pictures of any size, whose channels are weighted by what two layers make of their means."""
    return write_model(
        path,
        [node("Conv", ["x", "c"], ["a"], "c", pads=[1, 1, 1, 1]), node("GlobalAveragePool", ["a"], ["p"], "pool"),
         node("Conv", ["p", "s1"], ["q"], "s1"), node("Relu", ["q"], ["r"], "relu"),
         node("Conv", ["r", "s2"], ["s"], "s2"), node("Mul", ["a", "s"], ["y"], "gate")],
        [value("x", ["N", 3, "H", "W"])], [value("y", ["N", 8, "H", "W"])],
        [weight("c", 8, 3, 3, 3), weight("s1", 16, 8, 1, 1), weight("s2", 8, 16, 1, 1)])


def long_names(path, zeros=0.0):
    """Two layers whose names have 190 characters."""
    first = "encoder/" + "block/" * 29 + "query/MatMul"
    second = "encoder/" + "block/" * 29 + "value/MatMul"
    return write_model(
        path, [node("MatMul", ["x", first + ".weight"], ["a"], first), node("Relu", ["a"], ["r"], "relu"),
               node("MatMul", ["r", second + ".weight"], ["y"], second)],
        [value("x", ["N", 64])], [value("y", ["N", 64])],
        [weight(first + ".weight", 64, 64, zeros=zeros), weight(second + ".weight", 64, 64, zeros=zeros)])
