// Masks as a safetensors file: a U64 tensor of words for each mask; its shape, and the counts that every
// "share of weights left" is over, in the metadata.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "espalier/error.h"
#include "espalier/mask.h"
#include "espalier/safetensors.h"

namespace espalier::prune {
namespace {

constexpr std::string_view kFormat = "espalier masks 1";

std::string shape_key(std::string_view name) { return fmt::format("shape of {}", name); }

/// "300 784" -> {300, 784}; "" is a scalar.
Shape parse_shape(const std::string& text) {
    Shape shape;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at != end) {
        std::int64_t dim = 0;
        const auto [next, error] = std::from_chars(at, end, dim);
        if (error != std::errc() || (next != end && *next != ' ')) {
            throw BadData(fmt::format("\"{}\" is not a shape", text));
        }
        shape.push_back(dim);
        at = next == end ? end : next + 1;
    }
    return shape;
}

Mask read_mask(const Tensor& tensor, const std::string& shape) {
    const std::span<const std::uint64_t> words = tensor.as<std::uint64_t>();
    const Shape dims = parse_shape(shape);
    // Checked before the mask takes memory: a damaged shape must not ask for terabytes.
    const std::int64_t count = element_count(dims);
    if ((count + 63) / 64 != tensor.count()) {
        throw BadData(fmt::format("{} words for shape {}", tensor.count(), to_string(dims)));
    }
    Mask mask(dims, false);
    std::ranges::copy(words, mask.words().begin());
    if (count % 64 != 0 && words.back() >> (count % 64) != 0) {
        throw BadData(fmt::format("bits are set behind the last of {} weights", count));
    }
    return mask;
}

}  // namespace

void save(const std::filesystem::path& path, const MaskSet& masks) {
    NamedTensors tensors;
    Metadata metadata{{"format", std::string(kFormat)},
                      {"prunable weights", std::to_string(masks.count())},
                      {"weights kept", std::to_string(masks.kept())}};
    for (const auto& [name, mask] : masks) {
        metadata.emplace(shape_key(name), fmt::format("{}", fmt::join(mask.shape(), " ")));
        tensors.emplace(
            name, Tensor::of<std::uint64_t>({static_cast<std::int64_t>(mask.words().size())}, mask.words()));
    }
    write_safetensors(path, tensors, metadata);
}

MaskSet load_masks(const std::filesystem::path& path) {
    const SafetensorsFile file = read_safetensors(path);
    const auto format = file.metadata.find("format");
    if (format == file.metadata.end() || format->second != kFormat) {
        throw BadData(fmt::format("{}: not a file of masks: its metadata has no format = \"{}\"",
                                  path.string(), kFormat));
    }
    MaskSet masks;
    for (const auto& [name, tensor] : file.tensors) {
        const auto shape = file.metadata.find(shape_key(name));
        if (shape == file.metadata.end()) {
            throw BadData(fmt::format("{}: mask \"{}\" has no shape in the metadata", path.string(), name));
        }
        try {
            masks.insert(name, read_mask(tensor, shape->second));
        } catch (const Error& error) {
            throw BadData(fmt::format("{}: mask \"{}\": {}", path.string(), name, error.what()));
        }
    }
    return masks;
}

}  // namespace espalier::prune
