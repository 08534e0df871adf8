#include "data/files/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/files.h"
#include "data/files/gzip.h"
#include "espalier/error.h"
#include "tensor/deflate.h"

namespace espalier::data {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;

/// The bytes of a file, unpacked on the way if it is gzip.
class ByteSource {
  public:
    explicit ByteSource(std::span<const std::byte> file) : plain_(file) {
        if (GzipReader::recognizes(file)) gzip_.emplace(file);
    }

    /// What is left holds no more than this: exact for a plain file.
    std::uint64_t limit() const { return gzip_ ? plain_.size() * kMaxDeflateRatio : plain_.size(); }

    std::size_t read(std::span<std::byte> out) {
        if (gzip_) return gzip_->read(out);
        const std::size_t count = std::min(out.size(), plain_.size());
        std::copy_n(plain_.begin(), count, out.begin());
        plain_ = plain_.subspan(count);
        return count;
    }

  private:
    std::span<const std::byte> plain_;
    std::optional<GzipReader> gzip_;
};

void check_magic(std::span<const std::byte> magic, std::size_t rank) {
    const auto at = [&](std::size_t index) { return std::to_integer<unsigned>(magic[index]); };
    const bool idx = at(0) == 0 && at(1) == 0 && at(2) >= 0x08 && at(2) <= 0x0e && at(3) > 0;
    if (!idx) {
        throw BadData(
            fmt::format("not an IDX file: it starts {:02x} {:02x} {:02x} {:02x}, expected 00 00 08 {:02x}",
                        at(0), at(1), at(2), at(3), rank));
    }
    if (at(2) != kUnsignedByte) {
        throw Unsupported(fmt::format("IDX type 0x{:02x}, only unsigned bytes (0x08) are read", at(2)));
    }
    if (at(3) != rank) throw BadData(fmt::format("{} dimensions, expected {}", at(3), rank));
}

Shape read_shape(ByteSource& source, std::size_t rank) {
    std::array<std::byte, 4> word{};
    const auto next = [&] {
        if (source.read(word) != word.size()) throw BadData("the IDX header is cut off");
    };
    next();
    check_magic(word, rank);
    Shape shape(rank);
    for (std::int64_t& dim : shape) {
        next();
        dim = 0;
        for (const std::byte byte : word) dim = dim << 8 | std::to_integer<std::int64_t>(byte);
    }
    return shape;
}

Tensor parse(std::span<const std::byte> file, std::size_t rank) {
    ByteSource source(file);
    const Shape shape = read_shape(source, rank);
    const auto expected = static_cast<std::uint64_t>(element_count(shape));
    if (expected > source.limit()) {
        throw BadData(fmt::format("the header says {} ({} bytes), but a file of {} bytes holds at most {}",
                                  to_string(shape), expected, file.size(), source.limit()));
    }
    Tensor tensor(DType::u8, shape);
    const std::size_t got = source.read(tensor.bytes());
    if (got != expected) {
        throw BadData(
            fmt::format("cut off: the header says {} ({} bytes), got {}", to_string(shape), expected, got));
    }
    std::array<std::byte, 1> extra{};
    if (source.read(extra) != 0) {
        throw BadData(
            fmt::format("bytes follow the {} that the header says ({})", expected, to_string(shape)));
    }
    return tensor;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, std::size_t rank) {
    const std::vector<std::byte> file = read_file(path);
    try {
        return parse(file, rank);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", path.string(), error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", path.string(), error.what()));
    }
}

}  // namespace espalier::data
