#include <algorithm>
#include <optional>

#include "graph/analysis/inference.h"
#include "graph/op.h"
#include "onnx/body_constants.h"
#include "onnx/constant_node.h"
#include "onnx/located.h"
#include "onnx/proto/attribute_proto.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/node_order.h"
#include "onnx/proto/sparse_proto.h"
#include "onnx/proto/tensor_proto.h"
#include "onnx/proto/value_proto.h"
#include "onnx/schema.h"
#include "onnx/sequences/sequences.h"
#include "onnx/string_values.h"
#include "onnx/upgrade.h"

namespace espalier::onnx {
namespace {

/// Every name in the graph and in the bodies of its nodes.
void add_names(const pb::GraphProto& proto, std::set<std::string>& names) {
    for (const auto& tensor : proto.initializer()) names.insert(tensor.name());
    for (const auto& tensor : proto.sparse_initializer()) names.insert(tensor.values().name());
    for (const auto& input : proto.input()) names.insert(input.name());
    for (const auto& node : proto.node()) {
        names.insert(node.output().begin(), node.output().end());
        for (const auto& attribute : node.attribute()) add_names(attribute.g(), names);
    }
}

/// What the graph and its bodies share while they are read.
struct Reading {
    Opsets opsets;
    ExternalData& elsewhere;
    Inference& inference;         // of every value that can be seen
    std::set<std::string> names;  // all that there are anywhere
    std::int64_t sequence_work = 0;
    Remarks& remarks;
};

class GraphReader {
  public:
    /// Fills `graph`, which is empty. `outer` reads the graph that has this one as a body; null for the
    /// model's.
    /// `formal`: types of its inputs as far as the node around it tells, for those that declare none.
    GraphReader(const pb::GraphProto& proto, Reading& reading, Graph& graph, const GraphReader* outer,
                std::vector<ValueType> formal = {})
        : proto_(proto), reading_(reading), graph_(graph), outer_(outer), formal_(std::move(formal)) {
        if (outer_ != nullptr) reading_.inference.enter(graph_.initializers);
    }
    GraphReader(const GraphReader&) = delete;
    GraphReader& operator=(const GraphReader&) = delete;
    ~GraphReader() {
        if (outer_ != nullptr) reading_.inference.leave();
    }

    void read() {
        graph_.name = proto_.name();
        graph_.doc = proto_.doc_string();
        for (const auto& tensor : proto_.initializer()) {
            add_initializer(tensor.name(), located(fmt::format("initialiser \"{}\"", tensor.name()),
                                                   [&] { return to_tensor(tensor, reading_.elsewhere); }));
            count_constant(tensor.name());
        }
        for (const auto& tensor : proto_.sparse_initializer()) {
            add_initializer(tensor.values().name(),
                            located(fmt::format("sparse initialiser \"{}\"", tensor.values().name()),
                                    [&] { return to_dense(tensor); }));
            count_constant(tensor.values().name());
        }
        for (int i = 0; i < proto_.input_size(); ++i)
            read_input(proto_.input(i), static_cast<std::size_t>(i));
        for (const pb::NodeProto* node : nodes_in_order(proto_)) read_node(*node);
        for (const auto& output : proto_.output()) read_output(output);
        remove_unread();
    }

  private:
    /// The type of a name that the graph itself defines, here. It may hide one of a graph around it.
    void define(const std::string& what, const std::string& name, ValueType type) {
        if (name.empty()) throw InvalidModel(fmt::format("{} without a name", what));
        if (!own_.insert(name).second)
            throw InvalidModel(fmt::format("{} \"{}\": the name is used twice", what, name));
        reading_.inference.define(name, std::move(type));
    }

    void add_initializer(const std::string& name, Tensor tensor) {
        define("initialiser", name, {tensor.dtype(), to_dims(tensor.shape())});
        graph_.initializers.emplace(name, std::move(tensor));
    }

    /// Of the file's own constants.
    void count_constant(const std::string& name) {
        reading_.remarks.constants.emplace_back(name, graph_.initializers.at(name).count());
    }

    /// Before IR version 4 every initialiser was an input too; since then that makes it an input's default.
    void read_input(const pb::ValueInfoProto& proto, std::size_t index) {
        const std::string where = fmt::format("input \"{}\"", proto.name());
        const bool by_key = StringValues::is_encoded(proto, proto_);
        auto type =
            located(where, [&] { return to_value_type(by_key ? StringValues::in_positions(proto) : proto); });
        if (!type && index < formal_.size()) type = formal_[index];
        const auto initializer = graph_.initializers.find(proto.name());
        if (initializer == graph_.initializers.end()) {
            if (!type) {
                throw Unsupported(fmt::format("{}: its type or number of dimensions is not given", where));
            }
            if (by_key) {
                strings_.add_input(proto.name());
                reading_.remarks.notes.push_back(
                    fmt::format("{} takes strings; here it takes their positions among the keys of the "
                                "LabelEncoder that reads it, -1 for others",
                                where));
            }
            define("input", proto.name(), *type);
            graph_.inputs.push_back({proto.name(), *type});
        } else if (type && !fits(*type, initializer->second)) {
            throw InvalidModel(fmt::format("{} is declared as {} {}, but its initialiser is {} {}", where,
                                           name_of(type->dtype), to_string(type->dims),
                                           name_of(initializer->second.dtype()),
                                           to_string(initializer->second.shape())));
        }
    }

