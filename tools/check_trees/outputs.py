"""Labels and scores against ONNX Runtime, and lossless passes held to bits."""
import numpy as np
import onnx
from sklearn import datasets

from common import models, reference


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
