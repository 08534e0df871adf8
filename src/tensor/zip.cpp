// The layout is that of PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory)
// and 4.3.16 (end of it). All numbers are little-endian.
#include "tensor/zip.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <set>

#include "espalier/error.h"
#include "tensor/deflate.h"

namespace espalier {
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
    check_entries();
}

/// Entries that point at the same bytes would let a small archive unpack to any size.
void ZipReader::check_entries() const {
    std::set<std::string_view> names;
    std::uint64_t packed = 0;
    for (const Entry& entry : entries_) {
        if (!names.insert(entry.name).second) {
            throw BadData(fmt::format("the ZIP archive has two entries named {}", entry.name));
        }
        if (entry.packed_size != kElsewhere) packed += entry.packed_size;
    }
    if (packed > archive_.size()) {
        throw BadData(fmt::format("the ZIP archive's {} entries say they take {} bytes, but it has {}",
                                  entries_.size(), packed, archive_.size()));
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
    const std::uint64_t most = bytes.size() * (stored ? 1 : kMaxDeflateRatio);
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

namespace {

void put(std::string& out, std::size_t value, int size) {
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
}

/// What the local header and the list have in common, from "version needed to extract" to the length of the
/// name.
std::string common_header(const ZipEntry& entry) {
    constexpr std::size_t kVersion = 20;
    constexpr std::size_t kFirstDay =
        1 << 5 | 1;  // 1 January 1980: no clock, so equal entries give equal bytes
    std::string header;
    put(header, kVersion, 2);
    put(header, 0, 2);
    put(header, kStored, 2);
    put(header, 0, 2);
    put(header, kFirstDay, 2);
    put(header, crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size()), 4);
    put(header, entry.content.size(), 4);
    put(header, entry.content.size(), 4);
    put(header, entry.name.size(), 2);
    return header;
}

}  // namespace

std::string zip_archive(const std::vector<ZipEntry>& entries) {
    std::size_t total = kEndSize;
    for (const ZipEntry& entry : entries) {
        if (entry.name.size() > 0xffff) throw Unsupported("a ZIP entry's name of more than 65,535 bytes");
        total += kLocalSize + kCentralSize + 2 * entry.name.size() + entry.content.size();
    }
    if (entries.size() >= 0xffff || total >= kElsewhere) {
        throw Unsupported(fmt::format(
            "a ZIP archive of {} entries and {} bytes, only 65,534 and less than 4 GB are written",
            entries.size(), total));
    }
    std::string archive;
    std::string list;
    archive.reserve(total);
    for (const ZipEntry& entry : entries) {
        const std::string header = common_header(entry);
        put(list, kCentralHeader, 4);
        put(list, 20, 2);  // version that made it
        list += header;
        list.append(12, '\0');  // no extra field, no comment, the first disk, no attributes
        put(list, archive.size(), 4);
        list += entry.name;
        put(archive, kLocalHeader, 4);
        archive += header;
        put(archive, 0, 2);  // no extra field
        archive += entry.name;
        archive += entry.content;
    }
    const std::size_t start = archive.size();
    archive += list;
    put(archive, kEnd, 4);
    put(archive, 0, 4);
    put(archive, entries.size(), 2);
    put(archive, entries.size(), 2);
    put(archive, list.size(), 4);
    put(archive, start, 4);
    put(archive, 0, 2);
    return archive;
}

}  // namespace espalier
