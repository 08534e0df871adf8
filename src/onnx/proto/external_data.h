// Tensors whose elements are not in the message: they stayed in the model's file (onnx/proto/parse.h), or are
// in files beside it. The model is not trusted: nothing outside its folder is opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/files.h"
#include "espalier/tensor.h"
#include "onnx/proto/parse.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

/// Takes the elements of all but small initialisers out of the message and says where in the file `name` they
/// are.
void move_data_out(pb::GraphProto& graph, const std::string& name);
/// Writes what move_data_out() took out, in its places. `tensors` are those of the graph. Gives the bytes
/// written.
std::uintmax_t write_data(const pb::GraphProto& graph, const Weights& tensors, NewFile& file);

class ExternalData {
  public:
    /// A model that is not a file: any data elsewhere is refused.
    ExternalData() = default;
    /// `folder` is the one that the model's file is in.
    explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Fills `to` with bytes of the model's file from `offset` on.
    using ReadModel = std::function<void(std::uint64_t offset, std::span<std::byte> to)>;
    /// `parts` of the model's file were left there.
    void leave_in_model(FileParts parts, ReadModel read) {
        parts_ = std::move(parts);
        read_model_ = std::move(read);
    }
    /// The part that is the raw data of `proto`; null if it stands in the message.
    const FilePart* in_model(const pb::TensorProto& proto) const;
    /// The lists of an attribute that stand beside the message, taken; none where they are in it.
    std::optional<AttributeLists> take_lists(const pb::AttributeProto& proto);
    void read(const FilePart& part, std::span<std::byte> to) const { read_model_(part.offset, to); }

    /// Fills `to`, exactly, from where `proto` says. Throws InvalidModel for a place outside the folder
    /// (absolute, by
    /// "..", or by a link), for a file that cannot be read or lacks the part, and where all tensors together
    /// ask for more than it holds.
    void read(const pb::TensorProto& proto, std::span<std::byte> to);

    /// Throws InvalidModel unless read() will find `size` bytes; takes no memory for them.
    void check(const pb::TensorProto& proto, std::uint64_t size);

    /// Those that were read from.
    std::vector<std::filesystem::path> files() const;

  private:
    struct Place {
        std::filesystem::path file;
        std::uint64_t offset = 0;
    };
    Place find(const pb::TensorProto& proto, std::uint64_t size) const;

    FileParts parts_;
    ReadModel read_model_;
    std::filesystem::path folder_;
    std::map<std::filesystem::path, std::uint64_t> taken_;  // bytes, of each file
};

}  // namespace espalier::onnx
