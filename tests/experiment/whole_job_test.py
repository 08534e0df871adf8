#!/usr/bin/env python3
"""Runs whole_job on a small data set in real files: `whole_job_test.py ESPALIER WHOLE_JOB`."""
import pathlib
import subprocess
import sys
import tempfile

JOB = pathlib.Path(sys.argv.pop(2)).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))
from workspace import RECIPE, make_dataset  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_dataset(folder / "data")
        (folder / "small.toml").write_text(RECIPE.format(data=folder / "data"))
        result = subprocess.run([JOB, folder / "small.toml", folder], capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr
        # 266,200 weights of LeNet-300-100, a tenth of them left.
        assert result.stdout.startswith("26620 of 266200 weights, "), result.stdout
        assert result.stdout.endswith("logits 8x10\n"), result.stdout
        assert result.stderr == "", result.stderr
        assert (folder / "run" / "report.html").exists() and (folder / "pruned.onnx").exists()
        lines = [line for line in (pathlib.Path(__file__).parent / "whole_job.cpp").read_text().splitlines() if line.strip()]
        assert len(lines) <= 30 + 6, f"{len(lines)} lines"  # beside the includes


if __name__ == "__main__":
    main()
