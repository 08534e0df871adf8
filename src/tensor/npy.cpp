#include "tensor/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/files.h"
#include "espalier/error.h"
#include "tensor/booleans.h"

namespace espalier {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

constexpr std::pair<DType, const char*> kDescriptions[] = {
    {DType::f32, "<f4"}, {DType::f64, "<f8"}, {DType::f16, "<f2"}, {DType::i8, "|i1"},
    {DType::u8, "|u1"},  {DType::i16, "<i2"}, {DType::u16, "<u2"}, {DType::i32, "<i4"},
    {DType::u32, "<u4"}, {DType::i64, "<i8"}, {DType::u64, "<u8"}, {DType::boolean, "|b1"}};

/// The text of one value in the header, a Python dictionary: {'descr': '<f4', 'fortran_order': False, ...}.
std::string_view header_value(std::string_view header, std::string_view key) {
    const auto at = header.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) throw BadData(fmt::format("the header has no '{}'", key));
    header.remove_prefix(at + key.size() + 3);
    while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
    return header;
}

DType parse_dtype(std::string_view value) {
    for (const auto& [dtype, description] : kDescriptions) {
        if (value.substr(0, 5) == fmt::format("'{}'", description)) return dtype;
    }
    throw Unsupported(
        fmt::format("dtype {} (strings, objects, big-endian and structured arrays are not read)",
                    value.substr(0, value.find(','))));
}

Shape parse_shape(std::string_view value) {
    const auto close = value.find(')');
    if (value.empty() || value.front() != '(' || close == std::string_view::npos) {
        throw BadData("the header's shape is not a tuple");
    }
    Shape shape;
    const char* at = value.data() + 1;
    const char* const end = value.data() + close;
    while (at < end) {
        if (std::isspace(static_cast<unsigned char>(*at)) != 0 || *at == ',') {
            ++at;
            continue;
        }
        std::int64_t dim = 0;
        const auto [next, error] = std::from_chars(at, end, dim);
        if (error != std::errc{}) throw BadData("the header's shape holds something that is not a number");
        shape.push_back(dim);
        at = next;
    }
    return shape;
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> file) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (!text.starts_with(kMagic) || text.size() < 12) throw BadData("not an npy file");
    const bool long_header = text[6] != 1;
    const std::size_t start = long_header ? 12 : 10;
    std::uint32_t size = 0;
    std::memcpy(&size, text.data() + 8, long_header ? 4 : 2);
    if (size > text.size() - start) throw BadData("the header is cut off");
    const std::string_view header = text.substr(start, size);
    if (!header_value(header, "fortran_order").starts_with("False")) {
        throw Unsupported("Fortran order; save it with numpy.ascontiguousarray");
    }
    const DType dtype = parse_dtype(header_value(header, "descr"));
    const Shape shape = parse_shape(header_value(header, "shape"));
    const auto data = file.subspan(start + size);
    const std::uint64_t expected = static_cast<std::uint64_t>(element_count(shape)) * size_of(dtype);
    if (data.size() != expected) {
        throw BadData(fmt::format("{} {} needs {} bytes of data, got {}", name_of(dtype), to_string(shape),
                                  expected, data.size()));
    }
    Tensor tensor(dtype, shape);
    if (expected > 0) std::memcpy(tensor.bytes().data(), data.data(), expected);
    check_booleans(tensor);
    return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
    const std::vector<std::byte> file = read_file(path);
    try {
        return parse_npy(file);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", path.string(), error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", path.string(), error.what()));
    }
}

std::string npy_bytes(const Tensor& tensor) {
    const char* description = nullptr;
    for (const auto& [dtype, name] : kDescriptions) {
        if (dtype == tensor.dtype()) description = name;
    }
    if (description == nullptr)
        throw Unsupported(fmt::format("npy files cannot hold {}", name_of(tensor.dtype())));

    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", description,
                    fmt::join(tensor.shape(), ", "), tensor.rank() == 1 ? "," : "");
    constexpr std::size_t kPrefix = 10;
    header.resize((kPrefix + header.size() + 1 + 63) / 64 * 64 - kPrefix,
                  ' ');  // numpy aligns the data to 64
    header.back() = '\n';

    std::string file(kMagic);
    file += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
    file += header;
    file.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.bytes().size());
    return file;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
    write_text(path, npy_bytes(tensor));
}

}  // namespace espalier
