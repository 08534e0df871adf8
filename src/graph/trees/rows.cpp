#include "graph/trees/rows.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::trees {

Dim rows_of(const InferContext& context) {
    const ValueType& x = context.input(0);
    if (x.dims.empty() || x.dims.size() > 2)
        context.fail(fmt::format("its input has shape {}, expected rows of features", to_string(x.dims)));
    const bool taken =
        x.dtype == DType::f32 || x.dtype == DType::f64 || x.dtype == DType::i64 || x.dtype == DType::i32;
    if (!taken) context.refuse(fmt::format("{} of {} is not supported", context.node().op, name_of(x.dtype)));
    return x.dims.size() == 1 ? Dim(1) : x.dims.front();
}

Dim columns_of(const InferContext& context) { return context.input(0).dims.back(); }

std::vector<std::int64_t> class_labels(const Node& node, const char* integers, const char* strings) {
    std::vector<std::int64_t> labels = node.attribute_ints(integers, {});
    const auto found = node.attributes.find(strings);
    const auto* names =
        found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
    const std::size_t named = names == nullptr ? 0 : names->size();
    if (labels.empty() == (named == 0))
        throw InvalidModel(fmt::format("{}: expected one of {} and {}", describe(node), integers, strings));
    for (std::size_t i = 0; i < named; ++i) labels.push_back(static_cast<std::int64_t>(i));
    return labels;
}

std::int64_t class_count(const Node& node, const char* integers, const char* strings) {
    return static_cast<std::int64_t>(class_labels(node, integers, strings).size());
}

}  // namespace espalier::trees
