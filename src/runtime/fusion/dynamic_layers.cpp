#include "runtime/fusion/dynamic_layers.h"

#include <algorithm>

#include "runtime/bytes/byte_lowerings.h"

namespace espalier::runtime {
namespace {

/// Of two.
const std::string& other_input(const Node& node, const std::string& value) {
    return node.inputs[node.inputs[0] == value ? 1 : 0];
}

class DynamicFinder {
  public:
    DynamicFinder(const QuantisedValues& values, const std::map<std::string, ValueType>& types,
                  const Readers& readers)
        : values_(values), types_(types), readers_(readers) {}

    std::optional<IntegerLayer> layer_of(const Node& node) const {
        const Node* source = dynamic_source(node);
        if (source == nullptr) return {};
        const auto behind = sums_behind(node, *source);
        if (!behind) return {};
        const bool convolves = node.op == "ConvInteger";
        IntegerLayer made{.node = nullptr,
                          .lowering = convolves ? &kByteDynamicConvolution : &kByteDynamicProduct,
                          .others = {&node, behind->cast, behind->mul},
                          .place = behind->integers};
        if (behind->integers != nullptr) made.others.push_back(behind->integers);
        if (readers_.only(behind->scales.node->outputs[0]) != nullptr)
            made.others.push_back(behind->scales.node);
        std::string value = behind->mul->outputs[0], bias;
        if (const Node* add = convolves ? nullptr : values_.added_behind(value); add != nullptr) {
            bias = other_input(*add, value);
            value = add->outputs[0];
            made.others.push_back(add);
        }
        made.node = std::make_shared<const Node>(
            Node{.name = node.name,
                 .op = convolves ? "ConvIntegerToFloat" : "MatMulIntegerToFloat",
                 .inputs = {node.inputs[0], source->outputs[1], node.inputs[2], node.inputs[1],
                            behind->scales.of_weight, input_of(node, 3), "", "", bias, behind->added},
                 .outputs = {value},
                 .attributes = node.attributes});
        return made;
    }

  private:
    /// The Mul that gives the product of the quantised `source`'s scale with that of the weight, and that
    /// one.
    struct Scales {
        const Node* node = nullptr;
        std::string of_weight = {};
    };
    std::optional<Scales> scales_of(const std::string& value, const Node& source) const {
        const Node* node = values_.maker(value);
        if (node == nullptr || node->op != "Mul") return {};
        const std::size_t at = node->inputs[0] == source.outputs[1] ? 1 : 0;
        const Tensor* scale = values_.constant(node->inputs[at]);
        if (node->inputs[1 - at] != source.outputs[1] || scale == nullptr || scale->dtype() != DType::f32)
            return {};
        return Scales{node, node->inputs[at]};
    }

    /// What follows the sums, up to the Mul with both scales.
    struct Behind {
        const Node* integers = nullptr;  // the Add of integers, or null,
        std::string added = {};          // and what it adds
        const Node *cast = nullptr, *mul = nullptr;
        Scales scales = {};
    };
    std::optional<Behind> sums_behind(const Node& node, const Node& source) const {
        const bool convolves = node.op == "ConvInteger";
        const Tensor& w = *values_.constant(node.inputs[1]);
        if (convolves ? w.rank() < 3 : w.rank() != 2) return {};
        Behind found;
        std::string value = node.outputs[0];
        if (convolves) found.integers = integers_added_behind(value);
        if (found.integers != nullptr) {
            found.added = other_input(*found.integers, value);
            value = found.integers->outputs[0];
        }
        found.cast = readers_.only(value);
        if (found.cast == nullptr || found.cast->op != "Cast") return {};
        const std::string& real = found.cast->outputs[0];
        found.mul = readers_.only(real);
        // A scale of more dimensions than what it multiplies would give the output these.
        if (types_.at(real).dtype != DType::f32 || found.mul == nullptr || found.mul->op != "Mul" ||
            types_.at(found.mul->outputs[0]) != types_.at(real))
            return {};
        const auto scales = scales_of(other_input(*found.mul, real), source);
        if (!scales) return {};
        found.scales = *scales;
        const Tensor& scale = *values_.constant(scales->of_weight);
        if (scale.count() != 1 && (convolves || scale.shape() != Shape{w.shape()[1]})) return {};
        return found;
    }

    /// The DynamicQuantizeLinear whose bytes the node multiplies with a constant, or null.
    const Node* dynamic_source(const Node& node) const {
        const Node* source = values_.maker(node.inputs[0]);
        const Tensor* w = values_.constant(node.inputs[1]);
        if (source == nullptr || source->op != "DynamicQuantizeLinear" || w == nullptr || w->count() == 0)
            return nullptr;
        if (node.inputs[0] != source->outputs[0] || source->outputs.size() < 3) return nullptr;
        const std::string zero = input_of(node, 3);
        const bool fits = !source->outputs[2].empty() && input_of(node, 2) == source->outputs[2] &&
                          (zero.empty() || values_.constant(zero) != nullptr);
        return fits ? source : nullptr;
    }

    /// Integers that are added to a convolution's, one for each channel: the Add that alone reads `value`, or
    /// null.
    const Node* integers_added_behind(const std::string& value) const {
        const Node* add = readers_.only(value);
        if (add == nullptr || add->op != "Add" || add->inputs[0] == add->inputs[1]) return nullptr;
        const Dims& dims = types_.at(value).dims;
        const ValueType& bias = types_.at(other_input(*add, value));
        return bias.dtype == DType::i32 && !dims.empty() && is_each_channel(bias.dims, dims) ? add : nullptr;
    }
    /// One for each channel, in the place where channels are counted.
    static bool is_each_channel(const Dims& dims, const Dims& image) {
        const std::size_t behind = image.size() - 2;  // spatial dimensions
        if (dims.size() <= behind || dims.size() > image.size()) return false;
        const auto channels = dims.end() - static_cast<std::ptrdiff_t>(behind) - 1;
        const auto is_one = [](const Dim& dim) { return dim == Dim(1); };
        return std::all_of(dims.begin(), channels, is_one) && *channels == image[1] &&
               std::all_of(channels + 1, dims.end(), is_one);
    }

    const QuantisedValues& values_;
    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
};

}  // namespace

std::optional<IntegerLayer> dynamic_layer(const Node& node, const QuantisedValues& values,
                                          const std::map<std::string, ValueType>& types,
                                          const Readers& readers) {
    return DynamicFinder(values, types, readers).layer_of(node);
}

}  // namespace espalier::runtime
