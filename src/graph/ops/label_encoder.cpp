// LabelEncoder (ai.onnx.ml 2): the value that stands for a key, or the default. Keys and values are i64 or
// f32 lists, or strings, of which the input holds positions. Of values that are strings the position is
// given, -1 for the default.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numeric>

#include "graph/trees/decode.h"
#include "graph/trees/labels.h"
#include "graph/trees/rows.h"

namespace espalier::ops_::label_encoder_ {
namespace {

bool has(const Node& node, const char* key) { return node.attributes.contains(key); }

void infer(InferContext& context) {
    const Node& node = context.node();
    const auto* texts = trees::key_names(node);
    const bool whole = has(node, "keys_int64s") || texts != nullptr;
    if (has(node, "keys_int64s") + has(node, "keys_floats") + has(node, "keys_strings") != 1)
        context.fail("expected one of keys_int64s, keys_floats and keys_strings");
    if (has(node, "keys_strings") && texts == nullptr) context.fail("keys_strings is no list of strings");
    const auto* names = trees::class_names(node);
    const bool whole_values = has(node, "values_int64s") || names != nullptr;
    if (has(node, "values_int64s") + has(node, "values_floats") + (names != nullptr ? 1 : 0) != 1)
        context.fail("expected one of values_int64s, values_floats and values_strings");
    if (context.input(0).dtype != (whole ? DType::i64 : DType::f32))
        context.fail(fmt::format("its input holds {}, its keys are {}", name_of(context.input(0).dtype),
                                 whole ? "i64" : "f32"));
    const std::size_t keys = texts != nullptr ? texts->size()
                             : whole          ? trees::integers(node, "keys_int64s").size()
                                              : trees::real_numbers(node, "keys_floats").size();
    const std::size_t values = names != nullptr ? names->size()
                               : whole_values   ? trees::integers(node, "values_int64s").size()
                                                : trees::real_numbers(node, "values_floats").size();
    if (keys != values) context.fail(fmt::format("{} keys for {} values", keys, values));
    context.set_output(0, {whole_values ? DType::i64 : DType::f32, context.input(0).dims});
}

template <class Key, class Value>
void encode(Evaluation& e, const std::vector<Key>& keys, const std::vector<Value>& values, Value fallback) {
    std::map<Key, Value> table;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] == keys[i]) table.emplace(keys[i], values[i]);  // NaN equals no key
    }
    const Key* x = e.data<Key>(0);
    Value* y = e.result<Value>();
    for (std::int64_t i = 0; i < e.output().count(); ++i) {
        const auto found = x[i] == x[i] ? table.find(x[i]) : table.end();
        y[i] = found == table.end() ? fallback : found->second;
    }
}

template <class Key>
void encode(Evaluation& e, const std::vector<Key>& keys) {
    if (const auto* names = trees::class_names(e.node())) {
        std::vector<std::int64_t> places(names->size());
        std::iota(places.begin(), places.end(), std::int64_t{0});
        return encode(e, keys, places, std::int64_t{-1});
    }
    if (e.output_type(0).dtype == DType::i64)
        return encode(e, keys, trees::integers(e.node(), "values_int64s"),
                      e.node().attribute_int("default_int64", -1));
    const std::vector<double> values = trees::real_numbers(e.node(), "values_floats");
    encode(e, keys, std::vector<float>(values.begin(), values.end()),
           e.node().attribute_float("default_float", -0.0F));
}

void evaluate(Evaluation& e) {
    if (const auto* names = trees::key_names(e.node())) {
        std::vector<std::int64_t> places(names->size());
        std::iota(places.begin(), places.end(), std::int64_t{0});
        return encode(e, places);
    }
    if (has(e.node(), "keys_int64s")) return encode(e, trees::integers(e.node(), "keys_int64s"));
    const std::vector<double> keys = trees::real_numbers(e.node(), "keys_floats");
    encode(e, std::vector<float>(keys.begin(), keys.end()));
}

}  // namespace

extern const Operator label_encoder{.name = "LabelEncoder",
                                    .summary = "values that stand for keys",
                                    .infer = infer,
                                    .evaluate = evaluate,
                                    .domain = kMlDomain};

}  // namespace espalier::ops_::label_encoder_
