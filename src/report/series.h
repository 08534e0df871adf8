// Arms as JSON for plots over the share of weights left.
#pragma once

#include <span>
#include <string>

#include "report/section.h"

namespace espalier::report {

/// [mean, least, greatest, count, deviation, margin of the 95 % interval], times `scale`; the last two are
/// null for fewer than two values.
Json to_json(const Spread& spread, double scale = 1);

struct Measure {
    const char* key;
    const char* label;  // "Test, end of training"
    Spread (*of)(const Level& level);
    double scale = 1;
};

/// Test and validation accuracy at the end of training and at the early stop, in %.
std::span<const Measure> accuracy_measures();

/// [mean, least, greatest, count], where least and greatest bound the 95 % interval.
Json to_json(const Difference& difference, double scale = 1);
Json to_json(const Arm& arm, std::span<const Measure> measures);

/// {measures: [{key, label}], arms: [{name, label, points: [{level, share, left, KEY: [mean, low, high,
/// n, deviation, margin]}]}]}, share in %.
Json arms_over_share(const Experiment& experiment, std::span<const Measure> measures);

}  // namespace espalier::report
