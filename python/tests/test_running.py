"""Sessions: arrays in and out without copies, and what is refused."""

import ctypes
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import espalier


def plain(graph: espalier.Graph, x: np.ndarray) -> np.ndarray:
    """LeNet-300-100 by NumPy."""
    w = graph.weights()
    y = x.reshape(len(x), -1).astype(np.float64)
    for i in (1, 2, 3):
        y = y @ w[f"fc{i}.weight"].T + w[f"fc{i}.bias"]
        y = np.maximum(y, 0) if i < 3 else y
    return y


def test_runs_as_numpy_does(graph, x):
    espalier.prune(graph, sparsity=0.8)
    session = espalier.compile(graph, threads=1)
    np.testing.assert_allclose(session(x), plain(graph, x), rtol=1e-4, atol=1e-4)
    name = session.outputs[0].name
    assert np.array_equal(session.run({"input": x})[name], session(x))
    for rows in (1, 3, 4):  # other shapes, and the first again
        np.testing.assert_allclose(session(x[:rows]), plain(graph, x[:rows]), rtol=1e-4, atol=1e-4)


def test_outputs_are_not_copied_and_stay(graph, x):
    session = espalier.compile(graph, tuning="none")
    first = session(x)
    kept = first.copy()
    assert first.flags.writeable and not first.flags.owndata  # the memory is that of the tensor
    assert first.ctypes.data % 64 == 0  # where tensors lie
    second = session(-x)
    del session
    assert np.array_equal(first, kept) and not np.array_equal(first, second)


def test_inputs_are_read_where_they_lie(graph, x):
    """A buffer that forbids writing and that NumPy has not seen; its bytes count when the session runs."""
    session = espalier.compile(graph, tuning="none")
    raw = (ctypes.c_float * x.size).from_buffer_copy(x.tobytes())
    view = memoryview(raw).cast("B").cast("f", x.shape)
    assert np.array_equal(session(view), session(x))
    raw[0] += 100
    assert not np.array_equal(session(view), session(x))
    x.flags.writeable = False
    session(x)


@pytest.mark.parametrize(("bad", "text"), [
    (lambda x: x.astype(np.float64), "got f64, expected f32"),
    (lambda x: x.astype(np.int32), "got i32, expected f32"),
    (lambda x: x.astype(complex), "no tensor's"),
    (lambda x: x[:, :, ::-1], "row-major"),
    (lambda x: np.asfortranarray(x), "row-major"),
    (lambda x: x[0], "28"),
    (lambda x: x[..., :27].copy(), "27"),
    (lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape), "aligned"),
    (lambda x: "x", "got str, expected an array"),
    (lambda x: None, "got NoneType"),
    (lambda x: [1.0, 2.0], "got list"),
    (lambda x: np.array(["a"]), "input"),
    (lambda x: np.array([object()]), "input"),
])
def test_refuses_bad_arrays(graph, x, bad, text):
    session = espalier.compile(graph, tuning="none")
    with pytest.raises(espalier.InvalidArgument, match=text) as caught:
        session(bad(x))
    assert isinstance(caught.value, ValueError) and "\n" not in str(caught.value)
    assert session(x).shape == (4, 10)  # and goes on


def test_arrays_without_elements(graph):
    session = espalier.compile(graph, tuning="none", choice="dense")
    session(np.ones((1, 1, 28, 28), np.float32))
    with pytest.raises(ValueError) as refused:
        session(np.zeros((0, 1, 28, 28), np.float32)[:, :, :, :0])
    assert "strides" not in str(refused.value)  # what is wrong is the size of an image
    assert session(np.zeros((0, 1, 28, 28), np.float32)).shape == (0, 10)


