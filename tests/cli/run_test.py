#!/usr/bin/env python3
"""espalier run on tensors from files: npy, npz and raw, every element type, and one line for what is wrong."""
import json
import pathlib
import struct
import tempfile
import unittest
import zipfile

from workspace import espalier

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus"
CONV = CORPUS / "conv_7.onnx"  # x of Nx1x4x4
NODES = pathlib.Path("/usr/share/libonnx-testdata/data/node")
ADD = NODES / "test_add" / "model.onnx"  # x + y, f32 of 3x4x5
WHERE = NODES / "test_where_long_example" / "model.onnx"  # bool 2x2, i64 2x2 twice
TYPES = {"b": "|i1", "B": "|u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "q": "<i8", "Q": "<u8", "f": "<f4",
         "d": "<f8", "e": "<f2", "?": "|b1"}


def raw(kind, values):
    return struct.pack(f"<{len(values)}{kind}", *values)


def npy(kind, shape, values):
    text = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    header = f"{{'descr': '{TYPES[kind]}', 'fortran_order': False, 'shape': ({text}), }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + raw(kind, values)


def values_of(data, kind):
    data = data[10 + struct.unpack("<H", data[8:10])[0]:]
    return list(struct.unpack(f"<{len(data) // struct.calcsize(kind)}{kind}", data))


