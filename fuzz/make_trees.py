#!/usr/bin/env python3
"""Writes small tree models into fuzz/corpus: from scikit-learn, XGBoost and LightGBM by their converters, and
made-up ones with every test, sets, shared nodes, and what has to be refused.

Needs onnx, scikit-learn, skl2onnx, onnxmltools, xgboost and lightgbm.

  fuzz/make_trees.py fuzz/corpus
"""

import pathlib
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

NAN, INF = float("nan"), float("inf")


def model(node, columns, outputs, version, dtype=TensorProto.FLOAT):
    graph = helper.make_graph([node], "trees", [helper.make_tensor_value_info("x", dtype, [None, columns])],
                              [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("ai.onnx.ml", version),
                                                                 helper.make_opsetid("", 15)])


def listed(nodes, weights, classes=0, columns=2, **more):
    """nodes: (tree, id, mode, feature, value, yes, no); weights: (tree, id, output, weight)."""
    tree, node, mode, feature, value, yes, no = zip(*nodes)
    of = {"nodes_treeids": tree, "nodes_nodeids": node,
          "nodes_modes": [m if m == "LEAF" else "BRANCH_" + m for m in mode],
          "nodes_featureids": feature, "nodes_values": [float(v) for v in value], "nodes_truenodeids": yes,
          "nodes_falsenodeids": no}
    prefix = "class" if classes else "target"
    for key, values in zip(("treeids", "nodeids", "ids", "weights"), zip(*weights)):
        of[f"{prefix}_{key}"] = [float(v) for v in values] if key == "weights" else values
    if classes:
        of["classlabels_int64s"] = list(range(classes))
        op, outputs = "TreeEnsembleClassifier", [("label", TensorProto.INT64), ("y", TensorProto.FLOAT)]
    else:
        of.setdefault("n_targets", 1)
        op, outputs = "TreeEnsembleRegressor", [("y", TensorProto.FLOAT)]
    of.update(more)
    node = helper.make_node(op, ["x"], [name for name, _ in outputs], domain="ai.onnx.ml",
                            **{key: list(v) if isinstance(v, tuple) else v for key, v in of.items()})
    return model(node, columns, outputs, 3)


def flat(nodes, leaves, roots=(0,), sets=None, real=np.float32, **more):
    """nodes: (mode, feature, split, yes, yes is a leaf, no, no is a leaf); leaves: (output, weight)."""
    mode, feature, split, yes, yes_leaf, no, no_leaf = zip(*nodes)
    of = {"nodes_modes": numpy_helper.from_array(np.array(mode, np.uint8)), "nodes_featureids": list(feature),
          "nodes_splits": numpy_helper.from_array(np.array(split, real)),
          "nodes_truenodeids": list(yes), "nodes_trueleafs": list(yes_leaf), "nodes_falsenodeids": list(no),
          "nodes_falseleafs": list(no_leaf), "leaf_targetids": [k for k, _ in leaves],
          "leaf_weights": numpy_helper.from_array(np.array([w for _, w in leaves], real)),
          "tree_roots": list(roots), "n_targets": 1 + max(k for k, _ in leaves)}
    if sets is not None:
        of["membership_values"] = numpy_helper.from_array(np.array(sets, real))
    dtype = TensorProto.DOUBLE if real == np.float64 else TensorProto.FLOAT
    node = helper.make_node("TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", **{**of, **more})
    return model(node, 2, [("y", dtype)], 5, dtype)


SPLIT = [(0, 0, "LEQ", 0, 1, 1, 4), (0, 1, "LEQ", 1, 2, 2, 3), (0, 2, "LEAF", 0, 0, 0, 0), (0, 3, "LEAF", 0, 0, 0, 0),
         (0, 4, "LEAF", 0, 0, 0, 0)]
SAYS = [(0, 2, 0, 10), (0, 3, 0, 20), (0, 4, 0, 30)]


def changed(place, **fields):
    keys = ("tree", "id", "mode", "feature", "value", "yes", "no")
    return [tuple(fields.get(key, v) for key, v in zip(keys, node)) if i == place else node
            for i, node in enumerate(SPLIT)]


