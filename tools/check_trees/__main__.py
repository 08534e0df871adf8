"""Checks trees against scikit-learn and ONNX Runtime, and prints tables.

    python3 tools/check_trees ESPALIER paths|outputs|lossless|forest|many|times [--folder F] [--splits A:B] [--sets NAME,...]

Needs scikit-learn, skl2onnx, onnxmltools, xgboost, lightgbm, onnxruntime. `paths`: the whole weakest-link path and
ccp_alpha on ten data sets. `outputs`: classes and scores against ONNX Runtime, as read and pruned. `lossless`: bit-equal
on training rows, random rows and thresholds. `forest`: accuracy at a tenth of the nodes by every method, `many` on
100,000 rows. `times`: against ONNX Runtime, one thread.
"""
import argparse
import pathlib
import sys
import tempfile

from common import Checks
from forests import check_forest
from outputs import check_lossless, check_outputs
from paths import check_paths
from times import check_times


def main():
    parser = argparse.ArgumentParser(prog="check_trees")
    parser.add_argument("program")
    parser.add_argument("what", choices=["paths", "outputs", "lossless", "forest", "many", "times"])
    parser.add_argument("--folder", default=pathlib.Path(tempfile.gettempdir()) / "check_trees", type=pathlib.Path)
    parser.add_argument("--splits", default="0:5", help="seeds of the splits of `forest`")
    parser.add_argument("--sets", default="wine,iris,breast_cancer,digits", help="data sets of `forest`")
    parser.add_argument("--methods", default="", help="methods of `forest`, by name; all")
    arguments = parser.parse_args()
    checks = Checks(arguments.program, arguments.folder)
    chosen = {"seeds": range(*map(int, arguments.splits.split(":"))), "sets": arguments.sets.split(","),
              "only": arguments.methods.split(",") if arguments.methods else []}
    {"paths": check_paths, "outputs": check_outputs, "lossless": check_lossless,
     "forest": lambda made: check_forest(made, **chosen), "many": lambda made: check_forest(made, many=True, **chosen),
     "times": check_times}[arguments.what](checks)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
