#!/usr/bin/env python3
"""Checks trees against scikit-learn and ONNX Runtime, and prints tables.

    tools/check_trees.py ESPALIER paths|outputs|lossless|forest|many|times [--folder F]

Needs scikit-learn, skl2onnx, onnxmltools, xgboost, lightgbm, onnxruntime. `paths`: the whole weakest-link path and
ccp_alpha on ten data sets. `outputs`: classes and scores against ONNX Runtime, as read, pruned and simplified.
`lossless`: bit-equal on training rows, random rows and thresholds. `forest`: accuracy at a tenth of the nodes by every
method, `many` on 100,000 rows.
`times`: against ONNX Runtime, one thread.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime
from sklearn import datasets, ensemble, model_selection, tree
from skl2onnx import to_onnx


def call(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


class Checks:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.failed = False
        folder.mkdir(parents=True, exist_ok=True)

    def expect(self, condition, text):
        if not condition:
            self.failed = True
            print(f"  FAILED {text}")

    def save(self, name, model, x, **options):
        path = self.folder / f"{name}.onnx"
        path.write_bytes(to_onnx(model, x[:1], **options).SerializeToString())
        return path

    def data(self, name, **arrays):
        path = self.folder / f"{name}.npz"
        np.savez(path, **arrays)
        return path

    def prune(self, model, out, *arguments):
        return json.loads(call(self.program, "prune", model, "-o", out, "--json", *arguments))

    def outputs(self, model, x):
        """What Espalier gives, by output."""
        np.save(self.folder / "x.npy", x)
        call(self.program, "run", model, "--input", self.folder / "x.npy", "--output", self.folder / "y.npz",
             "--threads", 1)
        with np.load(self.folder / "y.npz") as arrays:
            return {name: arrays[name] for name in arrays.files}


def reference(model, x):
    """What ONNX Runtime gives; maps as rows of scores."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    values = session.run(None, {session.get_inputs()[0].name: x})
    return {output.name: np.array([list(row.values()) for row in value]) if isinstance(value, list) else value
            for output, value in zip(session.get_outputs(), values)}


def sets_for_paths():
    for name in ("iris", "wine", "breast_cancer", "digits"):
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        yield name, x, y, True
    x, y = datasets.load_diabetes(return_X_y=True)
    yield "diabetes", x, y, False
    x, y = datasets.load_linnerud(return_X_y=True)
    yield "linnerud weight", x, y[:, 0], False
    for name, make, classes in (
            ("moons", lambda: datasets.make_moons(2000, noise=0.3, random_state=0), True),
            ("classification", lambda: datasets.make_classification(3000, 20, n_informative=8, n_classes=4,
                                                                     flip_y=0.1, random_state=0), True),
            ("friedman1", lambda: datasets.make_friedman1(2000, noise=1.0, random_state=0), False),
            ("friedman2", lambda: datasets.make_friedman2(2000, noise=50.0, random_state=0), False)):
        x, y = make()
        yield name, x, y, classes


def grouped(alphas, scale):
    """Alphas that differ by rounding alone are one: the largest of each run."""
    groups = []
    for alpha in sorted(alphas):
        if groups and alpha - groups[-1] <= 1e-12 * scale:
            groups[-1] = alpha
        else:
            groups.append(alpha)
    return np.array(groups)


def check_paths(checks):
    print(f"{'data set':18} {'nodes':>6} {'alphas':>7} {'largest difference':>20} {'trees compared':>15}")
    for name, x, y, classes in sets_for_paths():
        x = x.astype(np.float32)
        grower = tree.DecisionTreeClassifier if classes else tree.DecisionTreeRegressor
        full = grower(random_state=0).fit(x, y)
        path = full.cost_complexity_pruning_path(x, y)
        model = checks.save("tree", full, x)
        data = checks.data("tree", x_train=x, y_train=y)
        out = checks.folder / "cut.onnx"
        found = checks.prune(model, out, "--data", data, "--alpha", 0)["nodes"][0]["path"]
        scale = max(1.0, full.tree_.impurity[0])
        theirs = grouped(path.ccp_alphas[1:], scale)
        ours = grouped([max(0.0, link["alpha"]) for link in found], scale)
        theirs, ours = theirs[theirs > 1e-12 * scale], ours[ours > 1e-12 * scale]
        checks.expect(len(theirs) == len(ours), f"{name}: {len(ours)} alphas, expected {len(theirs)}")
        off = np.abs(theirs - ours).max() / scale if len(theirs) == len(ours) else np.nan
        checks.expect(off <= 1e-12, f"{name}: alphas differ by {off}")
        compared = 0
        for at in np.linspace(0, len(theirs) - 2, min(6, len(theirs) - 1)).astype(int):
            alpha = (theirs[at] + theirs[at + 1]) / 2
            cut = grower(random_state=0, ccp_alpha=alpha).fit(x, y)
            nodes = checks.prune(model, out, "--data", data, "--alpha", repr(float(alpha)), "--keep-equal")
            got = nodes["nodes"][0]["after"]["nodes"]
            checks.expect(got == cut.tree_.node_count, f"{name} alpha {alpha}: {got} nodes, {cut.tree_.node_count}")
            values = list(reference(out, x).values())[0].ravel()
            same = (values == cut.predict(x)).mean() if classes else np.abs(values - cut.predict(x)).max()
            checks.expect(same == 1 if classes else same <= 1e-5 * max(1, np.abs(y).max()),
                          f"{name} alpha {alpha}: predictions {same}")
            compared += 1
        print(f"{name:18} {full.tree_.node_count:6} {len(theirs):7} {off:20.2g} {compared:15}")


