// What is known of deflate, the compression of ZIP, gzip and PNG.
#pragma once

#include <cstdint>

namespace espalier {

/// It cannot shrink data further than this, so it bounds what compressed bytes may hold.
inline constexpr std::uint64_t kMaxDeflateRatio = 1032;

}  // namespace espalier
