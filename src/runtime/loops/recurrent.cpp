#include "runtime/loops/recurrent.h"

#include <algorithm>

#include "runtime/cost_model.h"

namespace espalier::runtime {
namespace {

constexpr std::size_t kBias = 3;
constexpr std::size_t kLengths = 4;
constexpr std::size_t kStates = 5;  // initial h, then c
constexpr std::size_t kPeepholes = 7;

bool is_given(const Node& node, std::size_t input) {
    return input < node.inputs.size() && !node.inputs[input].empty();
}

/// For each name its place among those that are not left out.
std::vector<int> places_of(const std::vector<std::string>& names) {
    std::vector<int> places;
    int next = 0;
    for (const std::string& name : names) places.push_back(name.empty() ? -1 : next++);
    return places;
}

std::int64_t rounded(std::int64_t floats) { return (floats + 15) / 16 * 16; }

/// Rows of `count` floats between memory where they lie `from_step` and `to_step` apart.
void copy_rows(const float* from, std::int64_t from_step, float* to, std::int64_t to_step, std::int64_t rows,
               std::int64_t count) {
    for (std::int64_t i = 0; i < rows; ++i) std::copy_n(from + i * from_step, count, to + i * to_step);
}

}  // namespace

Sequences Sequences::of(const LoweringContext& site, std::int64_t gates) {
    Sequences s;
    s.operands = places_of(site.node.inputs);
    s.results = places_of(site.node.outputs);
    s.by_batch = site.node.attribute_int("layout", 0) != 0;
    s.reverse = site.node.attribute_string("direction", "forward") == "reverse";
    const Shape& x = site.operands[0].shape;
    s.steps = x[s.by_batch ? 1 : 0];
    s.batch = x[s.by_batch ? 0 : 1];
    s.inputs = x[2];
    s.directions = site.operands[1].shape[0];
    s.hidden = site.operands[2].shape[2];
    s.gates = gates;
    s.w = site.operands[1].constant;
    s.r = site.operands[2].constant;
    return s;
}

bool takes_recurrent(const Node& node, const std::map<std::string, ValueType>& types) {
    for (const char* key : {"activations", "activation_alpha", "activation_beta", "clip"}) {
        if (node.attributes.contains(key)) return false;
    }
    if (is_given(node, kLengths) || is_given(node, kPeepholes)) return false;
    for (const std::size_t input : {0U, 1U, 2U}) {
        const Dims& dims = types.at(node.inputs[input]).dims;
        if (std::ranges::any_of(dims, [](const Dim& dim) { return dim == Dim(0); })) return false;
    }
    return true;
}

double predict_recurrent_us(const Sequences& s) {
    const double all =
        predict_dense_us({.batch = s.steps * s.batch, .inputs = s.inputs, .outputs = s.width()});
    const double each = predict_dense_us({.batch = s.batch, .inputs = s.hidden, .outputs = s.width()}) +
                        8 * predict_element_us(s.batch * s.width());
    return static_cast<double>(s.directions) * (all + static_cast<double>(s.steps) * each);
}

/// Where everything lies in the scratch memory, in floats; a product's own behind it.
struct RecurrentKernel::Places {
    float *gates = nullptr, *h = nullptr, *c = nullptr, *extra = nullptr, *zeros = nullptr;
    std::byte* product = nullptr;
    std::size_t bytes = 0;
};

RecurrentKernel::Places RecurrentKernel::places(std::byte* scratch) const {
    const Sequences& s = sequences_;
    std::int64_t next = 0;
    const auto take = [&](std::int64_t floats) {
        float* at = scratch == nullptr ? nullptr : reinterpret_cast<float*>(scratch) + next;
        next += rounded(floats);
        return at;
    };
    Places places;
    places.gates = take(s.steps * s.batch * s.width());
    places.h = take(s.batch * s.hidden);
    places.c = take(s.batch * s.hidden);
    places.extra = take(s.batch * s.width());
    places.zeros = take(s.width());
    places.bytes = static_cast<std::size_t>(next) * sizeof(float);
    places.product = scratch == nullptr ? nullptr : scratch + places.bytes;
    return places;
}

RecurrentKernel::RecurrentKernel(Sequences sequences, int threads)
    : sequences_(std::move(sequences)),
      threads_(threads),
      input_product_({.rows = sequences_.steps * sequences_.batch,
                      .inner = sequences_.inputs,
                      .columns = sequences_.width(),
                      .source_step = sequences_.inputs,
                      .target_step = sequences_.width()},
                     constants_of(sequences_.w, 0, sequences_.inputs), threads) {}

std::vector<const float*> RecurrentKernel::constants_of(const Tensor* weights, std::int64_t first,
                                                        std::int64_t columns) {
    if (weights == nullptr) return {};
    std::vector<const float*> found;
    const std::int64_t each = weights->shape()[1] * weights->shape()[2];
    for (std::int64_t d = 0; d < weights->shape()[0]; ++d)
        found.push_back(weights->f32().data() + d * each + first * columns);
    return found;
}

Product RecurrentKernel::state_product(std::int64_t first, std::int64_t columns, std::int64_t target_step,
                                       bool adds) const {
    const Sequences& s = sequences_;
    const double us = predict_dense_us({.batch = s.batch, .inputs = s.hidden, .outputs = columns});
    return {{.rows = s.batch,
             .inner = s.hidden,
             .columns = columns,
             .source_step = s.hidden,
             .target_step = target_step,
             .adds = adds},
            constants_of(s.r, first, s.hidden),
            useful_threads(us, threads_)};
}

int RecurrentKernel::element_threads() const {
    return useful_threads(8 * predict_element_us(sequences_.batch * sequences_.width()), threads_);
}

std::size_t RecurrentKernel::scratch_bytes() const {
    return places(nullptr).bytes + std::max(input_product_.scratch_bytes(), product_bytes());
}

const float* RecurrentKernel::operand(std::span<const Operand> inputs, std::size_t index) const {
    if (index >= sequences_.operands.size() || sequences_.operands[index] < 0) return nullptr;
    return inputs[static_cast<std::size_t>(sequences_.operands[index])].f32();
}

void RecurrentKernel::run(std::span<const Operand> inputs, std::span<const Result> outputs,
                          std::byte* scratch) {
    const Places at = places(scratch);
    std::fill_n(at.zeros, sequences_.width(), 0.0F);
    for (std::int64_t d = 0; d < sequences_.directions; ++d) run_direction(d, inputs, outputs, at);
}

void RecurrentKernel::run_direction(std::int64_t d, std::span<const Operand> inputs,
                                    std::span<const Result> outputs, const Places& at) {
    const Sequences& s = sequences_;
    const auto index = static_cast<std::size_t>(d);
    const float* w = operand(inputs, 1) + d * s.width() * s.inputs;
    const float* bias = operand(inputs, kBias);
    input_product_.run(operand(inputs, 0), index, w, at.gates, at.product);
    float* const states[] = {at.h, at.c};
    for (std::size_t i = 0; i < 2; ++i) {
        const float* initial = operand(inputs, kStates + i);
        std::fill_n(states[i], s.batch * s.hidden, 0.0F);
        if (initial != nullptr)
            copy_rows(initial + s.state_at(d), s.state_step(), states[i], s.hidden, s.batch, s.hidden);
    }
    const RecurrentRun run{.direction = index,
                           .r = operand(inputs, 2) + d * s.width() * s.hidden,
                           .w_bias = bias == nullptr ? at.zeros : bias + 2 * d * s.width(),
                           .r_bias = bias == nullptr ? at.zeros : bias + (2 * d + 1) * s.width(),
                           .h = at.h,
                           .c = at.c,
                           .extra = at.extra,
                           .scratch = at.product};
    const auto output = [&](std::size_t i) -> float* {
        if (i >= s.results.size() || s.results[i] < 0) return nullptr;
        return outputs[static_cast<std::size_t>(s.results[i])].f32();
    };
    const bool backwards = s.reverse || d == 1;
    const std::int64_t y_row = s.directions * s.hidden;  // Y [T, D, B, H], or [B, T, D, H]
    for (std::int64_t i = 0; i < s.steps; ++i) {
        const std::int64_t t = backwards ? s.steps - 1 - i : i;
        step(at.gates + s.gates_at(t), run);
        if (float* y = output(0)) {
            y += s.by_batch ? t * y_row + d * s.hidden : t * y_row * s.batch + d * s.batch * s.hidden;
            copy_rows(at.h, s.hidden, y, s.by_batch ? s.steps * y_row : s.hidden, s.batch, s.hidden);
        }
    }
    for (std::size_t i = 0; i < 2; ++i) {
        if (float* last = output(i + 1))
            copy_rows(states[i], s.hidden, last + s.state_at(d), s.state_step(), s.batch, s.hidden);
    }
}

}  // namespace espalier::runtime
