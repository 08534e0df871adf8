#!/usr/bin/env python3
"""espalier inspect: a table that fits, JSON with all of it, a page that loads nothing, one line for what is wrong."""
import json
import pathlib
import re
import tempfile
import unittest

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

    def test_data_that_is_not_there(self):
        result = espalier("inspect", CORPUS / "external.onnx")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r'^espalier: .*initialiser "w": its data is in "w.bin": No such file.*\n$')


if __name__ == "__main__":
    unittest.main()
