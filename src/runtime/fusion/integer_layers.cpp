#include "runtime/fusion/integer_layers.h"

#include <algorithm>
#include <optional>

#include "runtime/bytes/byte_lowerings.h"
#include "runtime/fusion/byte_functions.h"
#include "runtime/fusion/dynamic_layers.h"
#include "runtime/fusion/quantised_values.h"

namespace espalier::runtime {
namespace {

constexpr std::string_view kMoves[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "MaxPool"};

}  // namespace

class IntegerLayerFinder {
  public:
    IntegerLayerFinder(const Graph& graph, const std::map<std::string, ValueType>& types,
                       const Readers& readers, bool folded, IntegerLayers& into)
        : graph_(graph),
          types_(types),
          readers_(readers),
          values_(graph, types, readers, folded),
          into_(into) {}

    void find() {
        find_functions();
        for (const Node& node : graph_.nodes) {
            sources_.clear();
            if (into_.layers_.contains(&node) || anchors_.contains(&node)) continue;
            std::optional<IntegerLayer> layer;
            if (node.op == "Conv") layer = convolution(node);
            if (node.op == "MatMul" || node.op == "Gemm") layer = product(node);
            if (node.op == "MatMulInteger" || node.op == "ConvInteger") layer = dynamic(node);
            if (node.op == "Add") layer = sum(node);
            if (node.op == "Mul") layer = scaled(node);
            if (node.op == "GlobalAveragePool") layer = mean(node);
            if (std::ranges::find(kMoves, node.op) != std::end(kMoves)) layer = move(node);
            if (!layer) continue;
            read_.insert(sources_.begin(), sources_.end());
            into_.layers_.emplace(layer->place == nullptr ? &node : layer->place, std::move(*layer));
        }
        dissolve();
    }

  private:
    const Node* source_of(const std::string& value) {
        const Node* node = values_.source_of(value);
        if (node != nullptr) sources_.push_back(node);
        return node;
    }

    /// From the last one on: one that contains others is met before these.
    void find_functions() {
        const ByteFunctions functions(graph_, types_, readers_, values_);
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
            auto found = functions.ending_in(*node, anchors_);
            if (!found) continue;
            for (const Node* inner : found->inside) anchors_.emplace(inner, &*node);
            read_.insert(found->sources.begin(), found->sources.end());
            IntegerLayer made{.node = nullptr, .lowering = &kByteTable, .others = std::move(found->inside)};
            made.others.push_back(&*node);
            made.node =
                std::make_shared<const Node>(Node{.name = node->name,
                                                  .op = "QLinearFunction",
                                                  .inputs = {found->bytes},
                                                  .outputs = {node->outputs[0]},
                                                  .attributes = {{"table", std::move(found->table)}}});
            into_.layers_.emplace(&*node, std::move(made));
        }
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
        const Node* w = x == nullptr ? nullptr : values_.weight_of(node.inputs[1], 0);
        if (w == nullptr || !values_.is_bias(input_of(node, 2))) return {};
        IntegerLayer made = layer(node, "QLinearConv", kByteConvolution, operands({x, w}), node.outputs[0],
                                  values_.bounds_behind(node.outputs[0]), node.attributes);
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
        const Node* w = x == nullptr ? nullptr : values_.weight_of(node.inputs[1], turned ? 0 : 1);
        if (w == nullptr || values_.constant(w->inputs[0])->rank() != 2 ||
            types_.at(x->inputs[0]).dims.size() < 2)
            return {};
        std::string bias = gemm ? input_of(node, 2) : "";
        if (!values_.is_bias(bias) || !values_.repeats_along_rows(bias, node.outputs[0])) return {};
        std::string value = node.outputs[0];
        const Node* add = gemm ? nullptr : values_.added_behind(value);
        if (add != nullptr) {
            bias = add->inputs[add->inputs[0] == value ? 1 : 0];
            value = add->outputs[0];
        }
        IntegerLayer made = layer(node, "QLinearMatMul", kByteProduct, operands({x, w}), value,
                                  values_.bounds_behind(value), {{"transB", std::int64_t{turned}}});
        if (add != nullptr) made.others.insert(made.others.begin() + 1, add);
        return with_weight(std::move(made), *w, bias);
    }

