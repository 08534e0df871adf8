#include "runtime/fusion/integer_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "runtime/bytes/byte_lowerings.h"

namespace espalier::runtime {
namespace {

constexpr std::string_view kMoves[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "MaxPool"};

bool is_byte(DType dtype) { return dtype == DType::i8 || dtype == DType::u8; }

std::string input_of(const Node& node, std::size_t index) {
    return index < node.inputs.size() ? node.inputs[index] : "";
}

/// Functions behind a layer that bound what it gives, and the QuantizeLinear behind those.
struct Bounds {
    std::vector<const Node*> nodes = {};
    const Node* quantise = nullptr;
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

}  // namespace

class IntegerLayerFinder {
  public:
    IntegerLayerFinder(const Graph& graph, const std::map<std::string, ValueType>& types,
                       const Readers& readers, bool folded, IntegerLayers& into)
        : graph_(graph), types_(types), readers_(readers), folded_(folded), into_(into) {
        for (const Node& node : graph.nodes) {
            for (const std::string& output : node.outputs) makers_[output] = &node;
        }
    }

    void find() {
        for (const Node& node : graph_.nodes) {
            sources_.clear();
            std::optional<IntegerLayer> layer;
            if (node.op == "Conv") layer = convolution(node);
            if (node.op == "MatMul" || node.op == "Gemm") layer = product(node);
            if (node.op == "MatMulInteger") layer = dynamic_product(node);
            if (node.op == "Add") layer = sum(node);
            if (node.op == "GlobalAveragePool") layer = mean(node);
            if (std::ranges::find(kMoves, node.op) != std::end(kMoves)) layer = move(node);
            if (!layer) continue;
            for (const Node* source : sources_) ++reads_[source];
            order_.push_back(&node);
            into_.layers_.emplace(&node, std::move(*layer));
        }
        dissolve();
    }

  private:
    const Node* maker(const std::string& value) const {
        const auto found = makers_.find(value);
        return found == makers_.end() ? nullptr : found->second;
    }
    const Tensor* constant(const std::string& value) const {
        const auto found = graph_.initializers.find(value);
        return found == graph_.initializers.end() ? nullptr : &found->second;
    }
    bool is_number(const std::string& value) const {
        const Tensor* tensor = constant(value);
        return tensor != nullptr && tensor->count() == 1;
    }
    /// One scale above 0 and at most one zero point, constants; what a file may have else is computed node by
    /// node.
    bool has_one_quantum(const Node& node) const {
        if (node.attributes.contains("block_size") || !is_number(node.inputs[1])) return false;
        const Tensor& scale = *constant(node.inputs[1]);
        const std::string zero = input_of(node, 2);
        return scale.dtype() == DType::f32 && std::isfinite(scale.f32()[0]) && scale.f32()[0] > 0 &&
               (zero.empty() || is_number(zero));
    }
    bool same_quantum(const Node& a, const Node& b) const {
        const auto same = [&](std::size_t index) {
            const Tensor* x = input_of(a, index).empty() ? nullptr : constant(input_of(a, index));
            const Tensor* y = input_of(b, index).empty() ? nullptr : constant(input_of(b, index));
            return (x == nullptr) == (y == nullptr) &&
                   (x == nullptr || std::ranges::equal(x->bytes(), y->bytes()));
        };
        return same(1) && same(2);
    }

    /// The DequantizeLinear that makes `value` of bytes that vary, or null.
    const Node* source_of(const std::string& value) {
        const Node* node = maker(value);
        if (node == nullptr || node->op != "DequantizeLinear" || constant(node->inputs[0]) != nullptr)
            return nullptr;
        const bool fits = is_byte(types_.at(node->inputs[0]).dtype) && types_.at(value).dtype == DType::f32 &&
                          has_one_quantum(*node);
        if (!fits) return nullptr;
        sources_.push_back(node);
        return node;
    }

    /// The DequantizeLinear that makes the weight `value`, with one scale or one for each index of `axis`,
    /// for the one node that reads it; or null.
    const Node* weight_of(const std::string& value, std::int64_t axis) const {
        const Node* node = maker(value);
        if (node == nullptr || node->op != "DequantizeLinear" || readers_.only(value) == nullptr)
            return nullptr;
        const Tensor* bytes = constant(node->inputs[0]);
        const Tensor* scale = constant(node->inputs[1]);
        const std::string zero = input_of(*node, 2);
        if (bytes == nullptr || scale == nullptr || (!zero.empty() && constant(zero) == nullptr))
            return nullptr;
        if (!is_byte(bytes->dtype()) || scale->dtype() != DType::f32 ||
            node->attributes.contains("block_size"))
            return nullptr;
        if (types_.at(value).dtype != DType::f32 || bytes->count() == 0) return nullptr;
        const std::int64_t rank = std::ssize(bytes->shape());
        std::int64_t along = node->attribute_int("axis", 1);
        if (along < 0) along += rank;
        const bool each = scale->count() != 1;
        return !each || (along == axis &&
                         scale->shape() == Shape{bytes->shape()[static_cast<std::size_t>(axis)]})
                   ? node
                   : nullptr;
    }

