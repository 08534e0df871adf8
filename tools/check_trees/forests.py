"""A forest cut to a tenth of its nodes by every method: accuracy on rows that nothing has seen."""
import numpy as np
from sklearn import datasets, ensemble, model_selection

from common import reference

FOREST_METHODS = (("global-refinement", 0), ("cost-complexity", 0), ("cost-complexity", 1),
                  ("minimum-samples", 0), ("minimum-samples", 1),
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


def forests(many, sets):
    """Data sets with the methods that are tried: on 100,000 rows, trees are
    grown on a tenth of them, and bisection is left out."""
    if many:
        yield "100,000 rows", *datasets.make_classification(100000, 20, n_informative=10, n_classes=3,
                                                            random_state=0), FEW_METHODS
        return
    for name in sets:
        yield name, *getattr(datasets, f"load_{name}")(return_X_y=True), FOREST_METHODS


def check_forest(checks, seeds, sets, only, many=False):
    """A tenth of the nodes of a forest of 100 trees; accuracy on rows that nothing has seen."""
    print(f"{'data set':18} {'method':30} {'refit':>5} {'nodes':>7} {'of':>7} {'accuracy':>9} {'change':>7}")
    for name, x, y, methods in forests(many, sets):
        x = x.astype(np.float32)
        rows = {}
        for seed in seeds:
            parts = model_selection.train_test_split(x, y, test_size=0.3, random_state=seed, stratify=y)
            x_train, x_test, y_train, y_test = parts
            forest = ensemble.RandomForestClassifier(100, random_state=seed, max_samples=0.1 if many else None)
            forest.fit(x_train, y_train)
            model = checks.save("forest", forest, x, options={"zipmap": False})
            data = checks.data("forest", x_train=x_train, y_train=y_train)
            full = sum(e.tree_.node_count for e in forest.estimators_)
            base = float((reference(model, x_test)["label"] == y_test).mean())
            for method, refit in methods:
                if only and method not in only:
                    continue
                found = smallest(checks, model, data, method, full / 10, refit)
                if found is None:
                    continue
                accuracy = float((reference(found[1], x_test)["label"] == y_test).mean())
                rows.setdefault((method, refit), []).append((found[0], full, accuracy, accuracy - base))
        for (method, refit), values in rows.items():
            nodes, full, accuracy, change = np.mean(values, axis=0)
            print(f"{name:18} {method:30} {refit:5} {nodes:7.0f} {full:7.0f} {100 * accuracy:8.2f}% {100 * change:+6.2f}"
                  + ("" if len(values) == len(seeds) else f"  ({len(values)} splits)"), flush=True)
