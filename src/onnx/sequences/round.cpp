#include "onnx/sequences/round.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/proto/node_order.h"

namespace espalier::onnx {
namespace {

pb::NodeProto constant_node(const pb::TensorProto& tensor) {
    pb::NodeProto node;
    node.set_op_type("Constant");
    node.add_output(tensor.name());
    auto& value = *node.add_attribute();
    value.set_name("value");
    value.set_type(pb::AttributeProto::TENSOR);
    *value.mutable_t() = tensor;
    return node;
}

/// Of the shape that the body declares: exporters write one number as a scalar or as a row of one.
Shape shape_of(const pb::ValueInfoProto& input) {
    return Shape(static_cast<std::size_t>(input.type().tensor_type().shape().dim_size() == 1 ? 1 : 0), 1);
}

Tensor yes(Shape shape) {
    Tensor tensor(DType::boolean, std::move(shape));
    tensor.as<bool>()[0] = true;
    return tensor;
}

}  // namespace

Round::Round(const pb::GraphProto& body, const SequenceReader& reader) : body_(&body), reader_(&reader) {
    for (const auto& tensor : body.initializer()) read_node(constant_node(tensor), "", constants_);
    for (const auto& node : body.node()) {
        if (node.op_type() == "Constant") read_node(node, "", constants_);
    }
}

void Round::read_node(pb::NodeProto node, const std::string& suffix, Names& names) const {
    reader_->spend(1, node);
    for (const auto& attribute : node.attribute()) {
        if (attribute.has_g())
            throw Unsupported(fmt::format("{}: a body within a loop that fills a sequence", described(node)));
    }
    const auto rename = [&](std::string& input) {
        if (const auto found = names.find(input); found != names.end()) {
            input = found->second;
        } else if (const auto constant = constants_.find(input); constant != constants_.end()) {
            input = constant->second;
        }
    };
    for (auto& input : *node.mutable_input()) rename(input);
    for (auto& output : *node.mutable_output()) {
        if (output.empty()) continue;
        const std::string outside = reader_->fresh(output + suffix);
        names[output] = outside;
        output = outside;
    }
    reader_->read(node);
}

void Round::read(std::int64_t index, std::string& condition, std::vector<std::string>& state) const {
    const std::string suffix = fmt::format("/round {}", index);
    const auto& number = body_->input(0);
    const auto& goes_on = body_->input(1);
    Names names;
    names[number.name()] =
        reader_->constant(number.name() + suffix, of_integers({index}).reshaped(shape_of(number)));
    names[goes_on.name()] =
        condition.empty() ? reader_->constant(goes_on.name() + suffix, yes(shape_of(goes_on))) : condition;
    for (std::size_t i = 0; i < state.size(); ++i)
        names[body_->input(static_cast<int>(i) + 2).name()] = state[i];
    for (const pb::NodeProto* node : nodes_in_order(*body_)) {
        if (node->op_type() != "Constant") read_node(*node, suffix, names);
    }
    const auto named = [&](int output) {
        const std::string& inside = body_->output(output).name();
        const auto found = names.find(inside);
        const auto constant = constants_.find(inside);
        if (found != names.end()) return found->second;
        return constant != constants_.end() ? constant->second : inside;
    };
    condition = named(0);
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = named(static_cast<int>(i) + 1);
}

}  // namespace espalier::onnx
