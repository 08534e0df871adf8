// ZIP archives in memory, as far as numpy.savez writes them: entries stored or deflated, below 4 GB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class ZipReader {
  public:
    /// Reads the list of entries. Throws BadData (not a ZIP file, cut off, a name twice, entries that share
    /// bytes) or Unsupported (zip64). `archive` must outlive the reader.
    explicit ZipReader(std::span<const std::byte> archive);

    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::vector<std::string> names() const;

    /// The entry unpacked. Its size is checked against what it is packed in before memory is taken, its
    /// checksum after. Throws BadData (not there, damaged, cut off) or Unsupported (encrypted, another
    /// compression).
    std::vector<std::byte> read(std::string_view name) const;

  private:
    struct Entry {
        std::string name;
        std::uint32_t flags = 0;
        std::uint32_t method = 0;
        std::uint32_t checksum = 0;
        std::uint32_t packed_size = 0;
        std::uint32_t size = 0;
        std::uint32_t header_at = 0;
    };
    const Entry* find(std::string_view name) const;
    std::span<const std::byte> packed(const Entry& entry) const;
    std::vector<std::byte> unpack(const Entry& entry) const;
    void check_entries() const;

    std::span<const std::byte> archive_;
    std::vector<Entry> entries_;
};

struct ZipEntry {
    std::string name;
    std::string content;
};

/// An archive with these entries stored, the same bytes for the same entries. Throws Unsupported where it
/// would need zip64.
std::string zip_archive(const std::vector<ZipEntry>& entries);

}  // namespace espalier
