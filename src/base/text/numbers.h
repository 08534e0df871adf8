// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace espalier {

/// "1,067 KB": whole units, with thousands separators.
std::string format_bytes(std::uintmax_t bytes);

/// 266200 -> "266,200"
std::string with_commas(std::int64_t value);

/// "1 min 12 s", "8 s", "2 h 5 min"
std::string format_duration(double seconds);

}  // namespace espalier
