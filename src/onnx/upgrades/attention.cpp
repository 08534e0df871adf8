// Attention of opset 23: softmax(scale * q k^T + mask) v, spelled with products and a Softmax, so that heads
// can be followed and removed like those of any exporter.
#include <cmath>
#include <limits>

#include "onnx/expansion/attention.h"
#include "onnx/schema.h"

namespace espalier::onnx::upgrades_::attention_ {
namespace {

constexpr std::string_view kOps[] = {"Attention"};
constexpr float kHidden = -std::numeric_limits<float>::infinity();

/// Key or value heads that several query heads share, one for each of these.
std::string repeated(Expansion& e, const std::string& value, std::int64_t heads, std::int64_t times,
                     std::int64_t width) {
    const std::string one = e.add("Unsqueeze", {value, e.ints({2})});
    const std::string all = e.add("Expand", {one, e.ints({1, 1, times, 1, 1})});
    return e.add("Reshape", {all, e.ints({0, heads, -1, width})});
}

struct Heads {
    std::int64_t q = 0, kv = 0;
    std::int64_t width = 0, value_width = 0;  // -1 where a dimension is open
};

Heads heads_of(const Expansion& e) {
    Heads heads{.q = e.node().attribute_int("q_num_heads", 0),
                .kv = e.node().attribute_int("kv_num_heads", 0)};
    const bool flat = e.dims(0).size() == 3;
    if (e.dims(0).size() != e.dims(1).size() || e.dims(0).size() != e.dims(2).size() ||
        (!flat && e.dims(0).size() != 4))
        e.refuse("operands that have not 3 or 4 dimensions each");
    if (flat && (heads.q < 1 || heads.kv < 1)) e.refuse("3 dimensions and no number of heads");
    if (!flat) {
        heads.q = e.dims(0)[1].size();
        heads.kv = e.dims(1)[1].size();
    }
    const auto width = [&](std::size_t index, std::int64_t count) {
        const Dim last = e.dims(index).back();
        return !last.is_fixed() ? -1 : flat ? last.size() / count : last.size();
    };
    heads.width = width(1, heads.kv);
    heads.value_width = width(2, heads.kv);
    return heads;
}

std::string mask_of(Expansion& e) {
    const std::string mask = e.input(3);
    return e.dtype(3) == DType::boolean ? bias_where(e, mask, e.dtype(0), kHidden) : mask;
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    if (e.has_input(6)) e.refuse("lengths of keys (nonpad_kv_seqlen)");
    if (node.attribute_int("left_window_size", -1) >= 0 || node.attribute_int("right_window_size", -1) >= 0)
        e.refuse("a window");
    const std::int64_t mode = node.attribute_int("qk_matmul_output_mode", 0);
    if (e.has_output(3) && mode != 0 && mode != 3) e.refuse("qk_matmul_output_mode 1 and 2");
    const Heads heads = heads_of(e);
    const bool flat = e.dims(0).size() == 3;
    const auto split = [&](std::size_t index, std::int64_t count) {
        return flat ? split_heads(e, e.input(index), count) : e.input(index);
    };
    AttentionParts parts{.q = split(0, heads.q),
                         .k = split(1, heads.kv),
                         .v = split(2, heads.kv),
                         .dtype = e.dtype(0),
                         .scale = node.attribute_float("scale", 0),
                         .softcap = node.attribute_float("softcap", 0),
                         .bias = {}};
    if (!node.attributes.contains("scale")) {
        if (heads.width < 1) e.refuse("heads of unknown width and no scale");
        parts.scale = 1 / std::sqrt(static_cast<float>(heads.width));
    }
    const auto axis2 = Attributes{{"axis", std::int64_t{2}}};
    if (e.has_input(4)) parts.k = e.add("Concat", {e.input(4), parts.k}, axis2);
    if (e.has_input(5)) parts.v = e.add("Concat", {e.input(5), parts.v}, axis2);
    if (e.has_output(1)) e.finish("Identity", {parts.k}, {}, 1);
    if (e.has_output(2)) e.finish("Identity", {parts.v}, {}, 2);
    if (heads.q != heads.kv) {
        if (heads.q < 1 || heads.kv < 1 || heads.q % heads.kv != 0 || heads.width < 1 ||
            heads.value_width < 1)
            e.refuse("heads that do not divide, or of unknown number or width");
        parts.k = repeated(e, parts.k, heads.q, heads.q / heads.kv, heads.width);
        parts.v = repeated(e, parts.v, heads.q, heads.q / heads.kv, heads.value_width);
    }
    if (e.has_input(3)) parts.bias.push_back(mask_of(e));
    if (node.attribute_int("is_causal", 0) != 0)
        parts.bias.push_back(causal_bias(e, parts.q, parts.k, e.input(4), parts.dtype, kHidden));
    const std::string value = attend(e, parts);
    if (e.has_output(3)) e.finish("Identity", {mode == 0 ? parts.scores : parts.shares}, {}, 3);
    if (flat) {
        const std::string rows =
            e.add("Transpose", {value}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
        e.finish("Reshape", {rows, e.ints({0, 0, -1})});
    } else {
        e.finish("Identity", {value});
    }
}

}  // namespace

extern const Upgrade attention{.name = "attention",
                               .summary = "Attention: products and a Softmax",
                               .ops = kOps,
                               .first = 23,
                               .last = kNewestOpset,
                               .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::attention_