    /// Left out, a constant, or what will be one: made of constants alone by a few nodes.
    bool is_bias(const std::string& value, int depth = 3) const {
        if (value.empty() || constant(value) != nullptr) return true;
        const Node* node = maker(value);
        if (folded_ || node == nullptr || depth == 0) return false;
        return std::ranges::all_of(node->inputs,
                                   [&](const std::string& input) { return is_bias(input, depth - 1); });
    }

    Bounds bounds_behind(const std::string& value) const {
        Bounds found;
        std::string at = value;
        for (const Node* node = readers_.only(at); node != nullptr; node = readers_.only(at)) {
            if (node->op == "QuantizeLinear") {
                if (node->inputs[0] != at || !has_one_quantum(*node) ||
                    !is_byte(types_.at(node->outputs[0]).dtype))
                    return {};
                found.quantise = node;
                found.nodes.push_back(node);
                return found;
            }
            const auto functions = functions_of(*node, at, graph_);
            if (functions.size() != 1) return {};
            const Function& f = functions[0];
            const bool relu = f.algorithm == dnnl::algorithm::eltwise_relu && f.alpha == 0;
            if (!relu && f.algorithm != dnnl::algorithm::eltwise_clip) return {};
            const float low = relu ? 0 : f.alpha;
            const float high = relu ? std::numeric_limits<float>::infinity() : f.beta;
            found.low = std::clamp(found.low, low, high);
            found.high = std::clamp(found.high, low, high);
            found.nodes.push_back(node);
            at = node->outputs[0];
        }
        return {};
    }

    /// `node` and what is behind it as one, its inputs up to those of the quantisation of what it gives.
    IntegerLayer layer(const Node& node, const char* op, const Lowering& lowering,
                       std::vector<std::string> inputs, const std::string& value, const Bounds& behind,
                       decltype(Node::attributes) attributes) const {
        IntegerLayer made{.node = nullptr, .lowering = &lowering, .others = {&node}};
        made.others.insert(made.others.end(), behind.nodes.begin(), behind.nodes.end());
        const Node* quantise = behind.quantise;
        inputs.push_back(quantise == nullptr ? "" : quantise->inputs[1]);
        inputs.push_back(quantise == nullptr ? "" : input_of(*quantise, 2));
        if (quantise != nullptr) {
            attributes["low"] = behind.low;
            attributes["high"] = behind.high;
        }
        made.node =
            std::make_shared<const Node>(Node{.name = node.name,
                                              .op = op,
                                              .inputs = std::move(inputs),
                                              .outputs = {quantise == nullptr ? value : quantise->outputs[0]},
                                              .attributes = std::move(attributes)});
        return made;
    }

    std::vector<std::string> operands(std::initializer_list<const Node*> sources) const {
        std::vector<std::string> inputs;
        for (const Node* source : sources) {
            inputs.push_back(source->inputs[0]);
            inputs.push_back(source->inputs[1]);
            inputs.push_back(input_of(*source, 2));
        }
        return inputs;
    }

    std::optional<IntegerLayer> convolution(const Node& node) {
        const Node* x = source_of(node.inputs[0]);
        const Node* w = x == nullptr ? nullptr : weight_of(node.inputs[1], 0);
        if (w == nullptr || !is_bias(input_of(node, 2))) return {};
        IntegerLayer made = layer(node, "QLinearConv", kByteConvolution, operands({x, w}), node.outputs[0],
                                  bounds_behind(node.outputs[0]), node.attributes);
        return with_weight(std::move(made), *w, input_of(node, 2));
    }

    /// Behind the other operands comes the bias.
    IntegerLayer with_weight(IntegerLayer made, const Node& w, const std::string& bias) {
        Node node = *made.node;
        node.inputs.push_back(bias);
        made.node = std::make_shared<const Node>(std::move(node));
        made.others.push_back(&w);
        into_.weights_.insert(w.outputs[0]);
        return made;
    }

