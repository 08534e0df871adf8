"""What all checks of trees share: the program under test, what ONNX Runtime gives, trees by other libraries."""
import json
import subprocess
import time

import numpy as np
import onnxruntime
from sklearn import ensemble
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


def best_time(call_it, seconds):
    best, start, runs = float("inf"), time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        call_it()
        best = min(best, time.perf_counter() - began)
        runs += 1
    return best
