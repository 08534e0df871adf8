#include "train/executor/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace espalier::train {
namespace {

constexpr std::size_t kBias = 3;
constexpr std::size_t kLengths = 4;
constexpr std::size_t kStates = 5;  // initial h, then c
constexpr std::size_t kPeepholes = 7;

template <class T>
std::vector<T> list_of(const Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    if (found == node.attributes.end()) return {};
    if (const auto* values = std::get_if<std::vector<T>>(&found->second)) return *values;
    throw InvalidModel(fmt::format("{}: attribute \"{}\" has the wrong type", describe(node), key));
}

/// Defaults of alpha and beta as in ONNX's list of activation functions; null for a name that is not known.
Activation activation_of(const std::string& name, c10::optional<double> alpha, c10::optional<double> beta) {
    if (name == "sigmoid") return [](const at::Tensor& x) { return at::sigmoid(x); };
    if (name == "tanh") return [](const at::Tensor& x) { return at::tanh(x); };
    if (name == "relu") return [](const at::Tensor& x) { return at::relu(x); };
    if (name == "softsign") return [](const at::Tensor& x) { return x / (1 + x.abs()); };
    if (name == "softplus") return [](const at::Tensor& x) { return at::softplus(x); };
    if (name == "affine")
        return [a = alpha.value_or(1), b = beta.value_or(0)](const at::Tensor& x) { return x * a + b; };
    if (name == "leakyrelu")
        return [a = alpha.value_or(0.01)](const at::Tensor& x) { return at::leaky_relu(x, a); };
    if (name == "thresholdedrelu")
        return [a = alpha.value_or(1)](const at::Tensor& x) { return at::where(x >= a, x, x * 0); };
    if (name == "scaledtanh")
        return [a = alpha.value_or(1), b = beta.value_or(1)](const at::Tensor& x) {
            return at::tanh(x * b) * a;
        };
    if (name == "hardsigmoid")
        return [a = alpha.value_or(0.2), b = beta.value_or(0.5)](const at::Tensor& x) {
            return at::clamp(x * a + b, 0, 1);
        };
    if (name == "elu") return [a = alpha.value_or(1)](const at::Tensor& x) { return at::elu(x, a); };
    return nullptr;
}

/// Of all directions, in their order.
std::vector<Activation> activations_of(const Node& node, const RecurrentForm& form, std::int64_t directions) {
    const auto alphas = list_of<float>(node, "activation_alpha");
    const auto betas = list_of<float>(node, "activation_beta");
    auto names = list_of<std::string>(node, "activations");
    const std::int64_t defaults = node.attributes.contains("activations") ? 0 : directions;
    for (std::int64_t d = 0; d < defaults; ++d)
        names.insert(names.end(), form.activations.begin(), form.activations.end());
    const auto at = [](const std::vector<float>& values, std::size_t i) -> c10::optional<double> {
        if (i >= values.size()) return {};
        return static_cast<double>(values[i]);
    };
    std::vector<Activation> functions;
    for (std::string name : names) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        const std::size_t i = functions.size();
        functions.push_back(activation_of(name, at(alphas, i), at(betas, i)));
        if (!functions.back())
            throw Unsupported(fmt::format("{}: activation \"{}\" is not supported", describe(node), name));
    }
    if (functions.size() != form.activations.size() * static_cast<std::size_t>(directions))
        throw InvalidModel(fmt::format("{}: {} activations", describe(node), functions.size()));
    return functions;
}

/// What one direction gives: every step's h [T, B, H] and the last states [B, H].
struct Sequence {
    at::Tensor all;
    std::vector<at::Tensor> last;
};

/// `lengths` [B], or undefined where every sequence is whole. Behind its length a sequence keeps its states
/// and gives zeros.
Sequence run_direction(const RecurrentCell& cell, const RecurrentForm& form, const at::Tensor& x,
                       const at::Tensor& lengths, std::vector<at::Tensor> states, bool reverse) {
    const at::Tensor from_input = at::matmul(x, cell.w.t()) + cell.w_bias;
    const std::int64_t steps = x.size(0);
    std::vector<at::Tensor> all(static_cast<std::size_t>(steps));
    for (std::int64_t s = 0; s < steps; ++s) {
        const std::int64_t t = reverse ? steps - 1 - s : s;
        auto next = form.step(cell, from_input[t], states);
        at::Tensor& given = all[static_cast<std::size_t>(t)];
        given = next[0];
        if (lengths.defined()) {
            const at::Tensor runs = (lengths > t).unsqueeze(1);
            for (std::size_t i = 0; i < next.size(); ++i) next[i] = at::where(runs, next[i], states[i]);
            given = at::where(runs, given, at::zeros_like(given));
        }
        states = std::move(next);
    }
    const at::Tensor none = at::empty({0, x.size(1), cell.hidden()}, x.options());
    return {steps == 0 ? none : at::stack(all), std::move(states)};
}

}  // namespace

void run_recurrent(const Node& node, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs,
                   const RecurrentForm& form) {
    const bool by_batch = node.attribute_int("layout", 0) != 0;
    const bool reverse = node.attribute_string("direction", "forward") == "reverse";
    const at::Tensor x = by_batch ? inputs[0].transpose(0, 1) : inputs[0];
    const std::int64_t directions = inputs[1].size(0);
    const std::int64_t hidden = inputs[2].size(2);
    const at::Tensor bias = optional_input(inputs, kBias);
    const at::Tensor peepholes = optional_input(inputs, kPeepholes);
    at::Tensor lengths = optional_input(inputs, kLengths);
    if (lengths.defined()) lengths = lengths.to(x.device());
    const auto functions = activations_of(node, form, directions);
    const auto each = std::ssize(form.activations);
    std::vector<at::Tensor> all;
    std::vector<std::vector<at::Tensor>> last(form.states);
    for (std::int64_t d = 0; d < directions; ++d) {
        RecurrentCell cell{.w = inputs[1][d],
                           .r = inputs[2][d],
                           .w_bias = {},
                           .r_bias = {},
                           .peepholes = {},
                           .activations = {functions.begin() + d * each, functions.begin() + (d + 1) * each},
                           .clip = static_cast<double>(node.attribute_float("clip", 0))};
        const std::int64_t rows = cell.w.size(0);
        const at::Tensor both = bias.defined() ? bias[d] : at::zeros({2 * rows}, x.options());
        cell.w_bias = both.narrow(0, 0, rows);
        cell.r_bias = both.narrow(0, rows, rows);
        if (peepholes.defined()) cell.peepholes = peepholes[d];
        std::vector<at::Tensor> states;
        for (std::size_t i = 0; i < form.states; ++i) {
            const at::Tensor initial = optional_input(inputs, kStates + i);
            states.push_back(initial.defined() ? initial.select(by_batch ? 1 : 0, d)
                                               : at::zeros({x.size(1), hidden}, x.options()));
        }
        Sequence sequence = run_direction(cell, form, x, lengths, std::move(states), reverse || d == 1);
        all.push_back(std::move(sequence.all));
        for (std::size_t i = 0; i < form.states; ++i) last[i].push_back(std::move(sequence.last[i]));
    }
    const at::Tensor y = at::stack(all, 1);  // [T, D, B, H]
    outputs[0] = by_batch ? y.permute({2, 0, 1, 3}) : y;
    for (std::size_t i = 0; i < form.states && i + 1 < outputs.size(); ++i)
        outputs[i + 1] = at::stack(last[i], by_batch ? 1 : 0);
}

}  // namespace espalier::train
