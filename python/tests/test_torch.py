"""From PyTorch and back."""

import numpy as np
import pytest

import espalier
import espalier.torch

torch = pytest.importorskip("torch")


def module():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Flatten(),
                               torch.nn.Dropout(0.3), torch.nn.Linear(8 * 6 * 6, 10))


def test_there_and_back():
    net = module()
    x = torch.randn(2, 3, 8, 8)
    graph = espalier.torch.export(net, x)
    assert net.training
    net.eval()
    y = net(x).detach().numpy()
    np.testing.assert_allclose(espalier.compile(graph, tuning="none")(x), y, rtol=1e-4, atol=1e-5)
    espalier.prune(graph, sparsity=0.8)
    masks = graph.masks
    assert set(masks) <= set(net.state_dict())
    espalier.torch.apply_masks(net, masks)
    np.testing.assert_allclose(espalier.compile(graph, tuning="none")(x[:1]), net(x[:1]).detach().numpy(), rtol=1e-4, atol=1e-5)
    again = espalier.torch.export(net, x)
    assert all(np.array_equal(again.masks[name], mask) for name, mask in masks.items())
    espalier.torch.apply_masks(net.state_dict(), masks)


def test_refuses():
    net = module()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with pytest.raises(espalier.InvalidArgument, match="no tensor"):
        espalier.torch.apply_masks(net, {"0.weight": np.zeros((8, 3, 3, 3), bool), "fc": np.ones(3, bool)})
    with pytest.raises(espalier.InvalidArgument, match="shape"):
        espalier.torch.apply_masks(net, {"0.weight": np.zeros((8, 3, 3), bool)})
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    with pytest.raises(espalier.InvalidArgument, match="cannot export"):
        espalier.torch.export(net, torch.randn(2, 5, 8, 8))
