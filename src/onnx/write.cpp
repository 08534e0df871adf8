#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/checker.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <span>

#include "base/compression.h"
#include "base/files.h"
#include "base/text/numbers.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "graph/op.h"
#include "onnx/convert_to_opset.h"
#include "onnx/proto/external_data.h"
#include "onnx/proto/graph_proto.h"
#include "onnx/proto/proto.h"
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

constexpr int ir_version_of(int opset) { return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7; }

void set_opset(pb::ModelProto& model, int opset, int ml) {
    model.set_ir_version(ir_version_of(opset));
    model.clear_opset_import();
    auto& import = *model.add_opset_import();
    import.set_domain("");
    import.set_version(opset);
    if (ml == 0) return;
    auto& trees = *model.add_opset_import();
    trees.set_domain(std::string(kMlDomain));
    trees.set_version(ml);
}

pb::ModelProto to_model(const Graph& graph, int opset) {
    pb::ModelProto model;
    set_opset(model, opset, ml_version_of(graph));
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
    hide_from_checker(*model.mutable_graph(), true);
    check(model);
    hide_from_checker(*model.mutable_graph(), false);
}

pb::ModelProto checked_model(const Graph& graph) {
    verify(graph);
    const int opset = opset_of(graph);
    pb::ModelProto model = to_model(graph, std::min(opset, kLibraryOpset));
    const int ml = ml_version_of(graph);
    if (opset > kLibraryOpset || ml > kLibraryMl) {
        check_what_is_known(model);
        set_opset(model, opset, ml);
        convert_to_opset(*model.mutable_graph(), opset);
    } else {
        check(model);
    }
    return model;
}

void require_size(const pb::ModelProto& model, const Graph& graph, std::size_t most) {
    const std::size_t size = model.ByteSizeLong();
    if (size <= most) return;
    throw Unsupported(fmt::format("graph \"{}\" needs {} in one ONNX file, which can hold {}", graph.name,
                                  format_bytes(size), format_bytes(most)));
}

/// The model goes to its file in pieces, and is not in memory twice. Nothing may be thrown through protobuf,
/// whose stream writes what it still has when it ends: what went wrong first is kept.
class FileStream final : public google::protobuf::io::CopyingOutputStream {
  public:
    explicit FileStream(NewFile& file) : file_(file) {}

    bool Write(const void* data, int size) override {
        if (error_) return false;
        try {
            file_.write({static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
        } catch (...) {
            error_ = std::current_exception();
        }
        return !error_;
    }
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    NewFile& file_;
    std::exception_ptr error_;
};

void write_model(const pb::ModelProto& model, NewFile& file) {
    FileStream stream(file);
    bool written = false;
    {
        constexpr int kPiece = 1 << 20;
        google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream, kPiece);
        written = model.SerializeToZeroCopyStream(&adaptor) && adaptor.Flush();
    }
    stream.rethrow();
    if (!written) throw InternalError("protobuf could not write a model that it had made");
}

std::filesystem::path data_path(std::filesystem::path path) { return path += ".data"; }

std::uintmax_t write_pair(const std::filesystem::path& path, const pb::ModelProto& model,
                          const Graph& graph) {
    NewFile data(data_path(path));
    std::uintmax_t written = write_data(model.graph(), graph.initializers, data);
    data.flush();
    NewFile file(path);
    const std::string bytes = model.SerializeAsString();
    file.write(std::as_bytes(std::span(bytes)));
    file.flush();
    if (std::filesystem::exists(data_path(path))) std::filesystem::remove(path);
    data.publish();
    file.publish();
    return written + bytes.size();
}

}  // namespace

std::string to_bytes(const Graph& graph) {
    const pb::ModelProto model = checked_model(graph);
    require_size(model, graph, kMostBytes);
    return model.SerializeAsString();
}

std::uintmax_t write(const std::filesystem::path& path, const Graph& graph, std::size_t most_bytes) {
    if (is_compressed_name(path.native())) {
        const std::string plain = to_bytes(graph);
        const std::vector<std::byte> file = compressed(std::as_bytes(std::span(plain)));
        write_file(path, file);
        return file.size();
    }
    pb::ModelProto model = checked_model(graph);
    if (model.ByteSizeLong() > most_bytes) {
        move_data_out(*model.mutable_graph(), data_path(path).filename().string());
        require_size(model, graph, most_bytes);
        return write_pair(path, model, graph);
    }
    NewFile file(path);
    write_model(model, file);
    file.flush();
    file.publish();
    return model.ByteSizeLong();
}

}  // namespace espalier::onnx
