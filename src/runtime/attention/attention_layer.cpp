#include "runtime/attention/attention_layer.h"

#include <fmt/format.h>

#include <array>

#include "runtime/cost_model.h"

namespace espalier::runtime {
namespace {

using kernels::Attention;
using kernels::ItemMatrices;
using kernels::ScoreStep;

constexpr std::size_t kMasks = 3;  // inputs before the masks

class AttentionKernel final : public Kernel {
  public:
    AttentionKernel(Attention attention, int threads) : attention_(std::move(attention)), threads_(threads) {
        masks_.resize(attention_.steps.size());
    }

    std::size_t scratch_bytes() const override { return attention_f32_scratch(attention_, threads_); }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        for (std::size_t i = 0; i < masks_.size(); ++i) masks_[i] = inputs[kMasks + i].bytes;
        attention_f32(attention_, inputs[0].f32(), inputs[1].f32(), inputs[2].f32(), masks_.data(),
                      outputs[0].f32(), scratch, threads_);
    }

  private:
    Attention attention_;
    int threads_;
    std::vector<const void*> masks_;
};

/// Steps of rows and columns, then the items.
std::vector<std::int64_t> numbers_of(const ItemMatrices& matrices) {
    std::vector<std::int64_t> numbers = {matrices.row_step, matrices.column_step};
    numbers.insert(numbers.end(), matrices.items.begin(), matrices.items.end());
    return numbers;
}

ItemMatrices matrices_of(const Node& node, const std::string& key) {
    const auto numbers = node.attribute_ints(key, {});
    ESPALIER_ASSERT(numbers.size() >= 2);
    return {{numbers.begin() + 2, numbers.end()}, numbers[0], numbers[1]};
}

Attention attention_of(const Node& node) {
    const auto sizes = node.attribute_ints("sizes", {});
    ESPALIER_ASSERT(sizes.size() == 4);
    Attention made{.queries = sizes[0],
                   .keys = sizes[1],
                   .depth = sizes[2],
                   .columns = sizes[3],
                   .scale = node.attribute_float("scale", 1),
                   .query = matrices_of(node, "query"),
                   .key = matrices_of(node, "key"),
                   .value = matrices_of(node, "value"),
                   .output = matrices_of(node, "output")};
    for (std::int64_t i = 0; i < node.attribute_int("steps", 0); ++i) {
        made.steps.push_back(
            {.kind = static_cast<ScoreStep::Kind>(node.attribute_int(fmt::format("kind {}", i), 0)),
             .mask = matrices_of(node, fmt::format("mask {}", i)),
             .value = node.attribute_float(fmt::format("value {}", i), 0)});
    }
    return made;
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    Attention attention = attention_of(site.node);
    const auto items = static_cast<std::int64_t>(attention.query.items.size());
    const double products = predict_dense_us({.batch = items * attention.queries,
                                              .inputs = attention.keys,
                                              .outputs = attention.depth + attention.columns});
    const double powers = predict_element_us(items * attention.queries * attention.keys);
    return {{.name = "attention_f32 " + kernels::attention_f32_instruction_set(),
             .single_us = products + powers,
             .make = [attention = std::move(attention)](int threads) -> std::shared_ptr<Kernel> {
                 return std::make_shared<AttentionKernel>(attention, threads);
             }}};
}

}  // namespace

const Lowering kFusedAttention{
    .name = "Attention", .summary = "attention of heads, its scores in the cache", .candidates = candidates};

std::map<std::string, Attribute> attributes_of(const Attention& attention) {
    std::map<std::string, Attribute> made = {
        {"sizes", std::vector{attention.queries, attention.keys, attention.depth, attention.columns}},
        {"scale", attention.scale},
        {"query", numbers_of(attention.query)},
        {"key", numbers_of(attention.key)},
        {"value", numbers_of(attention.value)},
        {"output", numbers_of(attention.output)},
        {"steps", std::ssize(attention.steps)}};
    for (std::size_t i = 0; i < attention.steps.size(); ++i) {
        const ScoreStep& step = attention.steps[i];
        made[fmt::format("kind {}", i)] = static_cast<std::int64_t>(step.kind);
        made[fmt::format("mask {}", i)] = numbers_of(step.mask);
        made[fmt::format("value {}", i)] = step.value;
    }
    return made;
}

}  // namespace espalier::runtime
