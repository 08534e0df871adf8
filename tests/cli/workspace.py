"""What the tests of the command line share: the program, a small data set in real files, a finished run.

A test is started as `NAME_test.py ESPALIER [unittest arguments]`."""
import gzip
import hashlib
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

ESPALIER = pathlib.Path(sys.argv.pop(1)).resolve()
TRAINER = ESPALIER.with_name("espalier-train")

RECIPE = """
[data]
dataset = "fashion-mnist"
path = "{data}"
validation = 100
[train]
steps = "3ep"
batch_size = 50
[prune]
rounds = 2
rate = 0.6
[retrain]
to = "5it"
[experiment]
replicates = 2
controls = ["reinitialize", "random-mask"]
control_levels = [2]
evaluate_every = "10it"
[bench]
batch = 16
"""


def write_idx(path, dims, data):
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(struct.pack(f">BBBB{len(dims)}I", 0, 0, 8, len(dims), *dims) + bytes(data))


def make_dataset(folder, train=700, test=200):
    """28x28 images whose bright rows tell the class."""
    folder.mkdir(parents=True)
    rng = random.Random(1)
    for part, count in (("train", train), ("t10k", test)):
        labels = [rng.randrange(10) for _ in range(count)]
        images = bytearray()
        for label in labels:
            noise = rng.randbytes(28 * 28)
            images += bytes(v // 2 + (120 if (i // 28) % 10 == label else 0) for i, v in enumerate(noise))
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", (count, 28, 28), images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", (count,), labels)


def espalier(*arguments, cwd=None, timeout=120, **options):
    return subprocess.run([ESPALIER, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=timeout,
                          **options)


def tickets(run):
    """name -> hash of every ticket and every stage's tensors."""
    files = sorted(run.glob("tickets/*.onnx")) + sorted(run.glob("stages/*/*.safetensors"))
    return {str(f.relative_to(run)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


class Workspace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name)
        make_dataset(cls.root / "data")
        cls.recipe = cls.root / "small.toml"
        cls.recipe.write_text(RECIPE.format(data=cls.root / "data"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def fails(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def fails_last(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr.splitlines()[-1])


class Trained(Workspace):
    """A workspace with a finished run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_folder = cls.root / "run"
        cls.result = espalier("ticket", cls.recipe, "--run", cls.run_folder, "--jobs", 2)
