// Makes ZIP archives for tests.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "tensor/deflated.h"

namespace espalier::testing {

struct PackedEntry {
    std::string name;
    std::string content;
    bool deflated = false;
    std::string extra = {};  // of the local header, as numpy.savez writes one
};

inline std::string little_endian(std::size_t value, int size) {
    std::string out;
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
    return out;
}

inline std::string zip_file(const std::vector<PackedEntry>& entries, const std::string& comment = {}) {
    std::string archive;
    std::string list;
    for (const PackedEntry& entry : entries) {
        const std::string packed = entry.deflated ? deflated(entry.content, -MAX_WBITS) : entry.content;
        const auto sum = crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()),
                               static_cast<uInt>(entry.content.size()));
        const std::string common = little_endian(0, 2) + little_endian(entry.deflated ? 8 : 0, 2) +
                                   little_endian(0, 4) + little_endian(sum, 4) +
                                   little_endian(packed.size(), 4) + little_endian(entry.content.size(), 4) +
                                   little_endian(entry.name.size(), 2);
        list += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + common + std::string(12, '\0') +
                little_endian(archive.size(), 4) + entry.name;
        archive += "PK\3\4" + little_endian(20, 2) + common + little_endian(entry.extra.size(), 2) +
                   entry.name + entry.extra + packed;
    }
    return archive + list + "PK\5\6" + std::string(4, '\0') + little_endian(entries.size(), 2) +
           little_endian(entries.size(), 2) + little_endian(list.size(), 4) +
           little_endian(archive.size(), 4) + little_endian(comment.size(), 2) + comment;
}

}  // namespace espalier::testing