    std::optional<IntegerLayer> product(const Node& node) {
        const bool gemm = node.op == "Gemm";
        const bool turned = gemm && node.attribute_int("transB", 0) != 0;
        if (gemm && (node.attribute_int("transA", 0) != 0 || node.attribute_float("alpha", 1) != 1 ||
                     node.attribute_float("beta", 1) != 1))
            return {};
        const Node* x = source_of(node.inputs[0]);
        const Node* w = x == nullptr ? nullptr : weight_of(node.inputs[1], turned ? 0 : 1);
        if (w == nullptr || constant(w->inputs[0])->rank() != 2 || types_.at(x->inputs[0]).dims.size() < 2)
            return {};
        std::string bias = gemm ? input_of(node, 2) : "";
        if (!is_bias(bias) || !repeats_along_rows(bias, node.outputs[0])) return {};
        std::string value = node.outputs[0];
        const Node* add = gemm ? nullptr : added_behind(value);
        if (add != nullptr) {
            bias = add->inputs[add->inputs[0] == value ? 1 : 0];
            value = add->outputs[0];
        }
        IntegerLayer made = layer(node, "QLinearMatMul", kByteProduct, operands({x, w}), value,
                                  bounds_behind(value), {{"transB", std::int64_t{turned}}});
        if (add != nullptr) made.others.insert(made.others.begin() + 1, add);
        return with_weight(std::move(made), *w, bias);
    }

    /// One number, or one for each column of `value`.
    bool repeats_along_rows(const std::string& bias, const std::string& value) const {
        if (bias.empty()) return true;
        const Dims& dims = types_.at(bias).dims;
        const Dims& of = types_.at(value).dims;
        const auto is_one = [](const Dim& dim) { return dim == Dim(1); };
        if (dims.empty()) return true;
        return dims.size() <= of.size() && std::all_of(dims.begin(), dims.end() - 1, is_one) &&
               (is_one(dims.back()) || dims.back() == of.back());
    }

    /// The Add of a constant bias that alone reads `value`.
    const Node* added_behind(const std::string& value) const {
        const Node* add = readers_.only(value);
        if (add == nullptr || add->op != "Add" || add->inputs[0] == add->inputs[1]) return nullptr;
        const std::string& bias = add->inputs[add->inputs[0] == value ? 1 : 0];
        const Tensor* tensor = constant(bias);
        if (tensor == nullptr || tensor->dtype() != DType::f32 || !repeats_along_rows(bias, value))
            return nullptr;
        return types_.at(add->outputs[0]) == types_.at(value) ? add : nullptr;
    }

    /// MatMulInteger -> Cast -> Mul with both scales (-> Add), as dynamic quantisation writes it.
    std::optional<IntegerLayer> dynamic_product(const Node& node) {
        const Node* source = maker(node.inputs[0]);
        const Tensor* w = constant(node.inputs[1]);
        if (source == nullptr || source->op != "DynamicQuantizeLinear" || w == nullptr || w->rank() != 2)
            return {};
        if (node.inputs[0] != source->outputs[0] || source->outputs.size() < 3) return {};
        if (input_of(node, 2) != source->outputs[2] || w->count() == 0) return {};
        const std::string zero = input_of(node, 3);
        if (!zero.empty() && constant(zero) == nullptr) return {};
        const Node* cast = readers_.only(node.outputs[0]);
        if (cast == nullptr || cast->op != "Cast" || types_.at(cast->outputs[0]).dtype != DType::f32)
            return {};
        const Node* mul = readers_.only(cast->outputs[0]);
        if (mul == nullptr || mul->op != "Mul") return {};
        const std::string& both = mul->inputs[mul->inputs[0] == cast->outputs[0] ? 1 : 0];
        const Node* scales = maker(both);
        if (scales == nullptr || scales->op != "Mul") return {};
        const std::size_t of_weight = scales->inputs[0] == source->outputs[1] ? 1 : 0;
        const Tensor* scale = constant(scales->inputs[of_weight]);
        if (scales->inputs[1 - of_weight] != source->outputs[1] || scale == nullptr) return {};
        if (scale->count() != 1 && scale->shape() != Shape{w->shape()[1]}) return {};
        std::string value = mul->outputs[0];
        IntegerLayer made{.node = nullptr, .lowering = &kByteDynamicProduct, .others = {&node, cast, mul}};
        if (readers_.only(both) != nullptr) made.others.push_back(scales);
        std::string bias;
        if (const Node* add = added_behind(value); add != nullptr) {
            bias = add->inputs[add->inputs[0] == value ? 1 : 0];
            value = add->outputs[0];
            made.others.push_back(add);
        }
        made.node = std::make_shared<const Node>(
            Node{.name = node.name,
                 .op = "MatMulIntegerToFloat",
                 .inputs = {node.inputs[0], source->outputs[1], node.inputs[2], node.inputs[1],
                            scales->inputs[of_weight], zero, "", "", bias},
                 .outputs = {value},
                 .attributes = {}});
        into_.products_.insert(node.outputs[0]);
        return made;
    }

