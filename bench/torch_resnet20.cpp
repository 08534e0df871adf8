#include "bench/torch_resnet20.h"

// Before the others, as clang wants IValue whole where it first meets it.
#include <ATen/core/ivalue.h>
// clang-format off
#include <torch/torch.h>
// clang-format on

#include <chrono>

namespace espalier::bench {
namespace {

namespace nn = torch::nn;

nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t stride) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, size).stride(stride).padding(size / 2).bias(false));
}

struct BlockImpl : nn::Module {
    BlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride)
        : conv1(conv(in, out, 3, stride)), norm1(out), conv2(conv(out, out, 3, 1)), norm2(out) {
        register_module("conv1", conv1);
        register_module("norm1", norm1);
        register_module("conv2", conv2);
        register_module("norm2", norm2);
        if (in != out) {
            shortcut = nn::Sequential(conv(in, out, 1, stride), nn::BatchNorm2d(out));
            register_module("shortcut", shortcut);
        }
    }
    torch::Tensor forward(torch::Tensor x) {
        const torch::Tensor branch = norm2(conv2(torch::relu(norm1(conv1(x)))));
        return torch::relu(branch + (shortcut.is_empty() ? x : shortcut->forward(x)));
    }

    nn::Conv2d conv1;
    nn::BatchNorm2d norm1;
    nn::Conv2d conv2;
    nn::BatchNorm2d norm2;
    nn::Sequential shortcut{nullptr};
};
TORCH_MODULE(Block);

nn::Sequential resnet20() {
    nn::Sequential net(conv(3, 16, 3, 1), nn::BatchNorm2d(16), nn::ReLU());
    std::int64_t in = 16;
    for (const std::int64_t width : {16, 32, 64}) {
        for (int i = 0; i < 3; ++i) {
            net->push_back(Block(in, width, width != in ? 2 : 1));
            in = width;
        }
    }
    net->push_back(nn::AdaptiveAvgPool2d(1));
    net->push_back(nn::Flatten());
    net->push_back(nn::Linear(64, 10));
    return net;
}

}  // namespace

double torch_resnet20_seconds(const data::Examples& examples, std::int64_t batch, std::int64_t steps,
                              int threads) {
    at::set_num_threads(threads);
    const Tensor& stored = examples.images();
    const torch::Tensor images =
        torch::from_blob(const_cast<std::byte*>(stored.bytes().data()), stored.shape(), torch::kUInt8);
    std::vector<std::int64_t> wide(examples.classes().begin(), examples.classes().end());
    const torch::Tensor labels = torch::tensor(wide);
    nn::Sequential net = resnet20();
    torch::optim::SGD optimizer(net->parameters(),
                                torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(1e-4));
    const torch::Tensor order = torch::randperm(examples.count());
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t step = 0; step < steps; ++step) {
        const torch::Tensor chosen = order.narrow(0, step * batch, batch);
        const torch::Tensor x = images.index_select(0, chosen).to(torch::kFloat).div(255).sub(0.5).div(0.25);
        optimizer.zero_grad();
        const torch::Tensor loss = torch::cross_entropy_loss(net->forward(x), labels.index_select(0, chosen));
        loss.backward();
        optimizer.step();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace espalier::bench
