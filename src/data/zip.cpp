// The layout is that of PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory)
// and 4.3.16 (end of it). All numbers are little-endian.
#include "data/zip.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "data/gzip.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kMaxComment = 65535;
constexpr std::uint32_t kElsewhere = 0xffffffff;  // the number is in a zip64 record
constexpr std::size_t kNamed = 8;                 // entries that a message lists
constexpr std::uint32_t kEncrypted = 1;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kDeflated = 8;

std::span<const std::byte> part(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
    if (at > bytes.size() || size > bytes.size() - at) throw BadData("the ZIP archive is cut off or damaged");
    return bytes.subspan(at, size);
}

std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    const auto field = part(bytes, at, size);
    for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(field[i]);
    return value;
}
std::uint32_t u16(std::span<const std::byte> bytes, std::size_t at) { return number(bytes, at, 2); }
std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) { return number(bytes, at, 4); }

/// The record that ends the archive, but for a comment, whose size it tells.
std::span<const std::byte> find_end(std::span<const std::byte> archive) {
    if (archive.size() < 4 || (u32(archive, 0) != kLocalHeader && u32(archive, 0) != kEnd)) {
        throw BadData("not a ZIP archive");
    }
    const std::size_t stop =
        archive.size() > kEndSize + kMaxComment ? archive.size() - kEndSize - kMaxComment : 0;
    for (std::size_t at = archive.size() < kEndSize ? 0 : archive.size() - kEndSize + 1; at-- > stop;) {
        const auto record = archive.subspan(at);
        const bool fits = record.size() >= kEndSize && u32(record, 0) == kEnd &&
                          u16(record, 20) == record.size() - kEndSize;
        if (fits) return record;
    }
    throw BadData("the ZIP archive is cut off: it has no list of entries at its end");
}

/// `out` must be filled to its last byte by exactly these bytes.
void inflate_all(std::span<const std::byte> packed, std::span<std::byte> out) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    // zlib promises not to write through next_in; its type lacks the const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::byte nothing{};  // zlib wants a place even for no bytes
    stream.next_out = reinterpret_cast<Bytef*>(out.empty() ? &nothing : out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&stream, Z_FINISH);
    const bool whole = status == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    if (!whole)
        throw BadData("its deflate stream is damaged, cut off, or not of the size that the list says");
}

}  // namespace

ZipReader::ZipReader(std::span<const std::byte> archive) : archive_(archive) {
    const auto end = find_end(archive);
    const std::uint32_t count = u16(end, 10);
    const std::uint32_t start = u32(end, 16);
    if (count == 0xffff || start == kElsewhere) {
        throw Unsupported("a zip64 archive (4 GB and more); save its arrays as single npy files");
    }
    std::size_t at = start;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto header = part(archive, at, kCentralSize);
        if (u32(header, 0) != kCentralHeader) throw BadData("the ZIP archive's list of entries is damaged");
        const std::size_t name_size = u16(header, 28);
        const auto name = part(archive, at + kCentralSize, name_size);
        entries_.push_back({.name = {reinterpret_cast<const char*>(name.data()), name_size},
                            .flags = u16(header, 8),
                            .method = u16(header, 10),
                            .checksum = u32(header, 16),
                            .packed_size = u32(header, 20),
                            .size = u32(header, 24),
                            .header_at = u32(header, 42)});
        at += kCentralSize + name_size + u16(header, 30) + u16(header, 32);
    }
}

std::vector<std::string> ZipReader::names() const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.name);
    return names;
}

const ZipReader::Entry* ZipReader::find(std::string_view name) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.name == name; });
    return found == entries_.end() ? nullptr : &*found;
}

/// The local header repeats what the list says; only how long it is itself is taken from it.
std::span<const std::byte> ZipReader::packed(const Entry& entry) const {
    const auto header = part(archive_, entry.header_at, kLocalSize);
    if (u32(header, 0) != kLocalHeader) throw BadData("its header is not where the list of entries says");
    return part(archive_, entry.header_at + kLocalSize + u16(header, 26) + u16(header, 28),
                entry.packed_size);
}

std::vector<std::byte> ZipReader::unpack(const Entry& entry) const {
    if ((entry.flags & kEncrypted) != 0) throw Unsupported("encrypted");
    if (entry.method != kStored && entry.method != kDeflated) {
        throw Unsupported(
            fmt::format("compression method {}, only stored (0) and deflated (8) are read", entry.method));
    }
    if (entry.size == kElsewhere || entry.packed_size == kElsewhere || entry.header_at == kElsewhere) {
        throw Unsupported("a zip64 entry (2 GB and more); save the arrays as single npy files");
    }
    const auto bytes = packed(entry);
    const bool stored = entry.method == kStored;
    const std::uint64_t most = bytes.size() * (stored ? 1 : GzipReader::kMaxRatio);
    if (entry.size > most || (stored && entry.size != most)) {
        throw BadData(fmt::format("the list of entries says {} bytes, but its {} {} ones hold {}{}",
                                  entry.size, bytes.size(), stored ? "stored" : "packed",
                                  stored ? "" : "at most ", most));
    }
    std::vector<std::byte> out(entry.size);
    if (stored) {
        std::copy(bytes.begin(), bytes.end(), out.begin());
    } else {
        inflate_all(bytes, out);
    }
    if (crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()) != entry.checksum) {
        throw BadData("its checksum is wrong");
    }
    return out;
}

std::vector<std::byte> ZipReader::read(std::string_view name) const {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        std::vector<std::string> some = names();
        if (some.size() > kNamed) some.resize(kNamed, "...");
        throw BadData(
            fmt::format("no {} among its {} entries: {}", name, entries_.size(), fmt::join(some, ", ")));
    }
    try {
        return unpack(*entry);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", name, error.what()));
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", name, error.what()));
    }
}

}  // namespace espalier::data
