#!/usr/bin/env python3
"""espalier inspect: a table that fits, JSON with all of it, a page that loads nothing, one line for what is wrong."""
import json
import pathlib
import re
import tempfile
import unittest

from onnx_file import long_names, open_picture
from workspace import espalier

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus"
MODEL = CORPUS / "conv_7.onnx"  # Conv of 2x1x3x3 on 4x4, BatchNormalization, Relu, two pools, Flatten


class Inspect(unittest.TestCase):
    def test_json(self):
        found = json.loads(espalier("inspect", MODEL, "--json").stdout)
        self.assertEqual(found["parameters"], 18 + 4 * 2)
        self.assertEqual(found["macs"], 18 * 16)
        self.assertEqual(found["inputs"][0]["shape"], ["N", 1, 4, 4])
        self.assertEqual(sum(found["histogram"]["counts"]), 18)
        conv = found["layers"][0]
        self.assertEqual((conv["op"], conv["weight"], conv["granularity"]), ("Conv", [2, 1, 3, 3], "dense"))
        self.assertEqual(found["metadata"], {"a": "b"})

    def test_text_fits_and_lists_what_is_asked_for(self):
        text = espalier("inspect", MODEL).stdout
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)
        self.assertRegex(text, r"Conv +Nx2x4x4 +18 +288 +100\.0 % +dense")
        self.assertIn("1 Relu", text)
        self.assertGreater(espalier("inspect", MODEL, "--all").stdout.count("Nx2"), text.count("Nx2"))

    def test_page_loads_and_runs_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.html"
            result = espalier("inspect", MODEL, "--html", page)
            self.assertEqual(result.returncode, 0, result.stderr)
            html = page.read_text()
        self.assertNotIn("<script", html)
        self.assertIsNone(re.search(r'(src|href)="(?!#)', html))
        for wanted in ("conv_7.onnx", "Nx2x4x4", "2x1x3x3", "<svg class=\"histogram\""):
            self.assertIn(wanted, html)

    def test_open_dimensions_are_not_counted_as_one(self):
        with tempfile.TemporaryDirectory() as folder:
            model = open_picture(pathlib.Path(folder) / "open.onnx")
            found = json.loads(espalier("inspect", model, "--json").stdout)
            text = espalier("inspect", model).stdout
            at_size = json.loads(espalier("inspect", model, "--shape", "x=1x3x32x24", "--json").stdout)
            sized = espalier("inspect", model, "--shape", "x=2,3,32,24")
            page = pathlib.Path(folder) / "page.html"
            espalier("inspect", model, "--html", page)
            html = page.read_text()
            unknown = espalier("inspect", model, "--shape", "y=1x3x32x24")
            wrong = espalier("inspect", model, "--shape", "x=1x4x32x24")
        self.assertEqual((found["macs"], found["nodes_not_counted"], found["macs_at_least"]), (None, 2, 160))
        self.assertIsNone(found["layers"][0]["macs"])
        self.assertRegex(text, r"Conv +Nx8x\?x\? +224 +\? ")
        self.assertIn('not known: H and W of input "x" (Nx3xHxW) are open', " ".join(text.split()))
        self.assertIn("--shape x=1x3xHxW", text)
        self.assertIn("--shape x=1x3xHxW", html)
        macs = 8 * 3 * 9 * 16 * 12 + 16 * 8 * 9 * 8 * 6 + 160
        self.assertEqual((at_size["macs"], at_size["counted_at"]), (macs, "1x3x32x24"))
        self.assertIn(f"for one example at 2x3x32x24: {macs / 1000:.1f} k", " ".join(sized.stdout.split()))
        for result, words in ((unknown, 'a shape for "y"'), (wrong, "expected Nx3xHxW")):
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)
            self.assertIn(words, result.stderr)

    def test_names_are_shortened_in_the_middle(self):
        with tempfile.TemporaryDirectory() as folder:
            model = long_names(pathlib.Path(folder) / "long.onnx")
            text = espalier("inspect", model).stdout
            wide = espalier("inspect", model, "--wide").stdout
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)
        self.assertRegex(text, r"encoder/[^ ]*…[^ ]*query/MatMul")
        self.assertIn("encoder/" + "block/" * 29 + "query/MatMul", wide)

    def test_all_parameters_are_spoken_of(self):
        text = " ".join(espalier("inspect", MODEL).stdout.split())
        self.assertIn("100.0 % of 18 prunable weights left; 8 parameters are not prunable: 4 normalisation, "
                      "4 running statistics", text)
        found = json.loads(espalier("inspect", MODEL, "--json").stdout)
        self.assertEqual(found["prunable"] + sum(found["not_prunable"].values()), found["parameters"])

    def test_data_that_is_not_there(self):
        result = espalier("inspect", CORPUS / "external.onnx")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r'^espalier: .*initialiser "w": its data is in "w.bin": No such file.*\n$')


if __name__ == "__main__":
    unittest.main()
