"""Time against ONNX Runtime and lleaves, one thread."""
import json

import numpy as np
import onnx
import onnxruntime
from sklearn import ensemble
from skl2onnx import to_onnx

from common import best_time, call


def random_trees(count, depth, columns, rng):
    """A regressor of complete trees, whose thresholds are uniform."""
    from onnx import TensorProto, helper
    inner, nodes = 2 ** depth - 1, 2 ** (depth + 1) - 1
    ids = np.arange(nodes)
    yes = np.where(ids < inner, 2 * ids + 1, 0)
    no = np.where(ids < inner, 2 * ids + 2, 0)
    of = {"nodes_treeids": np.repeat(np.arange(count), nodes), "nodes_nodeids": np.tile(ids, count),
          "nodes_truenodeids": np.tile(yes, count), "nodes_falsenodeids": np.tile(no, count),
          "nodes_featureids": rng.integers(0, columns, nodes * count),
          "target_treeids": np.repeat(np.arange(count), nodes - inner),
          "target_nodeids": np.tile(ids[inner:], count), "target_ids": np.zeros(count * (nodes - inner), np.int64)}
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1,
        nodes_modes=(["BRANCH_LEQ"] * inner + ["LEAF"] * (nodes - inner)) * count,
        nodes_values=rng.uniform(0, 1, nodes * count).astype(np.float32).tolist(),
        target_weights=rng.normal(size=count * (nodes - inner)).astype(np.float32).tolist(),
        **{key: value.astype(np.int64).tolist() for key, value in of.items()})
    graph = helper.make_graph([node], "trees", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, columns])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1),
                                                                 helper.make_opsetid("", 15)])


def boosted(folder, x, y, trees, leaves):
    """Trees of LightGBM as ONNX and, where lleaves is there, what it compiles of them for one thread."""
    import lightgbm
    from onnxmltools.convert import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType
    grown = lightgbm.LGBMRegressor(n_estimators=trees, num_leaves=leaves, verbose=-1).fit(x, y)
    model = convert_lightgbm(grown, initial_types=[("X", FloatTensorType([None, x.shape[1]]))])
    try:
        import lleaves
    except ImportError:
        return model, None
    grown.booster_.save_model(str(folder / "grown.txt"))
    compiled = lleaves.Model(model_file=str(folder / "grown.txt"))
    compiled.compile()
    return model, lambda rows: compiled.predict(rows, n_jobs=1)


def cases(folder, x, y, rng):
    """Name, ONNX, and what lleaves compiled."""
    yield "100 of depth 6", random_trees(100, 6, 28, rng), None
    yield "500 of depth 8", random_trees(500, 8, 28, rng), None
    forest = ensemble.RandomForestClassifier(100, max_depth=20, random_state=0, n_jobs=2).fit(x[:20000], y[:20000])
    yield "forest of depth 20", to_onnx(forest, x[:1], options={"zipmap": False}), None
    for trees, leaves in ((100, 64), (500, 255)):
        yield f"LightGBM, {trees} of {leaves} leaves", *boosted(folder, x[:20000], y[:20000], trees, leaves)


def check_times(checks):
    """All on uniform inputs: the others' best of several, Espalier's median; forests by their own data."""
    print(f"{'trees':26} {'rows':>7} {'ONNX Runtime':>13} {'lleaves':>13} {'espalier':>13} {'ratio':>6} {'of lleaves':>10}")
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (100000, 28)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=len(x)) > 1).astype(int)
    for name, model, compiled in cases(checks.folder, x, y, rng):
        path = checks.folder / "timed.onnx"
        path.write_bytes(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        key = session.get_inputs()[0].name
        for rows in (1, 1000, 100000):
            theirs = best_time(lambda: session.run(None, {key: x[:rows]}), 1.0)
            of_lleaves = best_time(lambda: compiled(x[:rows].astype(np.float64)), 1.0) if compiled else np.nan
            found = json.loads(call(checks.program, "bench", path, "--batch", rows, "--threads", 1, "--seconds", 1,
                                    "--tuning", "none", "--json"))
            ours = found["median_ms"] / 1e3
            print(f"{name:26} {rows:7} {theirs * 1e6:10.1f} us {of_lleaves * 1e6:10.1f} us {ours * 1e6:10.1f} us "
                  f"{ours / theirs:6.2f} {ours / of_lleaves:10.2f}", flush=True)
