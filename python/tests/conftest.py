import numpy as np
import pytest

import espalier


@pytest.fixture
def graph() -> espalier.Graph:
    return espalier.model("lenet-300-100", seed=3)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((4, 1, 28, 28), dtype=np.float32)