def made_up():
    yield "cycle", listed(changed(1, yes=0), SAYS)
    yield "child_out_of_range", listed(changed(1, no=9), SAYS)
    yield "nan_threshold", listed(changed(0, value=NAN), SAYS)
    yield "infinite_threshold", listed(changed(0, value=-INF, mode="GTE"), SAYS)
    yield "ids_out_of_order", listed(SPLIT[::-1], SAYS[::-1])
    yield "unreached", listed(SPLIT + [(0, 5, "LEAF", 0, 0, 0, 0)], SAYS + [(0, 5, 0, 1)])
    yield "leaf_without_weight", listed(SPLIT, SAYS[:2])
    yield "given_twice", listed(SPLIT + [SPLIT[2]], SAYS)
    yield "decided", listed(changed(1, feature=0, value=3), SAYS)
    yield "two_trees", listed(SPLIT + [(1, *n[1:]) for n in changed(0, mode="GT", feature=1)],
                              SAYS + [(1, i, 1, w) for _, i, _, w in SAYS], n_targets=2, aggregate_function="AVERAGE",
                              base_values=[0.5, -0.5])
    yield "missing", listed(SPLIT, SAYS, nodes_missing_value_tracks_true=[1, 0, 0, 0, 0], aggregate_function="MIN")
    yield "classes", listed(SPLIT, [(0, i, k, w * k + 1) for _, i, _, w in SAYS for k in range(3)], classes=3,
                            post_transform="SOFTMAX")
    yield "two_classes", listed(SPLIT, [(0, 2, 0, -1), (0, 3, 0, 2), (0, 4, 0, 3)], classes=2,
                                post_transform="LOGISTIC")
    tests = [(mode, mode % 2, mode, mode + 1, 0, mode, 1) for mode in range(6)] + [(6, 0, 0, 6, 1, 7, 1)]
    leaves = [(0, float(i)) for i in range(8)]
    yield "all_tests", flat(tests, leaves, sets=[1, 4, NAN])
    yield "all_tests_double", flat([(m, f, s + 0.1, *rest) for m, f, s, *rest in tests], leaves, real=np.float64,
                                   sets=[1, 4.1, NAN], nodes_missing_value_tracks_true=[1, 0, 1, 0, 1, 0, 1])
    # The second tree is the first one's side and a leaf of another output.
    yield "shared_between_trees", flat([(0, 0, 1, 1, 0, 0, 1), (0, 1, 2, 1, 1, 2, 1), (0, 1, 3, 1, 0, 3, 1)],
                                       [(0, 1.0), (0, 2.0), (0, 3.0), (1, 5.0)], roots=(0, 2), aggregate_function=1)
    # Each node's two sides are the next one: 2^40 nodes if none is shared.
    yield "doubling", flat([(0, i % 2, i, i + 1, 0, i + 1, 0) for i in range(39)] + [(0, 0, 1, 0, 1, 1, 1)],
                           [(0, 1.0), (0, 2.0)])


def grown():
    from lightgbm import LGBMClassifier, LGBMRegressor
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType
    from skl2onnx import to_onnx
    from sklearn import ensemble, tree
    from xgboost import XGBClassifier, XGBRegressor

    random = np.random.default_rng(0)
    x = random.normal(size=(200, 3)).round(2).astype(np.float32)
    classes = ((x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3) * (x[:, 2] > 0)).astype(int)
    y = x[:, 0] * x[:, 1] + x[:, 2]
    types = [("X", FloatTensorType([None, 3]))]
    small = {"max_depth": 3, "random_state": 0}
    yield "sklearn_tree", to_onnx(tree.DecisionTreeClassifier(**small).fit(x, classes), x[:1])
    yield "sklearn_forest", to_onnx(ensemble.RandomForestRegressor(3, **small).fit(x, y), x[:1])
    yield "sklearn_boosting", to_onnx(ensemble.GradientBoostingClassifier(n_estimators=2, **small).fit(x, classes),
                                      x[:1], options={"zipmap": False})
    missing = x.copy()
    missing[random.random(x.shape) < 0.2] = NAN
    few = {"n_estimators": 2, "max_depth": 3}
    yield "xgboost", convert_xgboost(XGBClassifier(**few).fit(missing, classes), initial_types=types)
    yield "xgboost_numbers", convert_xgboost(XGBRegressor(**few).fit(missing, y), initial_types=types)
    few = {"n_estimators": 2, "num_leaves": 6, "verbose": -1}
    yield "lightgbm", convert_lightgbm(LGBMClassifier(**few).fit(missing, classes), initial_types=types)
    yield "lightgbm_numbers", convert_lightgbm(LGBMRegressor(**few).fit(missing, y), initial_types=types)


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, made in (*made_up(), *grown()):
        made.doc_string = ""
        path = folder / f"trees_{name}.onnx"
        path.write_bytes(made.SerializeToString())
        print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