class Run(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.temporary.name)

    def tearDown(self):
        self.temporary.cleanup()

    def put(self, name, data):
        (self.root / name).write_bytes(data)
        return self.root / name

    def archive(self, name, arrays, method=zipfile.ZIP_STORED):
        with zipfile.ZipFile(self.root / name, "w", method) as archive:
            for array, data in arrays.items():
                archive.writestr(f"{array}.npy", data)
        return self.root / name

    def run_model(self, model, *arguments):
        result = espalier("run", model, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def fails(self, model, arguments, *words, code=1):
        out = self.root / "never.npz"
        result = espalier("run", model, *arguments, "--output", out)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(str(word), result.stderr)
        self.assertFalse(out.exists())

    def test_the_three_formats_agree(self):
        x, y = [i / 4 for i in range(60)], [2.0 * i for i in range(60)]
        sums = [a + b for a, b in zip(x, y)]
        both = {"x": npy("f", (3, 4, 5), x), "y": npy("f", (3, 4, 5), y)}
        stored, packed = self.archive("a.npz", both), self.archive("b.npz", both, zipfile.ZIP_DEFLATED)
        raws = [f"--input=x={self.put('x.bin', raw('f', x))}", f"--input=y={self.put('y.raw', raw('f', y))}"]
        mixed = [f"--input=x={self.put('x.npy', both['x'])}", f"--input=y={packed}"]
        for inputs in ([f"--input={stored}"], [f"--input={packed}"], raws, mixed):
            out = self.root / "out.npz"
            self.assertIn("sum f32 3x4x5", self.run_model(ADD, *inputs, "--output", out))
            with zipfile.ZipFile(out) as archive:
                self.assertIsNone(archive.testzip())
                self.assertEqual(archive.namelist(), ["sum.npy"])
                self.assertEqual(values_of(archive.read("sum.npy"), "f"), sums)
        self.run_model(ADD, *raws, "--output", self.root / "out.npy")
        self.assertEqual(values_of((self.root / "out.npy").read_bytes(), "f"), sums)
        self.run_model(ADD, *raws, "--output", self.root / "out.raw")
        self.assertEqual((self.root / "out.raw").read_bytes(), raw("f", sums))

    def test_other_element_types(self):
        parts = {"condition": ("?", [True, False, True, True]), "x": ("q", [1, 2**40, 3, 4]), "y": ("q", [9, 8, 7, -6])}
        inputs = self.archive("w.npz", {name: npy(kind, (2, 2), values) for name, (kind, values) in parts.items()})
        self.run_model(WHERE, "--input", inputs, "--output", self.root / "z.raw")
        self.assertEqual((self.root / "z.raw").read_bytes(), raw("q", [1, 8, 3, 4]))
        arguments = [f"--input={name}={self.put(name + '.bin', raw(*part))}" for name, part in parts.items()]
        self.run_model(WHERE, *arguments, "--output", self.root / "z.npz")
        with zipfile.ZipFile(self.root / "z.npz") as archive:
            self.assertEqual(values_of(archive.read("z.npy"), "q"), [1, 8, 3, 4])
        for kind, name in (("b", "int8"), ("B", "uint8"), ("h", "int16"), ("H", "uint16"), ("i", "int32"), ("I", "uint32"),
                           ("q", "int64"), ("Q", "uint64"), ("d", "float64"), ("e", "float16")):
            model = NODES / f"test_max_{name}" / "model.onnx"
            data = [self.put(f"{name}-{i}.bin", raw(kind, values)) for i, values in enumerate(([3, 2, 1], [1, 4, 4]))]
            self.run_model(model, f"--input=data_0={data[0]}", f"--input=data_1={data[1]}", "--output", self.root / "m.raw")
            self.assertEqual((self.root / "m.raw").read_bytes(), raw(kind, [3, 4, 4]), name)

    def test_open_dimensions_come_from_the_file(self):
        image = self.put("x.bin", raw("f", [0.5] * 48))
        for more in ([], ["--shape", "x=3,1,4,4"]):
            out = json.loads(self.run_model(CONV, "--input", image, *more, "--json"))
            self.assertEqual(out[0]["shape"][0], 3)
            self.assertEqual(out[0]["dtype"], "f32")
        array = self.put("x.npy", npy("f", (2, 1, 4, 4), [0.5] * 32))
        self.assertEqual(json.loads(self.run_model(CONV, "--input", array, "--json"))[0]["shape"][0], 2)

    def test_damaged_archives(self):
        good = self.archive("good.npz", {"x": npy("f", (1, 1, 4, 4), range(16))}).read_bytes()
        self.fails(CONV, ["--input", self.put("cut.npz", good[:-30])], "cut.npz", "cut off")
        wrong = bytearray(good)
        wrong[good.index(b"PK\1\2") - 1] ^= 1
        self.fails(CONV, ["--input", self.put("crc.npz", bytes(wrong))], "crc.npz: x.npy: the ZIP archive is cut off or damaged: CRC error")
        self.fails(CONV, ["--input", self.put("none.npz", b"")], "none.npz", "not a ZIP archive")
        self.fails(CONV, ["--input", self.root / "no.npz"], "no.npz", "No such file")

    def test_what_does_not_fit(self):
        x = npy("f", (3, 4, 5), range(60))
        self.fails(ADD, ["--input", self.archive("x.npz", {"x": x})], 'input "y" is missing: expected f32 3x4x5')
        self.fails(ADD, ["--input", self.archive("z.npz", {"x": x, "z": x})], "z.npz",
                   '"z" is not an input of the network, its inputs are "x", "y"')
        y = self.put("y.npy", npy("f", (3, 4), range(12)))
        self.fails(ADD, [f"--input={self.root / 'x.npz'}", f"--input=y={y}"],
                   f'{y}: got f32 3x4 for input "y", expected f32 3x4x5')
        y = self.put("y.npy", npy("q", (3, 4, 5), range(60)))
        self.fails(ADD, [f"--input={self.root / 'x.npz'}", f"--input=y={y}"], "got i64 3x4x5", "expected f32 3x4x5")
        self.fails(ADD, [f"--input={self.root / 'x.npz'}", f"--input=x={self.root / 'x.npz'}"], "given twice")
        self.fails(ADD, [f"--input=y={self.root / 'x.npz'}"], 'has no array "y" among its 1')
        self.fails(ADD, [f"--input=w={y}"], '"w" is not an input')
        self.fails(ADD, ["--input", y], "name one: --input NAME=", code=2)

    def test_raw_files_of_the_wrong_size(self):
        odd = self.put("odd.bin", bytes(65))
        self.fails(CONV, ["--input", odd], "odd.bin: 65 bytes, expected a multiple of 64", "f32 Nx1x4x4")
        self.fails(CONV, ["--input", odd, "--shape", "x=1,1,4,4"], "odd.bin: 65 bytes, expected 64", "f32 1x1x4x4")
        self.fails(CONV, ["--input", self.put("x.bin", bytes(64)), "--shape", "x=1,1,2,8"], "got f32 1x1x2x8", "Nx1x4x4")
        self.fails(ADD, [f"--input=x={odd}", f"--input=y={odd}"], "expected 240 for input \"x\" of f32 3x4x5")
        bools = self.put("c.bin", b"\1\0\2\0")
        self.fails(WHERE, [f"--input=condition={bools}"], "c.bin: element 2 of a bool tensor is byte 2")

    def test_shapes_that_say_nothing(self):
        x = self.put("x.bin", bytes(64))
        for shape in ("x", "x=a", "x=1,,2", "x=1,", "x=-1", "=1"):
            self.fails(CONV, ["--input", x, "--shape", shape], f"--shape {shape}: expected NAME=SIZE", code=2)
        self.fails(CONV, ["--input", x, "--shape", "x=4611686018427387904,16,4,4"], "more elements than memory", code=2)
        self.fails(CONV, ["--input", self.put("x.npy", npy("f", (1, 1, 4, 4), range(16))), "--shape", "x=1,1,4,4"],
                   "only for an input from a raw file", code=2)

    def test_numpy_reads_and_writes_them(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("no numpy")
        x, y = (numpy.random.default_rng(1).random((3, 4, 5), dtype=numpy.float32) for _ in range(2))
        for save in (numpy.savez, numpy.savez_compressed):
            save(self.root / "n.npz", x=x, y=y)
            self.run_model(ADD, "--input", self.root / "n.npz", "--output", self.root / "out.npz")
            self.assertTrue(numpy.array_equal(numpy.load(self.root / "out.npz")["sum"], x + y))
        x.tofile(self.root / "x.bin")
        y.tofile(self.root / "y.bin")
        self.run_model(ADD, f"--input=x={self.root / 'x.bin'}", f"--input=y={self.root / 'y.bin'}", "--output", self.root / "o.raw")
        self.assertTrue(numpy.array_equal(numpy.fromfile(self.root / "o.raw", numpy.float32), (x + y).ravel()))


if __name__ == "__main__":
    unittest.main()
