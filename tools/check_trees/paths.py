"""The weakest-link path and ccp_alpha of scikit-learn."""
import numpy as np
from sklearn import datasets, tree

from common import reference


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
