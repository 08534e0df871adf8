#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <limits>
#include <optional>

#include "base/compression.h"
#include "base/files.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "graph/op.h"
#include "onnx/located.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/proto.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

// Older files have no opset; newer ones may hold what is not known here.
constexpr std::int64_t kOldestIr = 3;
constexpr std::int64_t kNewestIr = 13;

/// The version of a domain, kNoOpset if it is not imported. `what`: how messages name it.
template <class IsDomain>
int read_version(const pb::ModelProto& model, const IsDomain& is_domain, const std::string& what, int oldest,
                 int newest) {
    std::optional<std::int64_t> version;
    for (const auto& opset : model.opset_import()) {
        if (!is_domain(opset.domain())) continue;
        if (version && *version != opset.version()) {
            throw InvalidModel("it imports two versions of ONNX's operators");
        }
        version = opset.version();
    }
    if (!version) return kNoOpset;
    if (*version < oldest || *version > newest)
        throw Unsupported(fmt::format("{} {}, only {} to {} are read", what, *version, oldest, newest));
    return static_cast<int>(*version);
}

Opsets read_opsets(const pb::ModelProto& model) {
    const auto is_ml = [](const std::string& domain) { return domain == kMlDomain; };
    return {.onnx = read_version(model, is_default_domain, "opset", kOldestOpset, kNewestOpset),
            .ml = read_version(model, is_ml, std::string(kMlDomain), 1, kNewestMl)};
}

constexpr std::uint64_t kMaxSize = std::numeric_limits<int>::max();  // protobuf's own limit

/// `parse(model)` fills it; false if it cannot.
template <class Parse>
pb::ModelProto parsed(std::uint64_t size, const Parse& parse) {
    if (size > kMaxSize) throw Unsupported("ONNX files of 2 GB and more are not supported");
    pb::ModelProto model;
    if (!parse(model)) throw InvalidModel("not an ONNX file, or it is cut off");
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

/// Without the whole file in memory beside what is made of it.
pb::ModelProto parse_file(const std::filesystem::path& path) {
    const InputFile file(path);
    return parsed(file.size(), [&](pb::ModelProto& model) {
        google::protobuf::io::FileInputStream stream(file.descriptor(), 1 << 20);
        const bool whole = model.ParseFromZeroCopyStream(&stream);
        if (stream.GetErrno() != 0) file.fail(stream.GetErrno());
        return whole;
    });
}

Graph to_graph(const pb::ModelProto& model, ExternalData& elsewhere, std::vector<std::string>* notes,
               ConstantSizes* constants = nullptr) {
    Remarks remarks;
    Graph graph = onnx::to_graph(model.graph(), read_opsets(model), elsewhere, remarks);
    if (notes != nullptr) *notes = std::move(remarks.notes);
    if (constants != nullptr) *constants = std::move(remarks.constants);
    if (graph.doc.empty()) graph.doc = model.doc_string();
    for (const auto& entry : model.metadata_props()) {
        if (!graph.metadata.emplace(entry.key(), entry.value()).second) {
            throw InvalidModel(fmt::format("metadata \"{}\" is given twice", entry.key()));
        }
    }
    return graph;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

namespace {

Graph graph_of_bytes(std::span<const std::byte> bytes, std::vector<std::string>* notes,
                     ConstantSizes* constants) {
    ExternalData nowhere;
    return located("model", [&] {
        const auto parse = [&](pb::ModelProto& model) {
            return !bytes.empty() && model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
        };
        return to_graph(parsed(bytes.size(), parse), nowhere, notes, constants);
    });
}

}  // namespace

Graph from_bytes(std::span<const std::byte> bytes, std::vector<std::string>* notes) {
    return graph_of_bytes(bytes, notes, nullptr);
}

Graph read(const std::filesystem::path& path, std::vector<std::string>* notes, ConstantSizes* constants) {
    if (is_compressed_name(path.native())) {
        const std::vector<std::byte> file = read_file(path);
        return located(path.string(),
                       [&] { return graph_of_bytes(decompressed(file, kMostBytes), notes, constants); });
    }
    ExternalData elsewhere(folder_of(path));
    return located(path.string(), [&] { return to_graph(parse_file(path), elsewhere, notes, constants); });
}

std::vector<std::filesystem::path> data_files(const std::filesystem::path& path) {
    if (is_compressed_name(path.native())) return {};
    ExternalData elsewhere(folder_of(path));
    located(path.string(), [&] { to_graph(parse_file(path), elsewhere, nullptr); });
    return elsewhere.files();
}

}  // namespace espalier::onnx
