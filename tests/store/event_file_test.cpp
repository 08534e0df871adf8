// The event file read back by a reader written for the test, and against bytes worked out by hand.
#include "store/event_file.h"

#include <gtest/gtest.h>

#include <bit>

namespace espalier::store {
namespace {

std::uint64_t little_endian(std::string_view bytes, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
}

std::uint32_t unmasked(std::uint64_t value) {
    return std::rotl(static_cast<std::uint32_t>(value) - 0xa282ead8U, 15);
}

std::vector<std::string> records_of(std::string_view bytes) {
    std::vector<std::string> records;
    while (!bytes.empty()) {
        const std::uint64_t length = little_endian(bytes, 8);
        EXPECT_EQ(unmasked(little_endian(bytes.substr(8), 4)), crc32c(bytes.substr(0, 8)));
        const std::string_view record = bytes.substr(12, length);
        EXPECT_EQ(unmasked(little_endian(bytes.substr(12 + length), 4)), crc32c(record));
        records.emplace_back(record);
        bytes = bytes.substr(16 + length);
    }
    return records;
}

TEST(EventFile, ChecksumIsCastagnolis) {
    EXPECT_EQ(crc32c(""), 0U);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, B.4
}

TEST(EventFile, HoldsAVersionAndTheScalars) {
    const auto records = records_of(event_file({{"loss", 300, 0.5}, {"accuracy", 0, 0.25}}, 2.0));
    ASSERT_EQ(records.size(), 3U);
    const std::string time("\x09\0\0\0\0\0\0\0\x40", 9);  // field 1, 8 bytes: 2.0
    EXPECT_EQ(records[0], time + "\x1a\x0d" + "brain.Event:2");
    // step 300 = 0xac 0x02; summary of 13 bytes with one value of 11: tag "loss", 0.5 as a float.
    EXPECT_EQ(records[1],
              time + "\x10\xac\x02" + "\x2a\x0d\x0a\x0b\x0a\x04loss" + std::string("\x15\0\0\0\x3f", 5));
    EXPECT_EQ(records[2].substr(9, 2), std::string("\x10\0", 2));
}

TEST(EventFile, MayBeEmpty) { EXPECT_EQ(records_of(event_file({}, 0)).size(), 1U); }

}  // namespace
}  // namespace espalier::store
