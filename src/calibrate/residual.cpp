#include "calibrate/residual.h"

#include <algorithm>

namespace espalier::calibrate {
std::string residual_of(const Graph& graph, const Readers& readers, const Node& layer) {
    std::string value = layer.outputs[0];
    for (int step = 0; step < 2; ++step) {  // its bias comes first
        const Node* const sum = readers.only(value);
        if (sum == nullptr || sum->op != "Add") return "";
        const std::string& other = sum->inputs[sum->inputs[0] == value ? 1 : 0];
        if (other == value) return "";
        if (!graph.initializers.contains(other)) return other;
        value = sum->outputs[0];
    }
    return "";
}

bool fits_residual(const Node& layer, const Tensor& inputs, std::int64_t outputs, const Tensor& value) {
    const Shape& x = inputs.shape();
    const Shape& r = value.shape();
    if (value.dtype() != DType::f32 || r.size() != x.size() || r.size() < 2) return false;
    if (layer.op == "Conv") return r[0] == x[0] && r[1] == outputs;
    const bool is_transposed = layer.op == "Gemm" && layer.attribute_int("transA", 0) != 0;
    if (is_transposed) return r[0] == x[1] && r[1] == outputs;
    return r.back() == outputs && std::equal(r.begin(), r.end() - 1, x.begin());
}

InputRows residual_rows(const Node& layer, const Tensor& value) {
    const bool is_image = layer.op == "Conv";
    const std::int64_t outputs = value.shape()[is_image ? 1 : value.rank() - 1];
    Shape weight = {outputs, outputs};
    if (is_image) weight.resize(value.rank(), 1);
    // A layer that sees each element by itself.
    const Node each{.name = layer.name,
                    .op = is_image ? "Conv" : "MatMul",
                    .inputs = {"x", "w"},
                    .outputs = {"y"},
                    .attributes = {}};
    return InputRows(each, weight, value);
}

}  // namespace espalier::calibrate
