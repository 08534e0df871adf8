"""Cuts by what layers see, and repairs of what was removed."""

import math

import numpy as np
import pytest

import espalier


@pytest.fixture
def data() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((64, 1, 28, 28), dtype=np.float32)


def outputs_of(graph, data):
    return espalier.compile(graph, tuning="none", choice="dense")(data)


def relative_error(got, wanted):
    return float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted))


def test_wanda_is_its_formula(graph, data):
    """fc1 keeps, of all its weights, those with the largest |w| times the norm of their input."""
    before = graph.weights()["fc1.weight"].copy()
    plan = espalier.prune(graph, sparsity=0.5, criterion="wanda", scope="layer-wise", calibrate={"input": data})
    score = np.abs(before) * np.linalg.norm(data.reshape(64, -1), axis=0)
    wanted = score >= np.sort(score, axis=None)[score.size // 2]
    kept = graph.masks["fc1.weight"]
    assert int(kept.sum()) == score.size // 2
    assert (kept != wanted).mean() < 1e-4  # ties of rounding
    assert set(plan.layer_errors) == {"fc1.weight", "fc2.weight", "fc3.weight"}


def test_errors_are_those_of_the_outputs(graph, data):
    wanted = outputs_of(graph, data)
    plan = espalier.prune(graph, sparsity=0.7, calibrate={"input": data})
    assert plan.output_error == pytest.approx(relative_error(outputs_of(graph, data), wanted), rel=1e-3)
    assert all(0 < error < 1 for error in plan.layer_errors.values()) and "differ" in repr(plan)


def test_methods_that_change_values_lose_less(graph, data):
    def error(**how):
        return espalier.prune(graph.copy(), sparsity=0.7, scope="layer-wise", calibrate={"input": data}, **how).output_error

    plain = error()
    assert error(reconstruct="refit") < plain and error(criterion="sparsegpt") < plain
    assert error(criterion="wanda", reconstruct=["dsnot", "flap"]) < plain


def test_scope_follows_the_criterion(graph, data):
    by_layer = espalier.prune(graph.copy(), sparsity=0.7, criterion="sparsegpt", calibrate={"input": data})
    assert {round(layer.kept / layer.count, 2) for layer in by_layer.layers} == {0.3}
    shares = {layer.kept / layer.count for layer in espalier.prune(graph, sparsity=0.7).layers}
    assert max(shares) - min(shares) > 0.01


def test_data_may_be_runs_or_a_file(graph, data, tmp_path):
    np.save(tmp_path / "x.npy", data)
    given = ({"input": data}, [{"input": data[:32]}, {"input": data[32:]}], tmp_path / "x.npy", str(tmp_path / "x.npy"), tmp_path)
    plans = [espalier.prune(graph.copy(), sparsity=0.9, criterion="wanda", calibrate=data) for data in given]
    assert len({round(plan.output_error, 5) for plan in plans}) == 1


def test_repair_after_a_removal(graph, data):
    wanted = outputs_of(graph, data)
    removal = espalier.prune(graph, remove=True, sparsity=0.2, calibrate={"input": data}, repair="least-squares")
    assert removal.output_error < removal.output_error_unrepaired
    assert removal.output_error == pytest.approx(relative_error(outputs_of(graph, data), wanted), rel=1e-2)
    assert "fc2.weight" in removal.repaired and "without repair" in repr(removal)


def test_removal_by_what_the_outputs_lose(graph, data):
    other, wanted = graph.copy(), outputs_of(graph, data)
    espalier.prune(graph, remove=True, sparsity=0.3, criterion="fisher", calibrate={"input": data})
    espalier.prune(other, remove=True, sparsity=0.3, criterion="random")
    assert relative_error(outputs_of(graph, data), wanted) < relative_error(outputs_of(other, data), wanted)


def test_widths_and_sizes(graph):
    espalier.prune(graph, remove=True, widths={"fc1.weight": 128})
    assert graph.weights()["fc1.weight"].shape == (128, 784)
    espalier.prune(graph, remove=True, sparsity=0.5, round_to=16)
    assert graph.weights()["fc1.weight"].shape[0] % 16 == 0


def test_progress_and_stopping(graph, data):
    told = []
    espalier.prune(graph.copy(), sparsity=0.5, criterion="sparsegpt", calibrate={"input": data},
                   progress=lambda share, what: told.append((share, what)))
    assert told and all(0 <= share <= 1 for share, _ in told)

    def enough(share, what):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        espalier.prune(graph, sparsity=0.5, criterion="alps", calibrate={"input": data}, progress=enough)
    assert graph.inspect().prunable_nonzeros == 266200


@pytest.mark.parametrize(("arguments", "error", "text"), [
    ({"criterion": "wanda"}, espalier.InvalidArgument, "calibrat"),
    ({"reconstruct": "refit"}, espalier.InvalidArgument, "calibrat"),
    ({"criterion": "sparsegpt", "calibrate": {}}, espalier.BadData, "missing"),
    ({"criterion": "wanda", "calibrate": []}, espalier.InvalidArgument, "no data"),
    ({"criterion": "wanda", "calibrate": {"y": None}}, espalier.InvalidArgument, "NoneType"),
    ({"criterion": "wanda", "calibrate": [3]}, espalier.InvalidArgument, "got a sequence with int"),
    ({"criterion": "wanda", "calibrate": 3}, espalier.InvalidArgument, "got int"),
    ({"criterion": "wanda", "calibrate": "no.npz"}, espalier.IoError, "no.npz"),
    ({"reconstruct": "refitt", "calibrate": "data"}, espalier.InvalidArgument, "did you mean"),
    ({"reconstruct": "sparsegpt", "calibrate": "data"}, espalier.InvalidArgument, "criterion"),
    ({"calibrate": "nan"}, espalier.BadData, "finite"),
    ({"calibrate": "f64"}, espalier.BadData, "f64"),
    ({"calibrate": "data", "remove": True}, espalier.InvalidArgument, "reads none"),
    ({"criterion": "fisher", "remove": True}, espalier.InvalidArgument, "squared gradient"),
    ({"repair": "statistics", "remove": True}, espalier.InvalidArgument, "repair needs calibrate"),
    ({"repair": "magic", "remove": True, "calibrate": "data"}, espalier.InvalidArgument, "magic"),
    ({"reconstruct": "refit", "remove": True, "calibrate": "data"}, espalier.InvalidArgument, "repair"),
    ({"repair": "statistics", "calibrate": "data"}, espalier.InvalidArgument, "remove=True"),
    ({"widths": {"fc1.weight": 3}}, espalier.InvalidArgument, "remove=True"),
    ({"shapes": {"input": [1, 1, 2, 2]}}, espalier.InvalidArgument, "2"),
    ({"sensitivity": "no.csv", "scope": "sensitivity"}, espalier.IoError, "no.csv"),
])
def test_refuses(graph, data, arguments, error, text):
    arrays = {"data": data, "nan": data * math.nan, "f64": data.astype(np.float64)}
    how = {"sparsity": 0.5, **arguments}
    if how.get("calibrate") in tuple(arrays):
        how["calibrate"] = {"input": arrays[how["calibrate"]]}
    with pytest.raises(error, match=text):
        espalier.prune(graph, **how)
    assert graph.inspect().prunable_nonzeros == 266200