def test_refuses_other_inputs(graph, x):
    session = espalier.compile(graph, tuning="none")
    with pytest.raises(espalier.InvalidArgument, match="missing"):
        session.run({})
    with pytest.raises(espalier.InvalidArgument, match='"y" is not one'):
        session.run({"input": x, "y": x})
    with pytest.raises(espalier.InvalidArgument, match="got 2 arrays"):
        session(x, x)
    with pytest.raises(espalier.InvalidArgument, match="a key of type int"):
        session.run({3: x, "input": x})
    with pytest.raises(espalier.InvalidArgument, match="threads=-1"):
        espalier.compile(graph, threads=-1)
    with pytest.raises(espalier.InvalidArgument, match='"fast"'):
        espalier.compile(graph, tuning="fast")
    with pytest.raises(TypeError, match="accuracy"):
        espalier.compile(graph, accuracy="high")
    with pytest.raises(espalier.InvalidArgument, match='"f64"'):
        espalier.compile(graph, precision="f64")


@pytest.mark.parametrize(("precision", "has"), [("bf16", espalier.has_bf16), ("f16", espalier.has_f16)])
def test_other_precisions_or_refused(graph, x, precision, has):
    if not has():
        with pytest.raises(espalier.Unsupported, match="no instructions for it"):
            espalier.compile(graph, precision=precision)
        return
    exact = np.asarray(espalier.compile(graph, tuning="none")(x))
    near = np.asarray(espalier.compile(graph, tuning="none", precision=precision)(x))
    assert np.abs(near - exact).max() < 0.05 * np.abs(exact).max()


@settings(max_examples=200, deadline=None)
@given(hnp.arrays(dtype=hnp.scalar_dtypes(), shape=hnp.array_shapes(min_dims=0, max_dims=5, max_side=3)), st.booleans())
def test_no_array_crashes(array, transposed):
    session = test_no_array_crashes.session
    try:
        session(array.T if transposed else array)
    except espalier.InvalidArgument:
        return
    raise AssertionError(f"{array.shape} {array.dtype} was taken")


test_no_array_crashes.session = espalier.compile(espalier.model("lenet-300-100"), tuning="none")


def test_threads_take_turns_or_share(graph, x):
    session = espalier.compile(graph, threads=1, tuning="none")
    expected = session(x)
    wrong = []

    def work(own):
        for _ in range(200):
            if not np.array_equal(own(x), expected):
                wrong.append(own)

    workers = [threading.Thread(target=work, args=(own,)) for own in (session, session, session.share(), session.share())]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_a_graph_may_change_while_others_read_it(graph, x):
    stop = threading.Event()

    def read():
        while not stop.is_set():
            graph.inspect()
            espalier.compile(graph, tuning="none")(x)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for sparsity in np.linspace(0.1, 0.9, 9):
        espalier.prune(graph, sparsity=float(sparsity))
    stop.set()
    for reader in readers:
        reader.join()
    assert graph.inspect().prunable_nonzeros == 26620


def test_profile(graph, x):
    session = espalier.compile(graph)
    assert len(session.profile()) == 0
    session(x)
    profile = session.profile()
    assert [layer.node for layer in profile][1] == "fc1" and profile[-1].kernel == profile[len(profile) - 1].kernel
    assert "fc1" in str(profile) and profile._repr_html_().count("<tr>") == len(profile) + 1
    with pytest.raises(IndexError):
        profile[1000]


def test_benchmark(graph):
    espalier.prune(graph, sparsity=0.95)
    result = espalier.benchmark(graph, batch=8, threads=1, seconds=0.1, tuning="none")
    assert result.batch == 8 and result.median_ms > 0 and result.dense_median_ms > 0 and "dense" in repr(result)
    with pytest.raises(espalier.InvalidArgument, match="batch=0"):
        espalier.benchmark(graph, batch=0)


def test_torch_arrays(graph, x):
    torch = pytest.importorskip("torch")
    session = espalier.compile(graph, tuning="none")
    tensor = torch.from_numpy(x)
    assert np.array_equal(session(tensor), session(x))
    back = torch.from_dlpack(session(x))
    assert back.shape == (4, 10)
