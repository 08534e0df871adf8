#include "graph/computation/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "tensor/convert.h"

namespace espalier {
namespace {

constexpr std::size_t kBias = 3;
constexpr std::size_t kLengths = 4;
constexpr std::size_t kStates = 5;  // initial h, then c
constexpr std::size_t kPeepholes = 7;

std::int64_t directions_of(const InferContext& context) {
    const std::string direction = context.node().attribute_string("direction", "forward");
    if (direction == "forward" || direction == "reverse") return 1;
    if (direction == "bidirectional") return 2;
    context.fail("direction=\"" + direction + "\", expected forward, reverse or bidirectional");
}

void check(const InferContext& context, std::size_t index, const Dims& expected, const char* what) {
    if (!context.has_input(index)) return;
    context.require_rank(index, expected.size(), what);
    for (std::size_t i = 0; i < expected.size(); ++i)
        context.unify(expected[i], context.input(index).dims[i], what);
}

Dim times(const InferContext& context, std::int64_t factor, const Dim& dim) {
    return product(context, std::vector{Dim(factor), dim});
}

/// Of an attribute of numbers.
std::vector<float> floats_of(const Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    if (found == node.attributes.end()) return {};
    if (const auto* values = std::get_if<std::vector<float>>(&found->second)) return *values;
    throw InvalidModel(fmt::format("{}: attribute \"{}\" has the wrong type", describe(node), key));
}

std::vector<std::string> names_of(const Node& node, const Recurrent& form, std::size_t directions) {
    const auto found = node.attributes.find("activations");
    if (found == node.attributes.end()) {
        std::vector<std::string> names;
        for (std::size_t d = 0; d < directions; ++d)
            names.insert(names.end(), form.activations.begin(), form.activations.end());
        return names;
    }
    const auto* names = std::get_if<std::vector<std::string>>(&found->second);
    if (names == nullptr || names->size() != directions * form.activations.size()) {
        throw InvalidModel(fmt::format("{}: activations are not {} names", describe(node),
                                       directions * form.activations.size()));
    }
    return *names;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Activation simple_activation(const std::string& name) {
    if (name == "sigmoid") return sigmoid;
    if (name == "tanh") return [](double x) { return std::tanh(x); };
    if (name == "relu") return [](double x) { return std::max(x, 0.0); };
    if (name == "softsign") return [](double x) { return x / (1 + std::abs(x)); };
    if (name == "softplus")
        return [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
    return nullptr;
}

/// Defaults of alpha and beta as in ONNX's list of activation functions.
Activation scaled_activation(const std::string& name, std::optional<double> alpha,
                             std::optional<double> beta) {
    if (name == "affine")
        return [a = alpha.value_or(1), b = beta.value_or(0)](double x) { return a * x + b; };
    if (name == "leakyrelu") return [a = alpha.value_or(0.01)](double x) { return x < 0 ? a * x : x; };
    if (name == "thresholdedrelu") return [a = alpha.value_or(1)](double x) { return x >= a ? x : 0; };
    if (name == "scaledtanh")
        return [a = alpha.value_or(1), b = beta.value_or(1)](double x) { return a * std::tanh(b * x); };
    if (name == "hardsigmoid")
        return [a = alpha.value_or(0.2), b = beta.value_or(0.5)](double x) {
            return std::clamp(a * x + b, 0.0, 1.0);
        };
    if (name == "elu") return [a = alpha.value_or(1)](double x) { return x < 0 ? a * std::expm1(x) : x; };
    return nullptr;
}

std::vector<Activation> activations_of(const Node& node, const Recurrent& form, std::size_t directions) {
    const auto alphas = floats_of(node, "activation_alpha");
    const auto betas = floats_of(node, "activation_beta");
    std::vector<Activation> functions;
    // The lists of alphas and betas hold one for each function, in their order.
    const auto at = [](const std::vector<float>& values, std::size_t i) -> std::optional<double> {
        if (i >= values.size()) return {};
        return static_cast<double>(values[i]);
    };
    for (std::string name : names_of(node, form, directions)) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        const std::size_t i = functions.size();
        Activation function = simple_activation(name);
        if (!function) function = scaled_activation(name, at(alphas, i), at(betas, i));
        if (!function)
            throw Unsupported(fmt::format("{}: activation \"{}\" is not supported", describe(node), name));
        functions.push_back(std::move(function));
    }
    return functions;
}

std::vector<double> doubles(const Evaluation& e, std::size_t input) {
    if (!e.has_input(input)) return {};
    const Tensor wide = converted(e.input(input), DType::f64);
    return {wide.as<double>().begin(), wide.as<double>().end()};
}

/// Part `index` of `count` equal ones.
std::vector<double> part(const std::vector<double>& all, std::int64_t index, std::int64_t count) {
    const std::ptrdiff_t each = std::ssize(all) / count;
    return {all.begin() + index * each, all.begin() + (index + 1) * each};
}

double dot(const double* a, const double* b, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

/// The node's tensors and where their elements lie.
class Runner {
  public:
    Runner(Evaluation& e, const Recurrent& form)
        : e_(e), form_(form), by_batch_(e.node().attribute_int("layout", 0) != 0) {
        const Shape& x = e.input(0).shape();
        steps_ = x[by_batch_ ? 1 : 0];
        batch_ = x[by_batch_ ? 0 : 1];
        inputs_ = x[2];
        directions_ = e.input(1).shape()[0];
        hidden_ = e.input(2).shape()[2];
        x_ = doubles(e, 0);
        lengths_ = e.has_input(kLengths)
                       ? e.integers(kLengths)
                       : std::vector<std::int64_t>(static_cast<std::size_t>(batch_), steps_);
        y_ = Tensor(DType::f64, shape_of(0));
        for (std::size_t i = 0; i < form.states; ++i) last_.emplace_back(DType::f64, shape_of(1));
    }

    void run(const RecurrentStep& step) {
        const auto functions = activations_of(e_.node(), form_, static_cast<std::size_t>(directions_));
        const bool reverse = e_.node().attribute_string("direction", "forward") == "reverse";
        for (std::int64_t d = 0; d < directions_; ++d) {
            const Direction direction = direction_of(d, functions);
            for (std::int64_t b = 0; b < batch_; ++b) run_example(direction, d, b, reverse || d == 1, step);
        }
        e_.set_output(0, converted(y_, e_.dtype()));
        for (std::size_t i = 0; i < form_.states; ++i) {
            if (e_.has_output(i + 1)) e_.set_output(i + 1, converted(last_[i], e_.dtype()));
        }
    }

  private:
    Shape shape_of(std::size_t output) const {
        if (output == 0)
            return by_batch_ ? Shape{batch_, steps_, directions_, hidden_}
                             : Shape{steps_, directions_, batch_, hidden_};
        return by_batch_ ? Shape{batch_, directions_, hidden_} : Shape{directions_, batch_, hidden_};
    }

    Direction direction_of(std::int64_t d, const std::vector<Activation>& functions) const {
        Direction direction{.batch = batch_, .inputs = inputs_, .hidden = hidden_};
        direction.w = part(doubles(e_, 1), d, directions_);
        direction.r = part(doubles(e_, 2), d, directions_);
        const auto rows = static_cast<std::size_t>(form_.gates * hidden_);
        std::vector<double> bias(2 * rows, 0.0);
        if (e_.has_input(kBias)) bias = part(doubles(e_, kBias), d, directions_);
        direction.w_bias = part(bias, 0, 2);
        direction.r_bias = part(bias, 1, 2);
        if (e_.has_input(kPeepholes)) direction.peepholes = part(doubles(e_, kPeepholes), d, directions_);
        const std::int64_t each = std::ssize(functions) / directions_;
        direction.activations.assign(functions.begin() + d * each, functions.begin() + (d + 1) * each);
        direction.clip = static_cast<double>(e_.node().attribute_float("clip", 0));
        return direction;
    }

    std::int64_t state_at(std::int64_t d, std::int64_t b) const {
        return (by_batch_ ? b * directions_ + d : d * batch_ + b) * hidden_;
    }

    void run_example(const Direction& direction, std::int64_t d, std::int64_t b, bool reverse,
                     const RecurrentStep& step) {
        std::vector<std::vector<double>> states(form_.states);
        for (std::size_t i = 0; i < form_.states; ++i) {
            states[i].assign(static_cast<std::size_t>(hidden_), 0.0);
            if (!e_.has_input(kStates + i)) continue;
            const auto initial = doubles(e_, kStates + i);
            std::copy_n(initial.begin() + state_at(d, b), hidden_, states[i].begin());
        }
        const std::int64_t length = lengths_[static_cast<std::size_t>(b)];
        if (length < 0 || length > steps_) e_.fail(fmt::format("a length of {} of {} steps", length, steps_));
        for (std::int64_t s = 0; s < length; ++s) {
            const std::int64_t t = reverse ? length - 1 - s : s;
            step(direction, x_.data() + (by_batch_ ? b * steps_ + t : t * batch_ + b) * inputs_, states);
            const std::int64_t at =
                by_batch_ ? (b * steps_ + t) * directions_ + d : (t * directions_ + d) * batch_ + b;
            std::copy(states[0].begin(), states[0].end(), y_.as<double>().begin() + at * hidden_);
        }
        for (std::size_t i = 0; i < form_.states; ++i)
            std::copy(states[i].begin(), states[i].end(), last_[i].as<double>().begin() + state_at(d, b));
    }

    Evaluation& e_;
    const Recurrent& form_;
    bool by_batch_;
    std::int64_t steps_ = 0, batch_ = 0, inputs_ = 0, directions_ = 1, hidden_ = 0;
    std::vector<double> x_;
    std::vector<std::int64_t> lengths_;
    Tensor y_;
    std::vector<Tensor> last_;
};

}  // namespace

std::optional<WeightUse> gate_matrices(std::size_t input, const Shape& shape,
                                       std::span<const std::string_view> gates) {
    if (input < 1 || input > 2 || shape.size() != 3) return {};
    WeightUse use{.shape = {shape[0] * shape[1], shape[2]}, .output_axis = 0};
    const bool both = shape[0] == 2;
    if (shape[0] < 1 || shape[0] > 2 || shape[1] % std::ssize(gates) != 0) return {};
    if (!both && gates.size() == 1) return use;
    for (std::int64_t d = 0; d < shape[0]; ++d) {
        const std::string_view prefix = !both ? "" : d == 0 ? "forward " : "reverse ";
        for (const std::string_view gate : gates) use.parts.push_back(fmt::format("{}{}", prefix, gate));
    }
    return use;
}

void Recurrent::infer(InferContext& context) const {
    context.require_float(0);
    for (const std::size_t index : {0U, 1U, 2U}) context.require_rank(index, 3, "X, W or R");
    const bool by_batch = context.node().attribute_int("layout", 0) != 0;
    const Dims& x = context.input(0).dims;
    const Dim steps = x[by_batch ? 1 : 0];
    const Dim batch = x[by_batch ? 0 : 1];
    const Dim hidden = context.input(2).dims[2];
    if (context.node().attributes.contains("hidden_size"))
        context.unify(hidden, Dim(context.node().attribute_int("hidden_size", 0)), "hidden_size");
    const Dim directions(directions_of(context));
    const Dim rows = times(context, gates, hidden);
    check(context, 1, {directions, rows, x[2]}, "W");
    check(context, 2, {directions, rows, hidden}, "R");
    check(context, kBias, {directions, times(context, 2, rows)}, "B");
    check(context, kLengths, {batch}, "sequence_lens");
    if (context.has_input(kLengths)) context.require_integer(kLengths);
    const Dims state = by_batch ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden};
    check(context, kStates, state, "initial_h");
    if (states > 1) check(context, kStates + 1, state, "initial_c");
    if (states > 1) check(context, kPeepholes, {directions, times(context, 3, hidden)}, "P");
    const DType dtype = context.input(0).dtype;
    for (const std::size_t index : {1U, 2U, 3U, 5U, 6U, 7U}) {
        if (context.has_input(index) && context.input(index).dtype != dtype)
            context.fail(fmt::format("input {} is {}", index, name_of(context.input(index).dtype)));
    }
    context.set_output(0, {dtype, by_batch ? Dims{batch, steps, directions, hidden}
                                           : Dims{steps, directions, batch, hidden}});
    for (std::size_t i = 0; i < states; ++i) context.set_output(i + 1, {dtype, state});
}

double Direction::input_sum(std::int64_t row, const double* x) const {
    return dot(w.data() + row * inputs, x, inputs) + w_bias[static_cast<std::size_t>(row)];
}

double Direction::state_sum(std::int64_t row, const double* h) const {
    return dot(r.data() + row * hidden, h, hidden) + r_bias[static_cast<std::size_t>(row)];
}

double Direction::activate(std::size_t function, double x) const {
    return activations[function](clip > 0 ? std::clamp(x, -clip, clip) : x);
}

void run_recurrent(Evaluation& e, const Recurrent& form, const RecurrentStep& step) {
    Runner(e, form).run(step);
}

}  // namespace espalier
