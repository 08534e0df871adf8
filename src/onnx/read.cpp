#include <fmt/format.h>

#include <limits>
#include <optional>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "onnx/attribute_proto.h"
#include "onnx/proto.h"
#include "onnx/tensor_proto.h"
#include "onnx/value_proto.h"
#include "onnx/versions.h"

namespace espalier::onnx {
namespace {

// Older files have no opset; newer ones may hold what is not known here.
constexpr std::int64_t kOldestIr = 3;
constexpr std::int64_t kNewestIr = 13;

// A file whose operators are all from other domains names no opset of ONNX.
constexpr int kNoOpset = 0;

/// Names come from the file: control characters in them must not reach a terminal.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out;
}

/// Calls body() and puts `where` in front of the message of what it throws.
template <class Body>
auto located(const std::string& where, Body&& body) {
    try {
        return body();
    } catch (const Unsupported& error) {
        throw Unsupported(printable(fmt::format("{}: {}", where, error.what())));
    } catch (const InvalidModel& error) {
        throw InvalidModel(printable(fmt::format("{}: {}", where, error.what())));
    } catch (const InvalidArgument& error) {
        throw InvalidModel(printable(fmt::format("{}: {}", where, error.what())));
    }
}

bool is_default_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

template <class T>
Tensor to_vector(const std::vector<T>& values) {
    return Tensor::of<T>({static_cast<std::int64_t>(values.size())}, values);
}

/// What a Constant with this attribute gives; nothing for strings and sparse tensors.
std::optional<Tensor> to_constant(const std::string& key, Attribute& value) {
    if (auto* tensor = std::get_if<Tensor>(&value); tensor && key == "value") return std::move(*tensor);
    if (auto* real = std::get_if<float>(&value); real && key == "value_float") {
        return to_vector(std::vector{*real}).reshaped({});
    }
    if (auto* integer = std::get_if<std::int64_t>(&value); integer && key == "value_int") {
        return to_vector(std::vector{*integer}).reshaped({});
    }
    if (auto* reals = std::get_if<std::vector<float>>(&value); reals && key == "value_floats") {
        return to_vector(*reals);
    }
    if (auto* integers = std::get_if<std::vector<std::int64_t>>(&value); integers && key == "value_ints") {
        return to_vector(*integers);
    }
    return std::nullopt;
}

class GraphReader {
  public:
    GraphReader(const pb::GraphProto& proto, int opset) : proto_(proto), opset_(opset) {}

    Graph read() && {
        graph_.name = proto_.name();
        if (proto_.sparse_initializer_size() > 0) {
            throw Unsupported(fmt::format("sparse initialiser \"{}\": sparse initialisers are not supported",
                                          proto_.sparse_initializer(0).values().name()));
        }
        for (const auto& tensor : proto_.initializer()) read_initializer(tensor);
        for (const auto& input : proto_.input()) read_input(input);
        for (const auto& node : proto_.node()) read_node(node);
        upgrade(graph_, opset_);
        read_outputs();
        verify(graph_);
        return std::move(graph_);
    }

  private:
    void add_initializer(const std::string& name, Tensor tensor) {
        if (!graph_.initializers.emplace(name, std::move(tensor)).second) {
            throw InvalidModel(fmt::format("initialiser \"{}\": the name is used twice", name));
        }
    }

    void read_initializer(const pb::TensorProto& proto) {
        add_initializer(proto.name(), located(fmt::format("initialiser \"{}\"", proto.name()),
                                              [&] { return to_tensor(proto); }));
    }