def models(x, y, classes):
    import lightgbm
    import onnxmltools
    import xgboost
    from onnxmltools.convert import convert_lightgbm, convert_xgboost
    kind = [("X", onnxmltools.convert.common.data_types.FloatTensorType([None, x.shape[1]]))]
    suffix = "Classifier" if classes else "Regressor"
    yield "forest", to_onnx(getattr(ensemble, f"RandomForest{suffix}")(50, random_state=0).fit(x, y), x[:1])
    yield "boosting", to_onnx(getattr(ensemble, f"GradientBoosting{suffix}")(n_estimators=20, random_state=0).fit(x, y),
                              x[:1])
    yield "xgboost", convert_xgboost(getattr(xgboost, f"XGB{suffix}")(n_estimators=30).fit(x, y), initial_types=kind)
    yield "lightgbm", convert_lightgbm(getattr(lightgbm, f"LGBM{suffix}")(n_estimators=30, verbose=-1).fit(x, y),
                                       initial_types=kind)


def differences(ours, theirs):
    """Labels that differ, and the largest difference of scores over their magnitude."""
    labels, off = 0, 0.0
    for name, value in theirs.items():
        got = ours[name].reshape(value.shape)
        if value.dtype.kind == "i":
            labels += int((got != value).sum())
        else:
            off = max(off, float(np.abs(got - value).max() / max(1.0, np.abs(value).max())))
    return labels, off


def check_outputs(checks):
    print(f"{'data set':14} {'model':9} {'nodes':>7} {'pruned':>7} {'labels off':>10} {'scores off':>11}")
    many = datasets.make_classification(100000, 20, n_informative=10, n_classes=3, random_state=0)
    for name, (x, y), classes in (("iris", datasets.load_iris(return_X_y=True), True),
                                  ("wine", datasets.load_wine(return_X_y=True), True),
                                  ("breast_cancer", datasets.load_breast_cancer(return_X_y=True), True),
                                  ("digits", datasets.load_digits(return_X_y=True), True),
                                  ("diabetes", datasets.load_diabetes(return_X_y=True), False),
                                  ("100,000 rows", many, True)):
        x = x.astype(np.float32)
        few = slice(0, 5000)
        data = checks.data("rows", x_train=x[few], y_train=y[few])
        for kind, model in models(x[few], y[few], classes):
            path, out = checks.folder / "model.onnx", checks.folder / "cut.onnx"
            path.write_bytes(model.SerializeToString())
            found = checks.prune(path, out, "--data", data, "--criterion", "minimum-samples", "--amount", 5)["nodes"][0]
            labels, off = differences(checks.outputs(path, x), reference(path, x))
            more = differences(checks.outputs(out, x), reference(out, x))
            labels, off = labels + more[0], max(off, more[1])
            checks.expect(labels == 0 and off < 2e-6, f"{name} {kind}")
            print(f"{name:14} {kind:9} {found['before']['nodes']:7} {found['after']['nodes']:7} {labels:10} {off:11.2g}")


def thresholds_as_rows(model, x, rows):
    """Random rows whose values are thresholds of the trees."""
    values = {}
    for node in onnx.load(str(model)).graph.node:
        of = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        for feature, value in zip(of.get("nodes_featureids", []), of.get("nodes_values", [])):
            values.setdefault(feature, []).append(value)
    random = np.random.default_rng(0)
    made = x[random.integers(0, len(x), rows)].copy()
    for feature, of_feature in values.items():
        made[:, feature] = random.choice(np.array(of_feature, np.float32), rows)
    return made


def check_lossless(checks):
    print(f"{'model':9} {'nodes':>7} {'left':>7} {'decided':>8} {'equal':>6} {'shared':>7} {'rows':>7} bit-equal")
    x, y = datasets.load_digits(return_X_y=True)
    x = x.astype(np.float32)
    for kind, model in models(x, y, True):
        path, out = checks.folder / "model.onnx", checks.folder / "simple.onnx"
        path.write_bytes(model.SerializeToString())
        found = checks.prune(path, out, "--criterion", "lossless")["nodes"][0]
        random = np.random.default_rng(1).uniform(-2, 18, (3000, x.shape[1])).astype(np.float32)
        rows = np.concatenate([x, random, thresholds_as_rows(path, x, 3000)])
        before, after = checks.outputs(path, rows), checks.outputs(out, rows)
        same = all(before[name].tobytes() == after[name].tobytes() for name in before)
        theirs = reference(path, rows), reference(out, rows)
        same = same and all(np.array_equal(theirs[0][name], theirs[1][name]) for name in theirs[0])
        checks.expect(same, f"lossless {kind}")
        passes = found["lossless"]
        print(f"{kind:9} {found['before']['nodes']:7} {found['after']['nodes']:7} {passes['decided']:8} "
              f"{passes['equal']:6} {passes['shared']:7} {len(rows):7} {same}")


