"""Decision trees: pruned, inspected, compiled and measured as networks are."""

import pathlib

import numpy as np
import pytest

import espalier

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus"


@pytest.fixture
def trees() -> espalier.Graph:
    return espalier.load(CORPUS / "tree_boosted.onnx")


def outputs(trees: espalier.Graph, x: np.ndarray) -> dict[str, np.ndarray]:
    return espalier.compile(trees, tuning="none").run({trees.inputs[0].name: x})


@pytest.fixture
def rows(trees) -> dict[str, np.ndarray]:
    x = np.random.default_rng(1).uniform(-3, 3, (60, 4)).astype(np.float32)
    return {"x_train": x, "y_train": outputs(trees, x)["label"]}


def test_what_goes(trees, rows):
    with pytest.raises(espalier.InvalidArgument, match="say how much"):
        espalier.prune(trees, data=rows)
    pruned = espalier.prune(trees, data=rows, criterion="ranked-trees", amount=1)
    assert (pruned.nodes[0].before.trees, pruned.nodes[0].after.trees) == (2, 1)
    assert "3 of 6 nodes left" in repr(pruned)
    again = espalier.prune(trees, data=rows, amount=0)
    assert again.nodes[0].before.nodes == 3  # in place


def test_lossless_needs_no_rows(trees, rows):
    before = outputs(trees, rows["x_train"])
    espalier.prune(trees, criterion="lossless", data={})
    after = outputs(trees, rows["x_train"])
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_bad_calls_change_nothing(trees, rows):
    for arguments, error in (({"sparsity": 0.5}, espalier.InvalidArgument),
                             ({"permute": True}, espalier.InvalidArgument),
                             ({"keep": "trees"}, espalier.InvalidArgument),
                             ({"criterion": "magnitudes"}, espalier.InvalidArgument),
                             ({"data": {**rows, "x_train": rows["x_train"][:, :2].copy()}, "amount": 1}, espalier.BadData),
                             ({"data": {**rows, "z": rows["x_train"]}, "amount": 1}, espalier.BadData)):
        with pytest.raises(error):
            espalier.prune(trees, **{"data": rows, **arguments})
    with pytest.raises(espalier.InvalidArgument, match="for trees"):
        espalier.prune(espalier.model("lenet-300-100"), sparsity=0.5, folds=5)


def test_inspect_compile_benchmark(trees):
    assert "2 trees" in str(trees) and trees.inspect().parameters == 0
    assert espalier.benchmark(trees, seconds=0.01, tuning="none").median_ms > 0
