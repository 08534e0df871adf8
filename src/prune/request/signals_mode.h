// How a network runs while signals are taken of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace espalier::prune {

enum class SignalsMode : std::uint8_t {
    unset,       // no entry may leave it so
    none,        // no signal that a network has to run for
    evaluation,  // running statistics, no dropout
    training  // as a step of training: the batch's own statistics, dropout, augmented data, smoothed labels
};

/// "training", ...; "" for none.
constexpr std::string_view name_of(SignalsMode mode) {
    switch (mode) {
        case SignalsMode::evaluation:
            return "evaluation";
        case SignalsMode::training:
            return "training";
        default:
            return "";
    }
}

}  // namespace espalier::prune
