#include "store/event_file.h"

#include <array>
#include <bit>
#include <string_view>

namespace espalier::store {
namespace {

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78U : value >> 1;
        table[byte] = value;
    }
    return table;
}();

template <class T>
void add_little_endian(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// Protocol buffers: a field is its number and kind in a varint, then a varint, 4 or 8 bytes, or length and
// bytes.
enum Kind : std::uint8_t { kVarint = 0, kEight = 1, kBytes = 2, kFour = 5 };

void add_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}
void add_key(std::string& out, int field, Kind kind) {
    add_varint(out, static_cast<std::uint64_t>(field) << 3 | kind);
}
void add_bytes(std::string& out, int field, std::string_view bytes) {
    add_key(out, field, kBytes);
    add_varint(out, bytes.size());
    out += bytes;
}

std::string event_at(double wall_time) {
    std::string event;
    add_key(event, 1, kEight);
    add_little_endian(event, std::bit_cast<std::uint64_t>(wall_time));
    return event;
}

std::string event_of(const Scalar& scalar, double wall_time) {
    std::string value;
    add_bytes(value, 1, scalar.tag);
    add_key(value, 2, kFour);
    add_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(scalar.value)));
    std::string summary;
    add_bytes(summary, 1, value);
    std::string event = event_at(wall_time);
    add_key(event, 2, kVarint);
    add_varint(event, static_cast<std::uint64_t>(scalar.step));
    add_bytes(event, 5, summary);
    return event;
}

void add_record(std::string& out, const std::string& event) {
    const auto masked = [](std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; };
    std::string length;
    add_little_endian(length, static_cast<std::uint64_t>(event.size()));
    out += length;
    add_little_endian(out, masked(length));
    out += event;
    add_little_endian(out, masked(event));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t value = 0xffffffffU;
    for (const char c : bytes) value = kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xff] ^ value >> 8;
    return ~value;
}

std::string event_file(const std::vector<Scalar>& scalars, double wall_time) {
    std::string version = event_at(wall_time);
    add_bytes(version, 3, "brain.Event:2");  // what readers look for at the start
    std::string out;
    add_record(out, version);
    return out + event_records(scalars, wall_time);
}

std::string event_records(const std::vector<Scalar>& scalars, double wall_time) {
    std::string out;
    for (const Scalar& scalar : scalars) add_record(out, event_of(scalar, wall_time));
    return out;
}

}  // namespace espalier::store
