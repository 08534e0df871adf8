#!/usr/bin/env python3
"""Data sets of one's own through the program: folders of pictures, NumPy arrays, augmentation, and what goes wrong."""
import contextlib
import json
import random
import sqlite3
import struct
import unittest
import zipfile
import zlib

from workspace import Workspace, espalier, tickets

SIDE = 12

TEXT = """
[data]
dataset = "{dataset}"
path = "{path}"
validation = 20
flip = true
crop = 2
[train]
steps = "2ep"
batch_size = 30
[prune]
rounds = 1
[experiment]
replicates = 1
"""


def png(pixels):
    """An RGB picture of SIDE x SIDE."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + pixels[i:i + 3 * SIDE] for i in range(0, len(pixels), 3 * SIDE))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def npy(kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def examples(rng, count):
    for i in range(count):
        yield i % 3, bytes((v // 2 + (120 if k % 3 == i % 3 else 0)) for k, v in enumerate(rng.randbytes(3 * SIDE * SIDE)))


class OwnData(Workspace):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(1)
        cls.pictures = cls.root / "pictures"
        with zipfile.ZipFile(cls.root / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for part, count in (("train", 120), ("test", 60)):
                images, labels = bytearray(), []
                for i, (label, pixels) in enumerate(examples(rng, count)):
                    folder = cls.pictures / part / f"class-{label}"
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f"{i:03}.png").write_bytes(png(pixels))
                    images += pixels[0::3] + pixels[1::3] + pixels[2::3]
                    labels.append(label)
                archive.writestr(f"x_{part}.npy", npy("|u1", (count, 3, SIDE, SIDE), images))
                archive.writestr(f"y_{part}.npy", npy("<i8", (count,), struct.pack(f"<{count}q", *labels)))

    def ticket(self, dataset, path, run, *options):
        recipe = self.root / "own.toml"
        recipe.write_text(TEXT.format(dataset=dataset, path=path))
        return espalier("ticket", recipe, "--run", self.root / run, *options)

    def test_pictures_and_arrays_train(self):
        for dataset, path in (("image-folder", self.pictures), ("npz", self.root / "arrays.npz")):
            result = self.ticket(dataset, path, f"run-{dataset}")
            self.assertEqual(result.returncode, 0, result.stderr)
            ticket = next((self.root / f"run-{dataset}" / "tickets").glob("*.onnx"))
            run = espalier("run", ticket, "--dataset", dataset, "--data-path", path, "--json")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(json.loads(run.stdout)["examples"], 60)

    def test_tickets_are_measured_on_the_part_that_is_tested(self):
        # No share of all 60 but 0 and 1 is a share of 19, and a network that is hardly trained has neither.
        result = self.ticket("npz", self.root / "arrays.npz", "run-part", "--set", "data.test=19",
                             "--set", "train.steps=2it", "--set", "train.optimizer.learning_rate=1e-6")
        self.assertEqual(result.returncode, 0, result.stderr)
        with contextlib.closing(sqlite3.connect(self.root / "run-part" / "run.sqlite")) as run:
            accuracies = [row[0] for row in run.execute("SELECT test_accuracy FROM latencies")]
        self.assertTrue(accuracies)
        for accuracy in accuracies:
            self.assertNotIn(accuracy, (0, 1), "says nothing")
            self.assertAlmostEqual(accuracy * 19, round(accuracy * 19))

    def test_the_same_command_gives_the_same_bytes(self):
        for run in ("first", "second"):
            self.assertEqual(self.ticket("image-folder", self.pictures, run).returncode, 0)
        self.assertEqual(tickets(self.root / "first"), tickets(self.root / "second"))

    def test_a_damaged_picture(self):
        victim = self.pictures / "train" / "class-1" / "001.png"
        whole = victim.read_bytes()
        try:
            victim.write_bytes(whole[:100])
            self.fails(self.ticket("image-folder", self.pictures, "bad"), 1, str(victim), "damaged PNG")
        finally:
            victim.write_bytes(whole)

    def test_missing_data_say_where_to_get_them(self):
        self.fails(self.ticket("cifar-10", self.root / "none", "bad"), 1, "none", "cifar-10-binary.tar.gz", "data.path")
        self.fails(self.ticket("npz", self.root / "none.npz", "bad"), 1, "none.npz", "x_train")

    def test_a_crop_larger_than_the_picture(self):
        recipe = self.root / "crop.toml"
        recipe.write_text(TEXT.format(dataset="image-folder", path=self.pictures).replace("crop = 2", "crop = 12"))
        self.fails(espalier("ticket", recipe, "--run", self.root / "bad"), 2, "crop.toml:7:", "3x12x12", "0 to 11")

    def test_a_network_of_fewer_classes(self):
        self.assertEqual(self.ticket("npz", self.root / "arrays.npz", "few").returncode, 0)
        ticket = next((self.root / "few" / "tickets").glob("*.onnx"))
        many = self.root / "many.npz"
        with zipfile.ZipFile(many, "w") as archive:
            for part in ("train", "test"):
                archive.writestr(f"x_{part}.npy", npy("|u1", (5, 3, SIDE, SIDE), random.Random(2).randbytes(15 * SIDE * SIDE)))
                archive.writestr(f"y_{part}.npy", npy("|u1", (5,), bytes(range(5))))
        self.fails(espalier("run", ticket, "--dataset", "npz", "--data-path", many), 1, "3 classes", "label 4")


if __name__ == "__main__":
    unittest.main()
