#include "graph/trees/decode.h"

namespace espalier::trees {
namespace {

RealList real_list(const Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    if (found == node.attributes.end()) return {};
    if (const auto* floats = std::get_if<std::vector<float>>(&found->second))
        return RealList(std::span<const float>(*floats));
    const auto* tensor = std::get_if<Tensor>(&found->second);
    if (tensor != nullptr && tensor->rank() <= 1) {
        if (tensor->dtype() == DType::f32) return RealList(tensor->f32());
        if (tensor->dtype() == DType::f64) return RealList(tensor->as<double>());
        throw Unsupported(fmt::format("{}: attribute \"{}\" of {} is not supported", describe(node), key,
                                      name_of(tensor->dtype())));
    }
    fail(node, fmt::format("attribute \"{}\" is no list of numbers", key));
}

}  // namespace

std::vector<double> RealList::copy() const {
    if (doubles_.empty()) return {floats_.begin(), floats_.end()};
    return {doubles_.begin(), doubles_.end()};
}

std::vector<double> real_numbers(const Node& node, const char* key) { return real_list(node, key).copy(); }

RealList numbers(const Node& node, const std::string& key, bool& doubles) {
    const std::string in_tensor = key + "_as_tensor";
    const auto found = node.attributes.find(in_tensor);
    if (found == node.attributes.end()) return real_list(node, key.c_str());
    if (node.attributes.contains(key))
        fail(node, fmt::format("both \"{}\" and \"{}\" are given", key, in_tensor));
    const auto* tensor = std::get_if<Tensor>(&found->second);
    doubles = doubles || (tensor != nullptr && tensor->dtype() == DType::f64);
    return real_list(node, in_tensor.c_str());
}

const std::vector<std::int64_t>& integers(const Node& node, const char* key) {
    static const std::vector<std::int64_t> kNone;
    const auto found = node.attributes.find(key);
    if (found == node.attributes.end()) return kNone;
    const auto* values = std::get_if<std::vector<std::int64_t>>(&found->second);
    if (values == nullptr) fail(node, fmt::format("attribute \"{}\" is no list of integers", key));
    return *values;
}

}  // namespace espalier::trees
