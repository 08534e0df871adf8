// Arms as JSON for plots over the share of weights left.
#pragma once

#include <span>
#include <string>

#include "report/section.h"

namespace espalier::report {

/// [mean, least, greatest, count], times `scale`.
Json to_json(const Spread& spread, double scale = 1);

struct Measure {
    const char* key;
    const char* label;  // "Test, end of training"
    Spread (*of)(const Level& level);
    double scale = 1;
};

/// {measures: [{key, label}], arms: [{name, label, points: [{level, share, left, KEY: [mean, low, high,
/// n]}]}]}, share in %.
Json arms_over_share(const Experiment& experiment, std::span<const Measure> measures);

}  // namespace espalier::report
