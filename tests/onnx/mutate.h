// Random damage to a file.
#pragma once

#include <algorithm>
#include <string>

#include "base/random.h"

namespace espalier::testing {

/// One to four bytes or runs of bytes changed, removed, repeated elsewhere or put in.
inline std::string mutated(std::string bytes, Random& random) {
    const auto place = [&] { return static_cast<std::size_t>(random.below(bytes.size())); };
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
        const std::size_t at = place();
        const std::size_t length = std::min<std::size_t>(random.below(16), bytes.size() - at);
        switch (random.below(5)) {
            case 0:
                bytes[at] = static_cast<char>(random.below(256));
                break;
            case 1:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
                break;
            case 2:
                bytes.erase(at, std::min(length, bytes.size() - 1));
                break;
            case 3:
                bytes.insert(place(), bytes.substr(at, length));
                break;
            default:
                bytes.insert(at, length, static_cast<char>(0xff));
                break;
        }
    }
    return bytes;
}

}  // namespace espalier::testing
