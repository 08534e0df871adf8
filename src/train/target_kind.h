// What a loss or a metric can be taken of.
#pragma once

#include <cstdint>
#include <string_view>

namespace espalier::train {

enum class TargetKind : std::uint8_t { any, classes, numbers };

inline bool takes(TargetKind kind, bool classes) {
    return kind == TargetKind::any || (kind == TargetKind::classes) == classes;
}

}  // namespace espalier::train