    static bool fits(const ValueType& type, const Tensor& tensor) {
        bool same = type.dtype == tensor.dtype() && type.dims.size() == tensor.rank();
        for (std::size_t i = 0; same && i < tensor.rank(); ++i) {
            same = !type.dims[i].is_fixed() || type.dims[i].size() == tensor.shape()[i];
        }
        return same;
    }

    void read_node(const pb::NodeProto& proto) {
        if (sequences_.concerns(proto)) return read_sequence(proto);
        Node node{.name = proto.name(),
                  .op = proto.op_type(),
                  .inputs = {proto.input().begin(), proto.input().end()},
                  .outputs = {proto.output().begin(), proto.output().end()},
                  .attributes = {}};
        const bool standard = is_default_domain(proto.domain());
        const bool of_ml = proto.domain() == kMlDomain;
        if ((standard && reading_.opsets.onnx == kNoOpset) || (of_ml && reading_.opsets.ml == kNoOpset)) {
            throw InvalidModel(
                fmt::format("{}: the file does not say which opset its operators are from", describe(node)));
        }
        for (const bool bodies : {false, true}) {  // bodies last: other attributes say what goes into them
            for (const auto& attribute : proto.attribute()) {
                if ((attribute.type() == pb::AttributeProto::GRAPH) == bodies)
                    read_attribute(node, attribute);
            }
        }
        if (of_ml) {
            check_ml_node(node, reading_.opsets.ml);
            return add(std::move(node));
        }
        if (standard && node.op == "Constant") {
            read_constant(node);
            return;
        }
        const std::vector<std::string> inputs = node.inputs;
        Rewriter rewriter(
            reading_.inference.types(), reading_.names,
            [this](const std::string& name) { return reading_.inference.known(name); },
            [this](const std::string& name, Tensor tensor) { add_initializer(name, std::move(tensor)); });
        auto nodes = standard ? upgraded(std::move(node), reading_.opsets.onnx, std::move(rewriter))
                              : upgraded_from(proto.domain(), std::move(node), std::move(rewriter));
        for (Node& made : nodes) add(std::move(made));
        if (graph_.nodes.back().inputs == inputs) return;
        for (const std::string& input : inputs) {
            if (std::ranges::count(graph_.nodes.back().inputs, input) == 0) left_.insert(input);
        }
    }

    void read_sequence(const pb::NodeProto& proto) {
        const auto& types = reading_.inference.types();
        sequences_.resolve(
            proto, {.read = [this](const pb::NodeProto& node) { read_node(node); },
                    .add = [this](Node node) { add(std::move(node)); },
                    .add_constant =
                        [this](const std::string& name, Tensor tensor) {
                            add_initializer(name, std::move(tensor));
                            left_.insert(name);
                        },
                    .known = [this](const std::string& name) { return reading_.inference.known(name); },
                    .type =
                        [&](const std::string& name) {
                            const auto found = types.find(name);
                            return found == types.end() ? nullptr : &found->second;
                        },
                    .names = reading_.names,
                    .work = reading_.sequence_work});
        left_.insert(proto.input().begin(), proto.input().end());
    }

    /// Takes out the initialisers that only an older or newer form of an operator had as inputs.
    void remove_unread() {
        std::erase_if(left_, [&](const std::string& name) { return !graph_.initializers.contains(name); });
        if (left_.empty()) return;
        for (const Node& node : graph_.nodes) {
            for (const std::string& name : values_read(node)) left_.erase(name);
        }
        for (const Value& output : graph_.outputs) left_.erase(output.name);
        for (const std::string& name : left_) graph_.initializers.erase(name);
    }

    void check_inputs(const Node& node) const {
        for (const std::string& input : node.inputs) {
            if (input.empty() || reading_.inference.types().contains(input)) continue;
            throw InvalidModel(
                fmt::format("{}: input \"{}\" is not defined before it, {}", describe(node), input,
                            reading_.names.contains(input) ? "only after it: the nodes form a cycle"
                                                           : "nor anywhere else in the file"));
        }
    }

    void add(Node node) {
        check_inputs(node);
        for (const std::string& output : node.outputs) {
            if (output.empty() || own_.insert(output).second) continue;
            throw InvalidModel(fmt::format("{}: value \"{}\" is defined twice", describe(node), output));
        }
        reading_.inference.infer(node);
        strings_.take(node);
        graph_.nodes.push_back(std::move(node));
    }

