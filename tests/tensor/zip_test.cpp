#include "tensor/zip.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "tensor/zip_file.h"

namespace espalier {
namespace {

using espalier::testing::little_endian;
using espalier::testing::PackedEntry;
using espalier::testing::zip_file;

const std::string kLong(5000, 'x');
const std::vector<PackedEntry> kEntries = {{"stored", "plain bytes"},
                                           {"deflated", kLong, true, "extra field"},
                                           {"empty", ""},
                                           {"empty too", "", true}};

std::string read(const std::string& archive, const std::string& name) {
    const ZipReader reader(std::as_bytes(std::span(archive)));
    const auto bytes = reader.read(name);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Where the list's record of the first entry starts.
std::size_t first_record(const std::string& archive) { return archive.find("PK\1\2"); }

std::string with(std::string archive, std::size_t at, const std::string& bytes) {
    return archive.replace(at, bytes.size(), bytes);
}

TEST(Zip, StoredAndDeflated) {
    for (const char* comment : {"", "a comment with PK\5\6 in it, and long enough to be taken for the end"}) {
        const std::string archive = zip_file(kEntries, comment);
        for (const PackedEntry& entry : kEntries) EXPECT_EQ(read(archive, entry.name), entry.content);
        const ZipReader reader(std::as_bytes(std::span(archive)));
        EXPECT_EQ(reader.names().size(), 4U);
        EXPECT_TRUE(reader.has("stored"));
        EXPECT_FALSE(reader.has("store"));
    }
}

/// The sizes of an entry in its zip64 record, as for entries of 4 GB.
TEST(Zip, Zip64) {
    std::string archive = zip_file({{"a", "plain bytes"}});
    const std::size_t record = first_record(archive);
    const std::string sizes =
        little_endian(1, 2) + little_endian(16, 2) + little_endian(11, 8) + little_endian(11, 8);
    archive = with(archive, record + 20, std::string(8, '\xff'));
    archive = with(archive, record + 30, little_endian(sizes.size(), 2));
    archive.insert(record + 46 + 1, sizes);
    const std::size_t end = archive.find("PK\5\6");
    archive = with(archive, end + 12, little_endian(46 + 1 + sizes.size(), 4));
    EXPECT_EQ(read(archive, "a"), "plain bytes");
}

TEST(Zip, WhatIsNotThere) {
    EXPECT_ERROR(BadData, "no more among its 4 entries: stored, deflated, empty, empty too",
                 read(zip_file(kEntries), "more"));
    EXPECT_ERROR(BadData, "not a ZIP archive", read("", "stored"));
    EXPECT_ERROR(BadData, "not a ZIP archive", read("\x93NUMPY and more", "stored"));
    EXPECT_ERROR(BadData, "no a among its 0 entries", read(zip_file({}), "a"));
}

TEST(Zip, CutOffAnywhere) {
    const std::string archive = zip_file(kEntries);
    for (std::size_t size = 0; size < archive.size(); ++size) {
        SCOPED_TRACE(size);
        EXPECT_THROW(read(archive.substr(0, size), "deflated"), BadData);
    }
}

TEST(Zip, AnyByteDamagedIsSeenOrDoesNotMatter) {
    const std::string archive = zip_file(kEntries);
    for (std::size_t at = 0; at < archive.size(); ++at) {
        SCOPED_TRACE(at);
        std::string damaged = archive;
        damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
        try {
            EXPECT_EQ(read(damaged, "deflated"), kLong);
        } catch (const Error&) {
        }
    }
}

TEST(Zip, SizesAreCheckedBeforeMemoryIsTaken) {
    const std::string archive = zip_file({{"a", "plain bytes"}});
    const std::size_t record = first_record(archive);
    EXPECT_ERROR(BadData, "a: the list of entries says 4294967294 bytes, but its 11 stored ones hold 11",
                 read(with(archive, record + 24, little_endian(0xfffffffe, 4)), "a"));
    const std::string packed = zip_file({{"a", kLong, true}});
    EXPECT_ERROR(BadData, "packed ones hold at most",
                 read(with(packed, first_record(packed) + 24, little_endian(0xfffffffe, 4)), "a"));
    EXPECT_ERROR(BadData, "not of the size that the list says",
                 read(with(packed, first_record(packed) + 24, little_endian(4999, 4)), "a"));
    EXPECT_ERROR(BadData, "cut off or damaged",
                 read(with(archive, record + 42, little_endian(0xfffffffe, 4)), "a"));
}

TEST(Zip, EntriesHaveNamesAndBytesOfTheirOwn) {
    EXPECT_ERROR(BadData, "two entries named a", read(zip_file({{"a", "1"}, {"b", "2"}, {"a", "3"}}), "b"));
    // Two entries of the list that point at the same packed bytes.
    const std::string archive = zip_file({{"a", kLong + kLong}, {"b", ""}});
    const std::size_t second = archive.find("PK\1\2", first_record(archive) + 4);
    std::string shared = with(archive, second + 20, little_endian(2 * kLong.size(), 4));
    shared = with(shared, second + 24, little_endian(2 * kLong.size(), 4));
    shared = with(shared, second + 42, little_endian(0, 4));
    EXPECT_ERROR(BadData, "2 entries say they take more than its 10", read(shared, "b"));
}

TEST(Zip, WhatIsWrittenIsRead) {
    const std::vector<ZipEntry> entries = {
        {"a", "plain bytes"}, {"folder/b", std::string(70000, 'x')}, {"", ""}};
    const std::string archive = zip_archive(entries);
    EXPECT_EQ(zip_archive(entries), archive);
    for (const ZipEntry& entry : entries) EXPECT_EQ(read(archive, entry.name), entry.content);
    EXPECT_ERROR(InvalidArgument, "of more than 65,535 bytes", zip_archive({{std::string(65536, 'n'), ""}}));
    EXPECT_ERROR(BadData, "among its 0 entries", read(zip_archive({}), "a"));
}

TEST(Zip, WhatIsNotRead) {
    const std::string archive = zip_file({{"a", "plain bytes"}});
    const std::size_t record = first_record(archive);
    EXPECT_ERROR(Unsupported, "a: encrypted", read(with(archive, record + 8, "\1"), "a"));
    EXPECT_ERROR(Unsupported, "a: compression method 14", read(with(archive, record + 10, "\16"), "a"));
    EXPECT_ERROR(BadData, "cut off or damaged",  // in a zip64 record that is not there
                 read(with(archive, record + 24, little_endian(0xffffffff, 4)), "a"));
    EXPECT_ERROR(BadData, "a: the ZIP archive is cut off or damaged: CRC error",
                 read(with(archive, record + 16, "\1"), "a"));
}

}  // namespace
}  // namespace espalier