    /// Before IR version 4 every initialiser was an input too; since then that makes it an input's default.
    void read_input(const pb::ValueInfoProto& proto) {
        const std::string where = fmt::format("input \"{}\"", proto.name());
        const auto type = located(where, [&] { return to_value_type(proto); });
        const auto initializer = graph_.initializers.find(proto.name());
        if (initializer == graph_.initializers.end()) {
            if (!type) {
                throw Unsupported(fmt::format("{}: its type or number of dimensions is not given", where));
            }
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
        Node node{.name = proto.name(),
                  .op = proto.op_type(),
                  .inputs = {proto.input().begin(), proto.input().end()},
                  .outputs = {proto.output().begin(), proto.output().end()},
                  .attributes = {}};
        if (!is_default_domain(proto.domain())) {
            throw Unsupported(fmt::format("{}: operator \"{}\" of domain \"{}\" is not supported",
                                          describe(node), node.op, proto.domain()));
        }
        if (opset_ == kNoOpset) {
            throw InvalidModel(
                fmt::format("{}: the file does not say which opset its operators are from", describe(node)));
        }
        for (const auto& attribute : proto.attribute()) read_attribute(node, attribute);
        if (node.op == "Constant") {
            read_constant(node);
        } else {
            check_node(node, opset_);
            graph_.nodes.push_back(std::move(node));
        }
    }

    static void read_attribute(Node& node, const pb::AttributeProto& proto) {
        const std::string where = fmt::format("{}: attribute \"{}\"", describe(node), proto.name());
        if (proto.name().empty()) throw InvalidModel(fmt::format("{}: it has no name", where));
        auto value = located(where, [&] { return to_attribute(proto); });
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
    }

    void read_outputs() {
        std::map<std::string, ValueType> inferred;
        for (const auto& proto : proto_.output()) {
            auto type =
                located(fmt::format("output \"{}\"", proto.name()), [&] { return to_value_type(proto); });
            if (!type) {
                if (inferred.empty()) inferred = infer_types(graph_);
                const auto found = inferred.find(proto.name());
                if (found != inferred.end()) type = found->second;
            }
            graph_.outputs.push_back({proto.name(), type.value_or(ValueType{})});
        }
    }

    const pb::GraphProto& proto_;
    int opset_;
    Graph graph_;
};

int read_opset(const pb::ModelProto& model) {
    std::optional<std::int64_t> version;
    for (const auto& opset : model.opset_import()) {
        if (!is_default_domain(opset.domain())) continue;
        if (version && *version != opset.version()) {
            throw InvalidModel("it imports two versions of ONNX's operators");
        }
        version = opset.version();
    }
    if (!version) return kNoOpset;
    if (*version < kOldestOpset || *version > kNewestOpset) {
        throw Unsupported(
            fmt::format("opset {}, only {} to {} are read", *version, kOldestOpset, kNewestOpset));
    }
    return static_cast<int>(*version);
}

pb::ModelProto parse(std::span<const std::byte> bytes) {
    constexpr std::size_t kMaxSize = std::numeric_limits<int>::max();  // protobuf's own limit
    if (bytes.size() > kMaxSize) throw Unsupported("ONNX files of 2 GB and more are not supported");
    pb::ModelProto model;
    if (bytes.empty() || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        throw InvalidModel("not an ONNX file, or it is cut off");
    }
    if (!model.has_ir_version() || !model.has_graph()) {
        throw InvalidModel("not an ONNX file, or it is cut off: it has no IR version or no graph");
    }
    if (model.ir_version() < kOldestIr || model.ir_version() > kNewestIr) {
        throw Unsupported(
            fmt::format("IR version {}, only {} to {} are read", model.ir_version(), kOldestIr, kNewestIr));
    }
    if (model.functions_size() > 0) throw Unsupported("it defines functions of its own");
    if (model.training_info_size() > 0) throw Unsupported("it holds training information");
    return model;
}

Graph to_graph(const pb::ModelProto& model) {
    Graph graph = GraphReader(model.graph(), read_opset(model)).read();
    for (const auto& entry : model.metadata_props()) {
        if (!graph.metadata.emplace(entry.key(), entry.value()).second) {
            throw InvalidModel(fmt::format("metadata \"{}\" is given twice", entry.key()));
        }
    }
    return graph;
}

}  // namespace

Graph from_bytes(std::span<const std::byte> bytes) {
    return located("model", [&] { return to_graph(parse(bytes)); });
}

Graph read(const std::filesystem::path& path) {
    return located(path.string(), [&] {
        const pb::ModelProto model = parse(read_file(path));
        return to_graph(model);
    });
}

}  // namespace espalier::onnx
