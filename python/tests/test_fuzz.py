"""Bad input of any kind is an exception of ours or a TypeError, never a crash, and leaves a graph as it was."""

import ctypes
import gc
import pathlib
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import espalier

GRAPH = espalier.model("mlp-8", example_shape=[1, 4, 4], seed=1)
SESSION = espalier.compile(GRAPH, tuning="none")
REFUSALS = (espalier.Error, TypeError, OverflowError)
ARRAYS = hnp.arrays(dtype=hnp.scalar_dtypes(), shape=hnp.array_shapes(min_dims=0, max_dims=5, max_side=5))
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8), ARRAYS,
                     st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=8), ARRAYS, max_size=2))
FAST = settings(max_examples=150, deadline=None)

with tempfile.TemporaryDirectory() as folder:
    GRAPH.save(f"{folder}/m.onnx")
    FILE = pathlib.Path(f"{folder}/m.onnx").read_bytes()


def strided(array, how):
    """The same elements seen otherwise: turned, backwards, every other, from an odd byte."""
    if how == 1:
        return array.T
    if how == 2:
        return array[..., ::-1] if array.ndim else array
    if how == 3:
        return np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array
    if how == 4 and array.dtype.itemsize > 1 and array.dtype != object:
        raw = np.frombuffer(b"\0" + array.tobytes(), np.uint8)
        return raw[1:].view(array.dtype).reshape(array.shape)
    return array


@FAST
@given(hnp.arrays(dtype=st.sampled_from([np.float32, np.float64, np.int64, np.bool_, np.complex64]),
                  shape=st.sampled_from([(2, 1, 4, 4), (1, 1, 4, 4), (0, 1, 4, 4), (2, 1, 5, 4), (1, 4, 4), (32,), ()])),
       st.integers(0, 4))
def test_arrays(array, how):
    seen = strided(array, how)
    try:
        y = SESSION(seen)
    except espalier.InvalidArgument:
        return
    # What is taken is what the network asks for, and is read rightly.
    assert seen.dtype == np.float32 and seen.shape[1:] == (1, 4, 4) and seen.flags.c_contiguous
    np.testing.assert_array_equal(y, SESSION(np.ascontiguousarray(seen)))


@FAST
@given(st.lists(ANYTHING, max_size=3), st.dictionaries(st.one_of(st.just("input"), ANYTHING.filter(lambda x: x.__hash__)), ANYTHING,
                                                       max_size=2))
def test_calls(positional, named):
    for call in (lambda: SESSION(*positional), lambda: SESSION.run(named), lambda: SESSION.run(positional)):
        with pytest.raises(REFUSALS):
            call()


HOW = st.fixed_dictionaries({}, optional={
    "sparsity": st.one_of(st.floats(), st.sampled_from([0.0, 0.5, 0.99]), ANYTHING),
    "weights": st.integers(-3, 10**6), "macs": st.floats(-1, 2),
    "granularity": st.sampled_from(["element", "2:4", "block 4x1", "block 0x0", "filter", "", "nosuch", "\0"]),
    "criterion": st.sampled_from(["magnitude", "random", "wanda", "sparsegpt", "gradient", "", "nosuch"]),
    "scope": st.sampled_from(["global", "layer-wise", "erk", "explicit", "sensitivity", "", "nosuch"]),
    "unit_norm": st.sampled_from(["l1", "nosuch"]), "layers": st.dictionaries(st.text(max_size=8), st.floats(), max_size=2),
    "keep": st.lists(st.text(max_size=8), max_size=2), "include": st.text(max_size=4), "floor": st.integers(-2**70, 2**70),
    "seed": st.integers(-1, 2**65), "calibrate": ANYTHING, "reconstruct": st.sampled_from(["refit", "flap", "nosuch"]),
    "remove": st.booleans(), "permute": st.booleans(), "latency": st.sampled_from(["-1ms", "", "ms", "1e400x", "nanx"]),
    "widths": st.dictionaries(st.sampled_from(["fc1.weight", "x"]), st.integers(-9, 9), max_size=2),
    "round_to": st.integers(-4, 2**40), "combine": st.sampled_from(["sum", "nosuch"]),
    "repair": st.sampled_from(["none", "statistics", "nosuch"]), "batch": st.integers(-3, 2), "threads": st.integers(-3, 2),
    "shapes": st.dictionaries(st.sampled_from(["input", "x"]), st.lists(st.integers(-3, 2**70), max_size=4), max_size=2),
})


@settings(max_examples=300, deadline=None)
@given(HOW)
def test_cuts(how):
    graph = GRAPH.copy()
    before = {name: weight.copy() for name, weight in graph.weights().items()}
    try:
        espalier.prune(graph, **how)
    except REFUSALS:
        after = graph.weights()
        assert all(np.array_equal(after[name], weight) for name, weight in before.items())
        return
    espalier.compile(graph, tuning="none")(np.ones((1, 1, 4, 4), np.float32))


@FAST
@given(st.dictionaries(st.one_of(st.sampled_from(list(GRAPH.masks)), st.text(max_size=8)), ANYTHING, min_size=1, max_size=2))
def test_masks(masks):
    graph = GRAPH.copy()
    with pytest.raises(REFUSALS):
        graph.apply_masks(masks)
    assert graph.inspect().nonzeros == GRAPH.inspect().nonzeros


@FAST
@given(st.binary(max_size=200), st.integers(0, len(FILE)))
def test_files(garbage, where):
    for data in (garbage, FILE[:where] + garbage, FILE[:where] + garbage + FILE[where + len(garbage):]):
        try:
            graph = espalier.loads(data)
            graph.inspect()
            assert str(graph) and graph._repr_html_() and graph.masks is not None and graph.inputs is not None
        except (espalier.Error, UnicodeDecodeError):  # names are bytes in a file, and texts here
            pass


class OnAnotherDevice:
    """DLPack of memory that is not the CPU's: the address must not be looked at."""

    class Tensor(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("device", ctypes.c_int32), ("id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                    ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                    ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.c_void_p), ("offset", ctypes.c_uint64),
                    ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]

    def __init__(self, device):
        self.device = device
        self.shape = (ctypes.c_int64 * 4)(1, 1, 4, 4)
        self.tensor = self.Tensor(0xDEAD0000, device, 0, 4, 2, 32, 1, self.shape, None, 0, None, None)

    def __dlpack_device__(self):
        return (self.device, 0)

    def __dlpack__(self, **_):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(self.tensor), b"dltensor", None)


@pytest.mark.parametrize("device", [2, 10, 4, 7])  # CUDA, ROCm, OpenCL, Vulkan
def test_other_devices(device):
    lent = OnAnotherDevice(device)
    with pytest.raises(espalier.InvalidArgument, match="CPU"):
        SESSION(lent)


def test_objects_that_were_not_made():
    """What __init__ did not run for has no network; nanobind warns and refuses."""
    for kind in (espalier.Graph, espalier.Session, espalier.Plan):
        with pytest.raises(TypeError):
            kind()


def test_what_is_given_out_outlives_its_owner():
    graph = espalier.model("mlp-8", example_shape=[1, 4, 4], seed=1)
    session = espalier.compile(graph, tuning="none")
    x = np.ones((1, 1, 4, 4), np.float32)
    y = session(x)
    inputs, profile, weights, masks = graph.inputs, session.profile(), graph.weights(), graph.masks
    kept = y.copy()
    shared = session.share()
    del graph, session
    gc.collect()
    assert inputs[0].name == "input" and len(profile) > 0 and np.array_equal(y, kept)
    assert set(masks) <= set(weights) and np.array_equal(shared(x), kept)
