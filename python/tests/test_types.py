"""The package is typed, and the stub of the core is what the core has."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import espalier

pytest.importorskip("mypy")

# Functions and classes of nanobind have types of their own, which stubtest does not take for functions and classes. That
# a name is missing, or that an argument is another one, it finds all the same.
OF_NANOBIND = re.compile(r"is not a function|metaclass differs|disjoint base|does not have \*args|stub is a staticmethod")


def run(*words):
    site = pathlib.Path(espalier.__file__).parent.parent
    environment = {**os.environ, "MYPYPATH": str(site), "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, env=environment, cwd="/")
    return done.stdout + done.stderr


def test_mypy():
    assert "no issues" in run("mypy", "--strict", str(pathlib.Path(espalier.__file__).parent))


def test_stubtest(tmp_path):
    lines = run("mypy.stubtest", "espalier", "--concise").splitlines()
    assert any("espalier._core.cut" in line for line in lines), lines[:5]  # it has looked
    assert [line for line in lines if line and not OF_NANOBIND.search(line)] == []


def test_mypy_finds_a_wrong_call(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import espalier\nespalier.prune(espalier.load('m'), sparsity='a lot')\n")
    assert "No overload variant" in run("mypy", "--strict", str(wrong))