FOREST_METHODS = (("global-refinement", 0), ("cost-complexity", 0), ("cost-complexity", 1), ("minimum-samples", 0), ("minimum-samples", 1),
                  ("minimum-impurity-decrease", 0), ("pessimistic-error", 0), ("pessimistic-error", 1),
                  ("ranked-trees", 0), ("greedy-trees", 0), ("l1-trees", 0), ("greedy-trees, cost-complexity", 1))


def smallest(checks, model, data, method, target, refit):
    """Prunes to at most `target` nodes, by bisection over the amount; nodes and the file."""
    out = checks.folder / "cut.onnx"
    if method == "greedy-trees, cost-complexity":
        half = checks.folder / "half.onnx"
        checks.prune(model, half, "--data", data, "--criterion", "greedy-trees", "--amount", 30)
        return smallest(checks, half, data, "cost-complexity", target, refit)
    more = ["--data", data, "--criterion", method, "--keep-equal"] + (["--refit", refit] if refit else [])
    if method == "global-refinement":
        return checks.prune(model, out, *more, "--amount", 0.1)["nodes"][0]["after"]["nodes"], out
    whole, small = method.endswith("-trees"), method in ("cost-complexity", "minimum-impurity-decrease")
    low, high = (1, 30) if whole else (np.log(1e-7), np.log(0.1)) if small else (0.0, 60.0)
    best = None
    for _ in range(5 if whole else 10):
        middle = (low + high) / 2
        amount = round(middle) if whole else np.exp(middle) if small else middle
        nodes = checks.prune(model, out, *more, "--amount", repr(float(amount)))["nodes"][0]["after"]["nodes"]
        if nodes <= target and (best is None or nodes > best[0]):
            best = nodes, out.rename(checks.folder / "best.onnx")
        if (nodes > target) == whole:
            high = middle
        else:
            low = middle
        if 0.95 * target < nodes <= target:
            break
    return best


FEW_METHODS = (("global-refinement", 0), ("ranked-trees", 0), ("greedy-trees", 0), ("l1-trees", 0))


def forests(many):
    """Data sets with the methods that are tried: on 100,000 rows, trees are
    grown on a tenth of them, and bisection is left out."""
    if many:
        yield "100,000 rows", *datasets.make_classification(100000, 20, n_informative=10, n_classes=3,
                                                            random_state=0), FEW_METHODS
        return
    for name in ("wine", "iris", "breast_cancer", "digits"):
        yield name, *getattr(datasets, f"load_{name}")(return_X_y=True), FOREST_METHODS


def check_forest(checks, many=False):
    """A tenth of the nodes of a forest of 100 trees; accuracy on rows that nothing has seen."""
    print(f"{'data set':18} {'method':30} {'refit':>5} {'nodes':>7} {'of':>7} {'accuracy':>9} {'change':>7}")
    for name, x, y, methods in forests(many):
        x = x.astype(np.float32)
        rows = {}
        for seed in range(5):
            parts = model_selection.train_test_split(x, y, test_size=0.3, random_state=seed, stratify=y)
            x_train, x_test, y_train, y_test = parts
            forest = ensemble.RandomForestClassifier(100, random_state=seed, max_samples=0.1 if many else None)
            forest.fit(x_train, y_train)
            model = checks.save("forest", forest, x, options={"zipmap": False})
            data = checks.data("forest", x_train=x_train, y_train=y_train)
            full = sum(e.tree_.node_count for e in forest.estimators_)
            base = float((reference(model, x_test)["label"] == y_test).mean())
            for method, refit in methods:
                found = smallest(checks, model, data, method, full / 10, refit)
                if found is None:
                    continue
                accuracy = float((reference(found[1], x_test)["label"] == y_test).mean())
                rows.setdefault((method, refit), []).append((found[0], full, accuracy, accuracy - base))
        for (method, refit), values in rows.items():
            nodes, full, accuracy, change = np.mean(values, axis=0)
            print(f"{name:18} {method:30} {refit:5} {nodes:7.0f} {full:7.0f} {100 * accuracy:8.2f}% {100 * change:+6.2f}"
                  + ("" if len(values) == 5 else f"  ({len(values)} splits)"), flush=True)


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


def best_time(call_it, seconds):
    best, start, runs = float("inf"), time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        call_it()
        best = min(best, time.perf_counter() - began)
        runs += 1
    return best


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("what", choices=["paths", "outputs", "lossless", "forest", "many", "times"])
    parser.add_argument("--folder", default="/tmp/check_trees", type=pathlib.Path)
    arguments = parser.parse_args()
    checks = Checks(arguments.program, arguments.folder)
    {"paths": check_paths, "outputs": check_outputs, "lossless": check_lossless, "forest": check_forest, "many": lambda made: check_forest(made, True),
     "times": check_times}[arguments.what](checks)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
