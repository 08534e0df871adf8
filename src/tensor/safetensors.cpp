#include "espalier/safetensors.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "espalier/error.h"

namespace espalier {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian");

using Json = nlohmann::json;

constexpr std::pair<DType, const char*> kNames[] = {
    {DType::f32, "F32"}, {DType::f64, "F64"}, {DType::f16, "F16"}, {DType::bf16, "BF16"}, {DType::i8, "I8"},
    {DType::u8, "U8"},   {DType::i16, "I16"}, {DType::u16, "U16"}, {DType::i32, "I32"},   {DType::u32, "U32"},
    {DType::i64, "I64"}, {DType::u64, "U64"}, {DType::boolean, "BOOL"}};

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

Tensor read_tensor(const Json& entry, std::span<const std::byte> data) {
    const DType dtype = dtype_from(entry.at("dtype").get<std::string>());
    const Shape shape = entry.at("shape").get<Shape>();
    const auto [begin, end] = entry.at("data_offsets").get<std::pair<std::uint64_t, std::uint64_t>>();
    if (begin > end || end > data.size()) {
        throw BadData(fmt::format("bytes {}..{} of {}, the file is cut off or damaged", begin, end, data.size()));
    }
    const std::uint64_t expected = static_cast<std::uint64_t>(element_count(shape)) * size_of(dtype);
    if (end - begin != expected) {
        throw BadData(fmt::format("{} {} needs {} bytes, got {}", name_of(dtype), to_string(shape), expected,
                                  end - begin));
    }
    Tensor tensor(dtype, shape);
    if (expected > 0) std::memcpy(tensor.bytes().data(), data.data() + begin, expected);
    return tensor;
}

SafetensorsFile parse(std::span<const std::byte> file) {
    std::uint64_t header_size = 0;
    if (file.size() < sizeof header_size) throw BadData("not a safetensors file: shorter than 8 bytes");
    std::memcpy(&header_size, file.data(), sizeof header_size);
    if (header_size > file.size() - sizeof header_size) {
        throw BadData(fmt::format("header of {} bytes in a file of {}: cut off, or not a safetensors file",
                                  header_size, file.size()));
    }
    const auto* text = reinterpret_cast<const char*>(file.data() + sizeof header_size);
    const Json header = Json::parse(text, text + header_size);
    if (!header.is_object()) throw BadData("the header is not a JSON object");

    SafetensorsFile out;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            out.metadata = entry.get<Metadata>();
            continue;
        }
        try {
            out.tensors.emplace(name, read_tensor(entry, file.subspan(sizeof header_size + header_size)));
        } catch (const Error& error) {
            throw BadData(fmt::format("tensor \"{}\": {}", name, error.what()));
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

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata) {
    Json header = Json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : tensors) {
        const std::uint64_t begin = end;
        end += tensor.bytes().size();
        header[name] = {{"dtype", file_name_of(tensor.dtype())},
                        {"shape", tensor.shape()},
                        {"data_offsets", {begin, end}}};
    }
    std::string text = header.dump();
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
