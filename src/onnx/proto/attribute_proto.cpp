#include "onnx/proto/attribute_proto.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/sparse_proto.h"
#include "onnx/proto/tensor_proto.h"

namespace espalier::onnx {

Attribute to_attribute(const pb::AttributeProto& proto, ExternalData& elsewhere) {
    if (!proto.ref_attr_name().empty())
        throw InvalidModel("it refers to a function's attribute, outside a function");
    if (auto lists = elsewhere.take_lists(proto)) {
        if (proto.type() == pb::AttributeProto::INTS) return std::move(lists->ints);
        if (proto.type() == pb::AttributeProto::FLOATS) return std::move(lists->floats);
        if (proto.type() == pb::AttributeProto::STRINGS) return std::move(lists->strings);
    }
    switch (proto.type()) {
        case pb::AttributeProto::INT:
            return proto.i();
        case pb::AttributeProto::FLOAT:
            return proto.f();
        case pb::AttributeProto::STRING:
            return proto.s();
        case pb::AttributeProto::INTS:
            return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
        case pb::AttributeProto::FLOATS:
            return std::vector<float>(proto.floats().begin(), proto.floats().end());
        case pb::AttributeProto::STRINGS:
            return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
        case pb::AttributeProto::TENSOR:
            return to_tensor(proto.t(), elsewhere);
        case pb::AttributeProto::SPARSE_TENSOR:
            return to_dense(proto.sparse_tensor());
        case pb::AttributeProto::UNDEFINED:
            throw InvalidModel("it has no type");
        default:
            break;
    }
    throw Unsupported(fmt::format("attributes of type {} are not supported",
                                  pb::AttributeProto::AttributeType_Name(proto.type())));
}

void fill(pb::AttributeProto& proto, const std::string& name, const Attribute& attribute) {
    struct Filler {
        pb::AttributeProto& proto;

        void operator()(std::int64_t value) const {
            proto.set_type(pb::AttributeProto::INT);
            proto.set_i(value);
        }
        void operator()(float value) const {
            proto.set_type(pb::AttributeProto::FLOAT);
            proto.set_f(value);
        }
        void operator()(const std::string& value) const {
            proto.set_type(pb::AttributeProto::STRING);
            proto.set_s(value);
        }
        void operator()(const std::vector<std::int64_t>& values) const {
            proto.set_type(pb::AttributeProto::INTS);
            for (const std::int64_t value : values) proto.add_ints(value);
        }
        void operator()(const std::vector<float>& values) const {
            proto.set_type(pb::AttributeProto::FLOATS);
            for (const float value : values) proto.add_floats(value);
        }
        void operator()(const std::vector<std::string>& values) const {
            proto.set_type(pb::AttributeProto::STRINGS);
            for (const std::string& value : values) proto.add_strings(value);
        }
        void operator()(const Tensor& value) const {
            proto.set_type(pb::AttributeProto::TENSOR);
            onnx::fill(*proto.mutable_t(), "", value);
        }
        void operator()(const Subgraph& value) const {
            proto.set_type(pb::AttributeProto::GRAPH);
            onnx::fill(*proto.mutable_g(), value.graph());
        }
    };
    proto.set_name(name);
    std::visit(Filler{proto}, attribute);
}

}  // namespace espalier::onnx
