#!/usr/bin/env python3
"""espalier bench: its figures as JSON, shapes of open dimensions, and the timeline of a few runs."""
import json
import pathlib
import tempfile
import unittest

from onnx_file import long_names, open_picture
from workspace import espalier

MODEL = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus" / "conv_7.onnx"


class Bench(unittest.TestCase):
    def bench(self, *arguments):
        return espalier("bench", MODEL, "--seconds", "0.05", "--threads", 1, *arguments)

    def test_figures(self):
        found = json.loads(self.bench("--batch", 3, "--json").stdout)
        self.assertEqual((found["batch"], found["threads"]), (3, 1))
        self.assertGreaterEqual(found["runs"], 5)
        self.assertLessEqual(found["low_ms"], found["median_ms"])
        self.assertLessEqual(found["median_ms"], found["high_ms"])
        self.assertEqual([layer["op"] for layer in found["layers"]][0], "Conv")
        self.assertTrue(all(layer["kernel"] and layer["why"] for layer in found["layers"]))

    def test_against_another_file(self):
        found = json.loads(self.bench("--against", MODEL, "--json").stdout)
        self.assertGreaterEqual(found["network"]["runs"], 3)
        self.assertGreater(found["against"]["median_ms"], 0)
        self.assertLessEqual(found["share_interval"][0], found["share"])
        self.assertLessEqual(found["share"], found["share_interval"][1])
        self.assertIn("in turn: ", self.bench("--against", MODEL).stdout)
        result = self.bench("--against", MODEL, "--would-pay")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn("--against only compares times", result.stderr)

    def test_steps_of_compiling(self):
        """Their times are in the JSON; an optional one can be left out, and the network computes the same."""
        found = json.loads(self.bench("--without", "attach-post-operations", "--json").stdout)
        steps = [entry["step"] for entry in found["compile"]]
        self.assertIn("tune-layers", steps)
        self.assertTrue(all(entry["us"] >= 0 for entry in found["compile"]))
        for step, word in (("fuse", "link-panels"), ("build-program", "cannot be left out")):
            result = self.bench("--without", step)
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)
            self.assertIn(word, result.stderr)

    def test_shapes(self):
        self.assertEqual(self.bench("--shape", "x=5,1,4,4").returncode, 0)
        for shape, word in (("x=5,1,4,5", "expected Nx1x4x4"), ("w=1", "not an input"), ("x", "NAME=SIZE")):
            result = self.bench("--shape", shape)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(len(result.stderr.splitlines()), 1)
            self.assertIn(word, result.stderr)

    def test_other_precisions_are_compared_with_f32_or_refused(self):
        flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
        for precision, wanted, named in (
            ("bf16", {"avx512_bf16", "amx_bf16"}, "AVX-512 BF16 or AMX"),
            ("f16", {"avx512_fp16"}, "AVX-512 FP16"),
        ):
            result = self.bench("--precision", precision, "--json")
            if wanted & set(flags):
                found = json.loads(result.stdout)["against_f32"]
                self.assertGreater(found["median_ms"], 0)
                self.assertLess(found["largest_difference"], 0.05 * found["largest_output"])
            else:
                self.assertEqual((result.returncode, len(result.stderr.splitlines())), (1, 1), result.stderr)
                self.assertIn(f"precision {precision}: this processor has no instructions for it ({named}); it has ",
                              result.stderr)

    def test_open_dimensions_name_the_option(self):
        with tempfile.TemporaryDirectory() as folder:
            model = open_picture(pathlib.Path(folder) / "open.onnx")
            result = espalier("bench", model, "--seconds", "0.05")
            sized = espalier("bench", model, "--seconds", "0.05", "--shape", "x=1x3x8x8")
        self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)
        self.assertIn('H and W of input "x" (Nx3xHxW) are open: give sizes, as in --shape x=1x3xHxW', result.stderr)
        self.assertEqual(sized.returncode, 0, sized.stderr)

    def test_text(self):
        """A network that is left dense is its own comparison: no speed-up is claimed, and no time is "1 µs (1–1)"."""
        text = self.bench().stdout
        self.assertIn("no difference to dense", text.splitlines()[-1])
        self.assertNotRegex(text, r"\b(\d) µs \(\1–\1\)")
        with tempfile.TemporaryDirectory() as folder:
            model = long_names(pathlib.Path(folder) / "long.onnx", zeros=0.95)
            text = espalier("bench", model, "--seconds", "0.05", "--threads", 1).stdout
            wide = espalier("bench", model, "--seconds", "0.05", "--threads", 1, "--wide").stdout
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()), text)
        self.assertIn("query/MatMul", wide)
        self.assertIn("encoder/" + "block/" * 29, wide)

    def test_timeline(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "trace.json"
            result = self.bench("--trace", file, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            events = json.loads(file.read_text())["traceEvents"]
        layers = json.loads(result.stdout)["layers"]
        self.assertIn("conv_7.onnx", next(e for e in events if e["name"] == "process_name")["args"]["name"])
        events = [event for event in events if event["ph"] != "M"]
        self.assertTrue(all(event["ph"] == "X" and event["dur"] >= 0 and event["pid"] == event["tid"] == 1 for event in events))
        runs = [event for event in events if event["cat"] == "run"]
        steps = [event for event in events if event["cat"] == "step"]
        self.assertEqual([run["name"] for run in runs], ["run 1", "run 2", "run 3"])
        self.assertEqual(len(steps), sum(run["args"]["steps"] for run in runs))
        for before, after in zip(runs, runs[1:]):
            self.assertLess(before["ts"] + before["dur"], after["ts"])
        slack = 1e-3  # us, of numbers written as text
        for run in runs:
            inside = [s for s in steps if run["ts"] - slack <= s["ts"] and s["ts"] + s["dur"] <= run["ts"] + run["dur"] + slack]
            self.assertEqual(len(inside), run["args"]["steps"])
            self.assertLessEqual(sum(s["dur"] for s in inside), run["dur"] + slack)
            self.assertAlmostEqual(sum(s["dur"] for s in inside), run["args"]["us_in_steps"], delta=slack)
            names = [part for s in inside for part in s["args"]["layers"]]
            self.assertEqual([part["op"] for part in names if part["kernel"] != "view"],
                             [layer["op"] for layer in layers if layer["kernel"] not in ("view", "folded")])
        for step in steps:
            self.assertTrue(step["name"] and step["args"]["op"] and step["args"]["kernel"] and step["args"]["why"])
            self.assertEqual(step["args"]["threads"], 1)

    def test_a_trace_that_cannot_be_written(self):
        result = self.bench("--trace", "/nowhere/trace.json")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere/trace.json", result.stderr)


if __name__ == "__main__":
    unittest.main()
