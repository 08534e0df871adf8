#include "onnx/sequences/sequence_reader.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/located.h"

namespace espalier::onnx {

void SequenceReader::spend(std::int64_t count, const pb::NodeProto& node) const {
    constexpr std::int64_t kMostWork = 1 << 20;
    work += count;
    if (work > kMostWork)
        throw Unsupported(fmt::format("{}: the sequences of this file hold more than {} values in all",
                                      described(node), kMostWork));
}

std::string SequenceReader::fresh(const std::string& base) const {
    std::string name = base;
    for (int i = 1; !names.insert(name).second; ++i) name = fmt::format("{}/{}", base, i);
    return name;
}

std::string SequenceReader::constant(const std::string& base, Tensor tensor) const {
    std::string name = fresh(base);
    add_constant(name, std::move(tensor));
    return name;
}

std::string described(const pb::NodeProto& node) {
    const std::string given = node.output_size() > 0 ? node.output(0) : std::string();
    return printable(
        fmt::format("node \"{}\" ({})", node.name().empty() ? given : node.name(), node.op_type()));
}

std::string input_of(const pb::NodeProto& node, int index) {
    return index < node.input_size() ? node.input(index) : std::string();
}

Tensor of_integers(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace espalier::onnx
