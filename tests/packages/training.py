"""Trains for a moment on data of its own, in the folder it is started in, and says which program did and what came out."""

import numpy

import espalier
from espalier._program import trainer

RECIPE = """
[model]
onnx = "net.onnx"
[data]
dataset = "npz"
path = "data.npz"
validation = 50
[train]
steps = "40it"
batch_size = 20
[prune]
rounds = 1
rate = 0.5
[experiment]
replicates = 1
"""

random = numpy.random.default_rng(1)
y = random.integers(0, 2, 400)
x = (random.standard_normal((400, 1, 4, 4)) + y[:, None, None, None]).astype(numpy.float32)
numpy.savez("data.npz", x_train=x[:300], y_train=y[:300], x_test=x[300:], y_test=y[300:])
espalier.model("mlp-8", example_shape=[1, 4, 4], classes=2).save("net.onnx", simplify=False)
run = espalier.run_experiment(espalier.Recipe.from_text(RECIPE), folder="run", jobs=1)
print(trainer(), run.metrics["weights_left"].tolist(), run.metrics["test_accuracy"].round(2).tolist())
