#include "train/judging/divergence.h"

#include <fmt/format.h>

namespace espalier::train {
namespace {

bool is_finite(const at::Tensor& value) { return !value.defined() || at::isfinite(value).all().item<bool>(); }

}  // namespace

std::string first_not_finite(Executor& executor, const Inputs& given, const Pass& pass) {
    const at::NoGradGuard no_grad;
    std::string found;
    std::map<std::string, std::string> givers;  // value -> node
    std::string last;
    const auto look = [&](const Node& node, std::span<const at::Tensor> inputs) {
        last = describe(node);
        for (const std::string& output : node.outputs) givers.emplace(output, last);
        for (std::size_t i = 0; i < inputs.size() && found.empty(); ++i) {
            if (is_finite(inputs[i])) continue;
            const std::string& name = node.inputs[i];
            const auto giver = givers.find(name);
            if (giver != givers.end()) {
                found = fmt::format("the output of {}", giver->second);
            } else {
                found =
                    fmt::format("{} \"{}\"", executor.parameters().contains(name) ? "weight" : "input", name);
            }
        }
    };
    const at::Tensor output = executor.forward(given, pass, look);
    if (!found.empty()) return found;
    return is_finite(output) ? "the loss" : fmt::format("the output of {}", last);
}

}  // namespace espalier::train
