// ZIP archives in memory, as numpy.savez writes them: entries stored or deflated, zip64 too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class ZipReader {
  public:
    /// Reads the list of entries. Throws BadData (not a ZIP file, cut off, a name twice, entries that share
    /// bytes). `archive` must outlive the reader.
    explicit ZipReader(std::span<const std::byte> archive);
    ~ZipReader();
    ZipReader(ZipReader&& other) noexcept;
    ZipReader& operator=(ZipReader&& other) noexcept;

    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::vector<std::string> names() const;

    /// The entry unpacked. Its size is checked against what it is packed in before memory is taken, its
    /// checksum after. Throws BadData (not there, damaged, cut off) or Unsupported (encrypted, another
    /// compression).
    std::vector<std::byte> read(std::string_view name) const;

  private:
    struct Entry {
        std::string name;
        std::uint64_t index = 0;
        std::uint64_t packed_size = 0;
        std::uint64_t size = 0;
        int method = 0;
        bool is_encrypted = false;
    };
    struct State;
    const Entry* find(std::string_view name) const;
    std::vector<std::byte> unpack(const Entry& entry) const;
    void check_entries(std::uint64_t archive_size) const;

    std::unique_ptr<State> state_;
    std::vector<Entry> entries_;
};

struct ZipEntry {
    std::string name;
    std::string content;
};

/// An archive with these entries stored, the same bytes for the same entries. Throws InvalidArgument for a
/// name that ZIP cannot hold.
std::string zip_archive(const std::vector<ZipEntry>& entries);

}  // namespace espalier
