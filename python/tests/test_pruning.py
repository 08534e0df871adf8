"""Cuts and removals, and that a graph which could not be cut is as it was."""

import _thread
import re
import threading

import numpy as np
import pytest

import espalier


def test_cuts_exactly(graph):
    plan = espalier.prune(graph, sparsity=0.9)
    masks = graph.masks
    assert plan.count == 266200 and plan.kept == 26620 == sum(int(mask.sum()) for mask in masks.values())
    assert all(mask.dtype == bool for mask in masks.values())
    weights = graph.weights()
    for name, mask in masks.items():
        assert np.array_equal(weights[name] != 0, mask)
    assert [layer.name for layer in plan.layers] == ["fc1.weight", "fc2.weight", "fc3.weight"]


def test_kept_weights_stay_whole(graph):
    espalier.prune(graph, sparsity=0.9, keep=["fc3*"])
    assert graph.masks["fc3.weight"].all() and not graph.masks["fc1.weight"].all()
    with pytest.raises(espalier.InvalidArgument, match="did you mean"):
        espalier.prune(graph, sparsity=0.9, keep=["fc3.wieght"])


def test_copies_change_by_themselves(graph):
    other = graph.copy()
    espalier.prune(other, sparsity=0.5)
    assert graph.inspect().prunable_nonzeros == 266200 and other.inspect().prunable_nonzeros == 133100


def test_blocks(graph):
    espalier.prune(graph, sparsity=0.75, granularity="block 4x1")
    mask = graph.masks["fc1.weight"].reshape(75, 4, 784)
    assert np.array_equal(mask.any(axis=1), mask.all(axis=1))


def test_outputs_reordered_first_keep_more(graph):
    whole = graph.copy()
    plan = espalier.prune(graph, sparsity=0.75, granularity="block 4x1", permute=True)
    as_they_lay, reordered = plan.magnitude_kept
    assert 0 < as_they_lay < reordered < 1
    left = sum(float(np.abs(weight[graph.masks[name]]).sum()) for name, weight in graph.weights().items() if name in graph.masks)
    total = sum(float(np.abs(whole.weights()[name]).sum()) for name in graph.masks)
    assert left / total == pytest.approx(reordered, rel=1e-3)
    with pytest.raises(espalier.InvalidArgument):
        espalier.prune(graph, sparsity=0.9, permute=True)  # single weights are in no group


def test_masks_back(graph):
    masks = {"fc1.weight": np.zeros((300, 784), dtype=bool)}
    masks["fc1.weight"][:, ::2] = True
    graph.apply_masks(masks)
    assert np.array_equal(graph.masks["fc1.weight"], masks["fc1.weight"])
    before = graph.weights()["fc1.weight"]
    for bad in ({"fc9": masks["fc1.weight"]}, {"fc1.weight": masks["fc1.weight"][:-1]},
                {"fc1.weight": masks["fc1.weight"].astype(np.float32)}):
        with pytest.raises(espalier.InvalidArgument):
            graph.apply_masks(bad)
    assert np.array_equal(graph.weights()["fc1.weight"], before)


def test_removal(graph, x):
    told = []
    removal = espalier.prune(graph, remove=True, sparsity=0.5, progress=lambda share, what: told.append(share))
    assert removal.difference < 1e-4 and removal.groups
    assert graph.weights()["fc1.weight"].shape[0] < 300
    assert espalier.compile(graph, tuning="none")(x).shape == (4, 10)


def test_removal_to_widths_that_pay_here(graph):
    removal = espalier.prune(graph, remove=True, sparsity=0.5, round_to="auto", threads=2)
    step = int(re.search(r"widths are multiples of (\d+)", " ".join(removal.notes))[1])
    assert graph.weights()["fc1.weight"].shape[0] % step == 0
    with pytest.raises(espalier.InvalidArgument, match="multiples of sometimes"):
        espalier.prune(graph, remove=True, sparsity=0.5, round_to="sometimes")


def test_removal_to_multiply_adds(graph):
    removal = espalier.prune(graph, remove=True, macs=0.5)
    assert abs(removal.reached / removal.goal - 1) < 0.01


@pytest.mark.parametrize("arguments", [
    {}, {"sparsity": 1.5}, {"sparsity": float("nan")}, {"sparsity": 0.5, "weights": 3}, {"latency": "0.5x", "sparsity": 0.5},
    {"remove": True}, {"remove": True, "latency": "fast"}, {"remove": True, "latency": "0x"},
    {"remove": True, "sparsity": 0.5, "macs": 0.5}, {"remove": True, "sparsity": 0.5, "granularity": "block 4x1"},
    {"sparsity": 0.5, "criterion": "magnitud"}, {"sparsity": 0.5, "criterion": "wanda"},
    {"sparsity": 0.5, "granularity": "block"}, {"sparsity": 0.5, "round_to": 8},
    {"remove": True, "sparsity": 0.5, "permute": True},
    {"sparsity": 0.5, "remove": True, "layers": {"fc1.weight": 0.5}},
    {"weights": 100, "criterion": "synflow"}, {"sparsity": 0.5, "score_rounds": -1},
])
def test_refuses(graph, arguments):
    with pytest.raises(espalier.InvalidArgument):
        espalier.prune(graph, **arguments)
    assert graph.inspect().nonzeros == espalier.model("lenet-300-100", seed=3).inspect().nonzeros


def test_synaptic_flow_in_rounds(graph):
    told = []
    espalier.prune(graph, sparsity=0.9, criterion="synflow", score_rounds=5, progress=lambda share, what: told.append(share))
    assert graph.inspect().prunable_nonzeros == 26620
    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_a_callback_that_raises_ends_a_removal(graph):
    def fail(share, what):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        espalier.prune(graph, remove=True, latency="0.5x", progress=fail)
    assert graph.weights()["fc1.weight"].shape == (300, 784)


def test_keyboard_interrupt_ends_a_removal():
    graph = espalier.model("resnet-20", example_shape=[3, 32, 32])
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        espalier.prune(graph, remove=True, latency="0.5x")
        threading.Event().wait(5)  # it was quicker
    assert graph.inspect().nonzeros == espalier.model("resnet-20", example_shape=[3, 32, 32]).inspect().nonzeros