    std::optional<IntegerLayer> dynamic(const Node& node) {
        auto layer = dynamic_layer(node, values_, types_, readers_);
        if (layer) into_.products_.insert(node.outputs[0]);
        return layer;
    }

    std::optional<IntegerLayer> sum(const Node& node) {
        const Node* a = source_of(node.inputs[0]);
        const Node* b = a == nullptr ? nullptr : source_of(node.inputs[1]);
        if (b == nullptr || types_.at(node.inputs[0]) != types_.at(node.inputs[1])) return {};
        const Bounds behind = values_.bounds_behind(node.outputs[0]);
        if (behind.quantise == nullptr) return {};
        return layer(node, "QLinearAdd", kByteSum, operands({a, b}), node.outputs[0], behind, {});
    }

    /// A product of two values of one shape, or of an image with a number for each of its channels.
    std::optional<IntegerLayer> scaled(const Node& node) {
        const Node* a = source_of(node.inputs[0]);
        const Node* b = a == nullptr ? nullptr : source_of(node.inputs[1]);
        if (b == nullptr) return {};
        const Dims& dims = types_.at(node.outputs[0]).dims;
        if (types_.at(node.inputs[0]).dims != dims) std::swap(a, b);
        const Dims& of_b = types_.at(b->outputs[0]).dims;
        if (types_.at(a->outputs[0]).dims != dims || (of_b != dims && !is_of_channels(of_b, dims))) return {};
        const Bounds behind = values_.bounds_behind(node.outputs[0]);
        if (behind.quantise == nullptr) return {};
        return layer(node, "QLinearMul", kByteScaling, operands({a, b}), node.outputs[0], behind, {});
    }

    static bool is_of_channels(const Dims& dims, const Dims& image) {
        return image.size() >= 3 && dims.size() == image.size() && dims[0] == image[0] &&
               dims[1] == image[1] &&
               std::all_of(dims.begin() + 2, dims.end(), [](const Dim& dim) { return dim == Dim(1); });
    }

    std::optional<IntegerLayer> mean(const Node& node) {
        const Node* x = source_of(node.inputs[0]);
        if (x == nullptr) return {};
        const Bounds behind = values_.bounds_behind(node.outputs[0]);
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
        if (!values_.has_one_quantum(*quantise) || !values_.same_quantum(*x, *quantise)) return {};
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

    /// A DequantizeLinear that only such layers read belongs to one of them.
    void dissolve() {
        for (const Node* source : read_) {
            const auto& readers = readers_.of(source->outputs[0]);
            const auto is_theirs = [&](const Node* reader) {
                const IntegerLayer* layer = layer_of(reader);
                return layer != nullptr &&
                       std::ranges::find(layer->node->inputs, source->inputs[0]) != layer->node->inputs.end();
            };
            if (readers.empty() || !std::ranges::all_of(readers, is_theirs)) continue;
            layer_of(readers.front())->others.push_back(source);
        }
    }

    IntegerLayer* layer_of(const Node* node) {
        const auto anchor = anchors_.find(node);
        const auto found = into_.layers_.find(anchor == anchors_.end() ? node : anchor->second);
        return found == into_.layers_.end() ? nullptr : &found->second;
    }

    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    const Readers& readers_;
    QuantisedValues values_;
    IntegerLayers& into_;
    std::vector<const Node*> sources_;            // of the layer that is looked at
    std::set<const Node*> read_;                  // by layers
    std::map<const Node*, const Node*> anchors_;  // of what is inside of functions: their QuantizeLinear
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
