#include <fmt/format.h>
#include <onnx/checker.h>

#include <algorithm>
#include <limits>

#include "base/files.h"
#include "base/numbers.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "onnx/dress.h"
#include "onnx/graph_proto.h"
#include "onnx/proto.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

constexpr int ir_version_of(int opset) { return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7; }

void set_opset(pb::ModelProto& model, int opset) {
    model.set_ir_version(ir_version_of(opset));
    model.clear_opset_import();
    auto& import = *model.add_opset_import();
    import.set_domain("");
    import.set_version(opset);
}

pb::ModelProto to_model(const Graph& graph, int opset) {
    pb::ModelProto model;
    set_opset(model, opset);
    model.set_producer_name("espalier");
    fill(*model.mutable_graph(), graph);
    for (const auto& [key, value] : graph.metadata) {
        auto& entry = *model.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
    return model;
}

void check(const pb::ModelProto& model) {
    try {
        pb::checker::check_model(model);
    } catch (const pb::checker::ValidationError& error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        throw InvalidModel(fmt::format("graph \"{}\" is not valid ONNX: {}", model.graph().name(), text));
    }
}

/// The checker of the onnx library ends at kLibraryOpset: nodes of later opsets have been checked by verify()
/// alone.
void check_what_is_known(pb::ModelProto& model) {
    auto& import = *model.add_opset_import();
    import.set_domain(kAside);
    import.set_version(1);
    set_aside(*model.mutable_graph(), true);
    check(model);
    set_aside(*model.mutable_graph(), false);
}

}  // namespace

std::string to_bytes(const Graph& graph) {
    verify(graph);
    const int opset = opset_of(graph);
    pb::ModelProto model = to_model(graph, std::min(opset, kLibraryOpset));
    constexpr std::size_t kMaxSize = std::numeric_limits<int>::max();  // protobuf's own limit
    if (const std::size_t size = model.ByteSizeLong(); size > kMaxSize) {
        throw Unsupported(fmt::format("graph \"{}\" needs {}, more than the 2 GB an ONNX file can hold",
                                      graph.name, format_bytes(size)));
    }
    if (opset > kLibraryOpset) {
        check_what_is_known(model);
        set_opset(model, opset);
        dress(*model.mutable_graph(), opset);
    } else {
        check(model);
    }
    return model.SerializeAsString();
}

void write(const std::filesystem::path& path, const Graph& graph) { write_text(path, to_bytes(graph)); }

}  // namespace espalier::onnx
