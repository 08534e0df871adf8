"""Files, what a graph tells, exceptions, the program."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import espalier
from espalier import _program


def test_round_trip(graph, x, tmp_path):
    espalier.prune(graph, sparsity=0.5)
    path = tmp_path / "m.onnx"
    assert graph.save(path) == path.stat().st_size
    again = espalier.load(str(path))
    y = espalier.compile(graph, tuning="none")(x)
    assert np.array_equal(espalier.compile(again, tuning="none")(x), y)
    assert np.array_equal(espalier.compile(espalier.loads(path.read_bytes()), tuning="none")(x), y)
    small = tmp_path / "m.onnx.zst"
    graph.save(small, simplify=False)
    assert small.stat().st_size < path.stat().st_size and espalier.load(small).name == graph.name


def test_tells(graph):
    assert [(v.name, v.dtype, v.shape) for v in graph.inputs] == [("input", "f32", ("N", 1, 28, 28))]
    found = graph.inspect()
    assert found.parameters == 266610 and found.prunable == 266200
    assert "fc1" in str(graph) and "<table>" in graph._repr_html_() and "fc1" in found._repr_html_()
    assert "lenet-300-100" in repr(graph)


def test_text_is_escaped(graph, tmp_path):
    path = tmp_path / "m.onnx"
    graph.save(path, simplify=False)
    data = path.read_bytes().replace(b"fc1.weight", b"<b>.weight")
    assert "<b>" not in espalier.loads(data)._repr_html_()


def test_bad_files(tmp_path):
    with pytest.raises(espalier.IoError, match="no.onnx") as caught:
        espalier.load("no.onnx")
    assert isinstance(caught.value, OSError)
    for data in (b"", b"garbage", bytes(1000)):
        with pytest.raises(espalier.Error):
            espalier.loads(data)
    with pytest.raises(espalier.InvalidArgument, match="did you mean"):
        espalier.model("lenet-300-10")
    with pytest.raises(TypeError):
        espalier.load(3)


def test_every_exception_is_an_error():
    for name in ("InvalidArgument", "InvalidModel", "Unsupported", "BadRecipe", "BadData", "IoError", "OutOfMemory"):
        assert issubclass(getattr(espalier, name), espalier.Error)


def test_recipes(tmp_path):
    recipe = espalier.Recipe.from_text('[model]\nnetwork = "lenet-300-100"\n[data]\ndataset = "fashion-mnist"\n',
                                       changes=["prune.rate=0.3"])
    assert "rate = 0.3" in recipe.resolved()
    with pytest.raises(espalier.BadRecipe, match="2"):
        espalier.Recipe.from_text("[model]\nnetwrk = 1\n")


def test_experiments_say_what_they_need(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(espalier.Unsupported, match="espalier-train"):
        espalier.run_experiment("recipe.toml")
    with pytest.raises(espalier.Error):
        espalier.Run(tmp_path)


def test_the_trainer_of_the_environment_comes_first(tmp_path, monkeypatch):
    in_path, own = tmp_path / "path", tmp_path / "commands"
    monkeypatch.setenv("PATH", str(in_path))
    monkeypatch.setattr(_program, "commands", lambda: own)
    assert _program.trainer() is None
    for folder in (in_path, own):
        folder.mkdir()
        program = folder / "espalier-train"
        program.touch()
        assert _program.trainer() != program  # it cannot be run
        program.chmod(0o755)
        assert _program.trainer() == program


def test_the_program(tmp_path):
    done = subprocess.run([sys.executable, "-m", "espalier", "list", "criteria"], capture_output=True, text=True)
    assert done.returncode == 0 and "magnitude" in done.stdout
    done = subprocess.run([sys.executable, "-m", "espalier", "inspect", "no.onnx"], capture_output=True, text=True)
    assert done.returncode != 0 and "no.onnx" in done.stderr


def test_types_are_told():
    assert (pathlib.Path(espalier.__file__).parent / "py.typed").exists()
    assert all(hasattr(espalier, name) for name in espalier.__all__)