    /// What goes into the body of a Loop or Scan, of any size: sizes may change from round to round.
    std::vector<ValueType> formal_inputs(const Node& node) const {
        if (node.op != "Loop" && node.op != "Scan") return {};
        const bool is_loop = node.op == "Loop";
        std::vector<ValueType> formal;
        if (is_loop) formal = {{DType::i64, {}}, {DType::boolean, {}}};
        const auto scanned = is_loop ? 0 : static_cast<std::size_t>(node.attribute_int("num_scan_inputs", 0));
        for (std::size_t i = is_loop ? 2 : 0; i < node.inputs.size(); ++i) {
            const auto outside = reading_.inference.types().find(node.inputs[i]);
            if (outside == reading_.inference.types().end()) return formal;
            ValueType type{outside->second.dtype, Dims(outside->second.dims.size()),
                           outside->second.is_ranked};
            if (i + scanned >= node.inputs.size() && !type.dims.empty()) type.dims.pop_back();
            formal.push_back(std::move(type));
        }
        return formal;
    }

    /// Output 0 as a graph holds it, where the file declares strings or a sequence of maps.
    std::optional<ValueType> in_numbers(const pb::ValueInfoProto& proto) {
        const std::string& name = proto.name();
        const bool named = strings_.is_named(name);
        if (!named && !strings_.is_map(name)) return std::nullopt;
        reading_.remarks.notes.push_back(
            named ? fmt::format(
                        "output \"{}\" gives strings; here it is their positions among the class names", name)
                  : fmt::format("output \"{}\" gives maps from class to score; here it is the scores", name));
        return reading_.inference.types().at(name);
    }

    void read_attribute(Node& node, const pb::AttributeProto& proto) {
        const std::string where = fmt::format("{}: attribute \"{}\"", describe(node), proto.name());
        if (proto.name().empty()) throw InvalidModel(fmt::format("{}: it has no name", where));
        auto value = located(where, [&]() -> Attribute {
            if (proto.type() != pb::AttributeProto::GRAPH || !proto.ref_attr_name().empty())
                return to_attribute(proto, reading_.elsewhere);
            Graph body;
            GraphReader(proto.g(), reading_, body, this, formal_inputs(node)).read();
            return Subgraph(std::move(body));
        });
        if (!node.attributes.emplace(proto.name(), std::move(value)).second) {
            throw InvalidModel(fmt::format("{}: it is given twice", where));
        }
    }

    void read_constant(Node& node) {
        if (node.outputs.size() != 1 || !node.inputs.empty() || node.attributes.size() != 1) {
            throw InvalidModel(
                fmt::format("{}: Constant has {} inputs, {} outputs and {} attributes, expected 0, 1 and 1",
                            describe(node), node.inputs.size(), node.outputs.size(), node.attributes.size()));
        }
        auto& [key, value] = *node.attributes.begin();
        auto tensor = to_constant(key, value);
        if (!tensor) {
            throw Unsupported(fmt::format("{}: Constant with attribute \"{}\" of this type is not supported",
                                          describe(node), key));
        }
        add_initializer(node.outputs[0], std::move(*tensor));
        count_constant(node.outputs[0]);
    }

    /// Exporters declare sizes that their nodes do not give: what counts is what these give.
    ValueType as_given(const std::string& output, ValueType declared) {
        const auto found = reading_.inference.types().find(output);
        if (found == reading_.inference.types().end() || found->second.dtype != declared.dtype)
            return declared;
        if (!found->second.is_ranked) return declared;
        const Dims& given = found->second.dims;
        bool fits = given.size() == declared.dims.size();
        for (std::size_t i = 0; fits && i < given.size(); ++i) {
            const bool both = given[i].is_fixed() && declared.dims[i].is_fixed();
            fits = !both || given[i] == declared.dims[i];
        }
        if (fits) return declared;
        reading_.remarks.notes.push_back(fmt::format("output \"{}\" is declared as {}, and the nodes give {}",
                                                     output, to_string(declared.dims), to_string(given)));
        return found->second;
    }

    void read_output(const pb::ValueInfoProto& proto) {
        if (auto numbers = in_numbers(proto)) {
            graph_.outputs.push_back({proto.name(), std::move(*numbers)});
            return;
        }
        auto type = located(fmt::format("output \"{}\"", proto.name()), [&] { return to_value_type(proto); });
        if (!type) {
            const auto found = reading_.inference.types().find(proto.name());
            if (found != reading_.inference.types().end()) type = found->second;
        } else {
            type = as_given(proto.name(), std::move(*type));
        }
        graph_.outputs.push_back({proto.name(), type.value_or(ValueType{})});
    }

    const pb::GraphProto& proto_;
    Reading& reading_;
    Graph& graph_;
    const GraphReader* outer_;
    std::vector<ValueType> formal_;
    std::set<std::string> own_;  // names this graph defines
    StringValues strings_;
    Sequences sequences_;
    std::set<std::string> left_;  // inputs that nodes had before they were brought to their form
};

}  // namespace

Graph to_graph(const pb::GraphProto& proto, Opsets opsets, ExternalData& elsewhere, Remarks& remarks) {
    Graph graph;
    Inference inference(graph.initializers);
    Reading reading{
        .opsets = opsets, .elsewhere = elsewhere, .inference = inference, .names = {}, .remarks = remarks};
    add_names(proto, reading.names);
    GraphReader(proto, reading, graph, nullptr).read();
    lift_body_constants(graph);
    verify(graph);
    return graph;
}

}  // namespace espalier::onnx
