"""Decision trees: pruned, inspected, compiled and measured as networks are."""

import pathlib

import numpy as np
import pytest

import espalier

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "corpus"


@pytest.fixture
def trees() -> espalier.Graph:
    return espalier.load(CORPUS / "tree_boosted.onnx")


@pytest.fixture
def rows(trees) -> dict[str, np.ndarray]:
    columns = trees.inputs[0].shape[-1]
    x = np.random.default_rng(1).uniform(-3, 3, (60, columns)).astype(np.float32)
    y = espalier.compile(trees, tuning="none")(x)
    labels = y[0] if isinstance(y, (tuple, list)) else y
    return {"x_train": x, "y_train": np.asarray(labels).ravel()}


def test_what_goes(trees, rows):
    with pytest.raises(espalier.InvalidArgument, match="say how much"):
        espalier.prune(trees, data=rows)
    pruned = espalier.prune(trees, data=rows, amount=1e9)
    assert pruned.nodes[0].after.nodes < pruned.nodes[0].before.nodes
    assert "nodes left" in repr(pruned)
    again = espalier.prune(trees, data=rows, amount=0)
    assert again.nodes[0].before.nodes == pruned.nodes[0].after.nodes  # in place


def test_lossless_needs_no_rows(trees, rows):
    before = espalier.compile(trees, tuning="none")(rows["x_train"])
    espalier.prune(trees, criterion="lossless", data={})
    after = espalier.compile(trees, tuning="none")(rows["x_train"])
    assert np.array_equal(np.asarray(before), np.asarray(after))


def test_bad_calls_change_nothing(trees, rows):
    for arguments, error in (({"sparsity": 0.5}, espalier.InvalidArgument),
                             ({"criterion": "magnitudes"}, espalier.InvalidArgument),
                             ({"data": {**rows, "x_train": rows["x_train"][:, :0]}, "amount": 1}, espalier.BadData),
                             ({"data": {**rows, "z": rows["x_train"]}, "amount": 1}, espalier.BadData)):
        with pytest.raises(error):
            espalier.prune(trees, **{"data": rows, **arguments})
    with pytest.raises(espalier.InvalidArgument, match="for trees"):
        espalier.prune(espalier.model("lenet-300-100"), sparsity=0.5, folds=5)


def test_inspect_compile_benchmark(trees):
    assert "tree" in str(trees.inspect()).lower()
    assert espalier.benchmark(trees, seconds=0.01, tuning="none").median_ms > 0