    std::optional<IntegerLayer> sum(const Node& node) {
        const Node* a = source_of(node.inputs[0]);
        const Node* b = a == nullptr ? nullptr : source_of(node.inputs[1]);
        if (b == nullptr || types_.at(node.inputs[0]) != types_.at(node.inputs[1])) return {};
        const Bounds behind = bounds_behind(node.outputs[0]);
        if (behind.quantise == nullptr) return {};
        return layer(node, "QLinearAdd", kByteSum, operands({a, b}), node.outputs[0], behind, {});
    }

    std::optional<IntegerLayer> mean(const Node& node) {
        const Node* x = source_of(node.inputs[0]);
        if (x == nullptr) return {};
        const Bounds behind = bounds_behind(node.outputs[0]);
        if (behind.quantise == nullptr) return {};
        return layer(node, "QLinearGlobalAveragePool", kByteMean, operands({x}), node.outputs[0], behind, {});
    }

    /// The same bytes go elsewhere, or the largest of them.
    std::optional<IntegerLayer> move(const Node& node) {
        const bool pools = node.op == "MaxPool";
        if (node.outputs.size() != 1) return {};
        if (pools && is_byte(types_.at(node.inputs[0]).dtype))
            return IntegerLayer{
                .node = std::make_shared<const Node>(node), .lowering = &kByteMaxPool, .others = {&node}};
        const Node* x = source_of(node.inputs[0]);
        const Node* quantise = readers_.only(node.outputs[0]);
        if (x == nullptr || quantise == nullptr || quantise->op != "QuantizeLinear") return {};
        if (!has_one_quantum(*quantise) || !same_quantum(*x, *quantise)) return {};
        if (types_.at(quantise->outputs[0]).dtype != types_.at(x->inputs[0]).dtype) return {};
        const Lowering* lowering = pools ? &kByteMaxPool : lowerings().find(node.op);
        if (lowering == nullptr || (!pools && !lowering->view)) return {};
        Node made = node;
        made.inputs[0] = x->inputs[0];
        made.outputs = quantise->outputs;
        return IntegerLayer{.node = std::make_shared<const Node>(std::move(made)),
                            .lowering = lowering,
                            .others = {&node, quantise}};
    }

    /// A DequantizeLinear that only such layers read belongs to the first of them.
    void dissolve() {
        std::set<const Node*> gone;
        for (const Node* at : order_) {
            for (const std::string& input : at->inputs) {
                const auto found = reads_.find(maker(input));
                if (found == reads_.end() || !is_only_read_by_layers(*found->first)) continue;
                if (gone.insert(found->first).second) into_.layers_.at(at).others.push_back(found->first);
            }
        }
    }
    bool is_only_read_by_layers(const Node& source) const {
        const auto& readers = readers_.of(source.outputs[0]);
        return !readers.empty() && std::ranges::all_of(readers, [&](const Node* reader) {
            const IntegerLayer* layer = into_.at(*reader);
            if (layer == nullptr) return false;
            const auto& inputs = layer->node->inputs;
            return std::ranges::find(inputs, source.inputs[0]) != inputs.end();
        });
    }

    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
    bool folded_;
    IntegerLayers& into_;
    std::map<std::string, const Node*> makers_;
    std::vector<const Node*> sources_;  // of the layer that is looked at
    std::map<const Node*, int> reads_;
    std::vector<const Node*> order_;
};

IntegerLayers::IntegerLayers(const Graph& graph, const std::map<std::string, ValueType>& types,
                             const Readers& readers, bool folded) {
    const bool any = std::ranges::any_of(graph.nodes, [&](const Node& node) {
        return node.op == "DequantizeLinear" || node.op == "DynamicQuantizeLinear" ||
               (node.op == "MaxPool" && types.at(node.inputs[0]).dtype != DType::f32);
    });
    if (any) IntegerLayerFinder(graph, types, readers, folded, *this).find();
}

}  // namespace espalier::runtime
