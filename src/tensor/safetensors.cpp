#include "espalier/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "espalier/error.h"
#include "tensor/booleans.h"

namespace espalier {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian");

using Json = nlohmann::json;

constexpr const char* kMetadataKey = "__metadata__";

constexpr std::pair<DType, const char*> kNames[] = {
    {DType::f32, "F32"},     {DType::f64, "F64"}, {DType::f16, "F16"}, {DType::bf16, "BF16"},
    {DType::i8, "I8"},       {DType::u8, "U8"},   {DType::i16, "I16"}, {DType::u16, "U16"},
    {DType::i32, "I32"},     {DType::u32, "U32"}, {DType::i64, "I64"}, {DType::u64, "U64"},
    {DType::boolean, "BOOL"}};

const char* file_name_of(DType dtype) {
    for (const auto& [known, name] : kNames) {
        if (known == dtype) return name;
    }
    ESPALIER_ASSERT(false && "every DType has a safetensors name");
    return "";
}

DType dtype_from(const std::string& text) {
    for (const auto& [dtype, name] : kNames) {
        if (text == name) return dtype;
    }
    throw BadData(fmt::format("unknown dtype \"{}\"", text));
}

/// A number as the format has it: nlohmann would turn 1.5 and -1 into a size as well.
std::uint64_t size_from(const Json& number) {
    if (!number.is_number_unsigned()) throw BadData(fmt::format("{} is not a size", number.dump()));
    return number.get<std::uint64_t>();
}

/// Where a tensor lies among the bytes behind the header.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string name;
    auto operator<=>(const Range&) const = default;
};

Range range_from(const std::string& name, const Json& entry, std::uint64_t size) {
    const Json& offsets = entry.at("data_offsets");
    if (!offsets.is_array() || offsets.size() != 2) throw BadData("data_offsets is not a pair");
    Range range{size_from(offsets[0]), size_from(offsets[1]), name};
    if (range.begin > range.end || range.end > size) {
        throw BadData(
            fmt::format("bytes {}..{} of {}, the file is cut off or damaged", range.begin, range.end, size));
    }
    return range;
}

Tensor read_tensor(const Json& entry, const Range& range, std::span<const std::byte> data) {
    const DType dtype = dtype_from(entry.at("dtype").get<std::string>());
    const Json& dims = entry.at("shape");
    if (!dims.is_array()) throw BadData("its shape is not a list");
    Shape shape;
    for (const Json& dim : dims) shape.push_back(static_cast<std::int64_t>(size_from(dim)));
    const std::uint64_t expected = static_cast<std::uint64_t>(element_count(shape)) * size_of(dtype);
    if (range.end - range.begin != expected) {
        throw BadData(fmt::format("{} {} needs {} bytes, got {}", name_of(dtype), to_string(shape), expected,
                                  range.end - range.begin));
    }
    Tensor tensor(dtype, shape);
    if (expected > 0) std::memcpy(tensor.bytes().data(), data.data() + range.begin, expected);
    check_booleans(tensor);
    return tensor;
}

/// Every byte belongs to one tensor, as the format demands; a small file could else take any amount of
/// memory.
void check_coverage(std::vector<Range> ranges, std::uint64_t size) {
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t end = 0;
    for (const Range& range : ranges) {
        if (range.begin != end) {
            throw BadData(
                fmt::format("tensor \"{}\" starts at byte {}, expected {}: tensors overlap or leave a gap",
                            range.name, range.begin, end));
        }
        end = range.end;
    }
    if (end != size) throw BadData(fmt::format("{} bytes follow the last tensor", size - end));
}

std::span<const std::byte> header_of(std::span<const std::byte> file) {
    std::uint64_t size = 0;
    if (file.size() < sizeof size) throw BadData("not a safetensors file: shorter than 8 bytes");
    std::memcpy(&size, file.data(), sizeof size);
    if (size > file.size() - sizeof size) {
        throw BadData(fmt::format("header of {} bytes in a file of {}: cut off, or not a safetensors file",
                                  size, file.size()));
    }
    return file.subspan(sizeof size, size);
}

SafetensorsFile parse(std::span<const std::byte> file) {
    const auto header_bytes = header_of(file);
    const auto data = file.subspan(sizeof(std::uint64_t) + header_bytes.size());
    const auto* text = reinterpret_cast<const char*>(header_bytes.data());
    const Json header = Json::parse(text, text + header_bytes.size());
    if (!header.is_object()) throw BadData("the header is not a JSON object");

    SafetensorsFile out;
    std::vector<Range> ranges;
    for (const auto& [name, entry] : header.items()) {
        if (name == kMetadataKey) {
            out.metadata = entry.get<Metadata>();
            continue;
        }
        try {
            ranges.push_back(range_from(name, entry, data.size()));
        } catch (const Error& error) {
            throw BadData(fmt::format("tensor \"{}\": {}", name, error.what()));
        }
    }
    check_coverage(ranges, data.size());
    for (const Range& range : ranges) {
        try {
            out.tensors.emplace(range.name, read_tensor(header.at(range.name), range, data));
        } catch (const Error& error) {
            throw BadData(fmt::format("tensor \"{}\": {}", range.name, error.what()));
        }
    }
    return out;
}

}  // namespace

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
    const std::vector<std::byte> file = read_file(path);
    try {
        return parse(file);
    } catch (const Json::exception& error) {
        throw BadData(fmt::format("{}: bad safetensors header: {}", path.string(), error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", path.string(), error.what()));
    }
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata) {
    Json header = Json::object();
    if (!metadata.empty()) header[kMetadataKey] = metadata;
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : tensors) {
        if (name == kMetadataKey) {
            throw InvalidArgument(
                fmt::format("{}: a tensor cannot be called {}", path.string(), kMetadataKey));
        }
        const std::uint64_t begin = end;
        end += tensor.bytes().size();
        header[name] = {{"dtype", file_name_of(tensor.dtype())},
                        {"shape", tensor.shape()},
                        {"data_offsets", {begin, end}}};
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const Json::exception& error) {
        throw InvalidArgument(fmt::format("{}: a name is not UTF-8: {}", path.string(), error.what()));
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');  // the format wants the data 8-byte aligned

    std::vector<std::byte> file(sizeof(std::uint64_t) + text.size() + end);
    const std::uint64_t header_size = text.size();
    std::memcpy(file.data(), &header_size, sizeof header_size);
    std::memcpy(file.data() + sizeof header_size, text.data(), text.size());
    std::byte* at = file.data() + sizeof header_size + text.size();
    for (const auto& [name, tensor] : tensors) {
        at = std::copy(tensor.bytes().begin(), tensor.bytes().end(), at);
    }
    write_file(path, file);
}

}  // namespace espalier
