// Metrics as a TensorBoard event file. A record is
//   length u64, masked CRC-32C of those 8 bytes, an Event message, masked CRC-32C of the message
// all little-endian; mask(c) = rotate_right(c, 15) + 0xa282ead8. Format: TensorFlow's record_writer.h,
// event.proto, summary.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace espalier::store {

struct Scalar {
    std::string tag;  // "validation/accuracy"
    std::int64_t step = 0;
    double value = 0;
};

/// The bytes of a file whose events all carry `wall_time`, in seconds since 1970.
std::string event_file(const std::vector<Scalar>& scalars, double wall_time);

/// What such a file grows by with these.
std::string event_records(const std::vector<Scalar>& scalars, double wall_time);

/// CRC-32C (Castagnoli); of "123456789" it is 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace espalier::store
