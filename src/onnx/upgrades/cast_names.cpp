// Cast before opset 6: the type was a name, as "FLOAT"; it is its number now.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/proto/proto.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::cast_names_ {
namespace {

constexpr std::string_view kOps[] = {"Cast"};

void rewrite(Rewriter& to, Node node) {
    const std::string name = node.attribute_string("to", "");
    pb::TensorProto::DataType type = pb::TensorProto::UNDEFINED;
    if (!pb::TensorProto::DataType_Parse(name, &type))
        throw InvalidModel(fmt::format("{}: to=\"{}\" is no type", describe(node), name));
    node.attributes["to"] = std::int64_t{type};
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade cast_names{.name = "cast_names",
                                .summary = "Cast: the name of a type becomes its number",
                                .ops = kOps,
                                .first = 1,
                                .last = 1,
                                .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::cast_names_
