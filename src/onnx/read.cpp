#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "base/compression.h"
#include "base/files.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "graph/op.h"
#include "onnx/located.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/parse.h"
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

void check_size(std::uint64_t size) {
    if (size > kMaxSize) throw Unsupported("ONNX files of 2 GB and more are not supported");
}

/// `parts`: what is not in the message yet.
pb::ModelProto parsed(google::protobuf::io::ZeroCopyInputStream& stream, std::uint64_t size,
                      FileParts& parts) {
    pb::ModelProto model;
    if (!parse_without_data(stream, size, model, parts))
        throw InvalidModel("not an ONNX file, or it is cut off");
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

Graph to_graph(const pb::ModelProto& model, ExternalData& elsewhere, Remarks& remarks) {
    Graph graph = onnx::to_graph(model.graph(), read_opsets(model), elsewhere, remarks);
    if (graph.doc.empty()) graph.doc = model.doc_string();
    for (const auto& entry : model.metadata_props()) {
        if (!graph.metadata.emplace(entry.key(), entry.value()).second) {
            throw InvalidModel(fmt::format("metadata \"{}\" is given twice", entry.key()));
        }
    }
    return graph;
}

/// `elsewhere` is of the file's folder.
Graph from_file(const InputFile& file, ExternalData& elsewhere, Remarks& remarks) {
    check_size(file.size());
    constexpr int kBlock = 16 * 1024;  // what lies between two tensors is small
    google::protobuf::io::FileInputStream stream(file.descriptor(), kBlock);
    FileParts parts;
    const pb::ModelProto model = parsed(stream, file.size(), parts);
    if (stream.GetErrno() != 0) file.fail(stream.GetErrno());
    elsewhere.leave_in_model(
        std::move(parts), [&](std::uint64_t offset, std::span<std::byte> to) { file.read_at(offset, to); });
    return to_graph(model, elsewhere, remarks);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

Graph graph_of(std::span<const std::byte> bytes, Remarks& remarks) {
    return located("model", [&] {
        check_size(bytes.size());
        google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
        FileParts parts;
        const pb::ModelProto model = parsed(stream, bytes.size(), parts);
        ExternalData nowhere;
        nowhere.leave_in_model(std::move(parts), [&](std::uint64_t offset, std::span<std::byte> to) {
            std::ranges::copy(bytes.subspan(offset, to.size()), to.begin());
        });
        return to_graph(model, nowhere, remarks);
    });
}

}  // namespace

Graph from_bytes(std::span<const std::byte> bytes, std::vector<std::string>* notes) {
    Remarks remarks;
    Graph graph = graph_of(bytes, remarks);
    if (notes != nullptr) *notes = std::move(remarks.notes);
    return graph;
}

Graph read(const std::filesystem::path& path, std::vector<std::string>* notes, ConstantSizes* constants) {
    Remarks remarks;
    const auto read_it = [&] {
        if (is_compressed_name(path.native())) {
            const std::vector<std::byte> file = read_file(path);
            return located(path.string(), [&] { return graph_of(decompressed(file, kMostBytes), remarks); });
        }
        ExternalData elsewhere(folder_of(path));
        return located(path.string(), [&] { return from_file(InputFile(path), elsewhere, remarks); });
    };
    Graph graph = read_it();
    if (notes != nullptr) *notes = std::move(remarks.notes);
    if (constants != nullptr) *constants = std::move(remarks.constants);
    return graph;
}

std::vector<std::filesystem::path> data_files(const std::filesystem::path& path) {
    if (is_compressed_name(path.native())) return {};
    ExternalData elsewhere(folder_of(path));
    Remarks remarks;
    located(path.string(), [&] { from_file(InputFile(path), elsewhere, remarks); });
    return elsewhere.files();
}

}  // namespace espalier::onnx
