"""Time against ONNX Runtime, one thread."""
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


def check_times(checks):
    """Both on uniform inputs: ONNX Runtime's best of several, Espalier's median; a forest by its own data."""
    print(f"{'trees':22} {'rows':>7} {'ONNX Runtime':>13} {'espalier':>10} {'ratio':>6}")
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (100000, 28)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=len(x)) > 1).astype(int)
    cases = [("100 of depth 6", random_trees(100, 6, 28, rng)), ("500 of depth 8", random_trees(500, 8, 28, rng))]
    forest = ensemble.RandomForestClassifier(100, max_depth=20, random_state=0, n_jobs=2).fit(x[:20000], y[:20000])
    cases.append(("forest of depth 20", to_onnx(forest, x[:1], options={"zipmap": False})))
    for name, model in cases:
        path = checks.folder / "timed.onnx"
        path.write_bytes(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        key = session.get_inputs()[0].name
        for rows in (1, 1000, 100000):
            theirs = best_time(lambda: session.run(None, {key: x[:rows]}), 1.0)
            found = json.loads(call(checks.program, "bench", path, "--batch", rows, "--threads", 1, "--seconds", 1,
                                    "--tuning", "none", "--json"))
            ours = found["median_ms"] / 1e3
            print(f"{name:22} {rows:7} {theirs * 1e6:10.1f} us {ours * 1e6:7.1f} us {ours / theirs:6.2f}")
