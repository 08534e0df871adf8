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

Json to_json(const Arm& arm, std::span<const Measure> measures);

/// {measures: [{key, label}], arms: [{name, label, points: [{level, share, left, KEY: [mean, low, high,
/// n, deviation, margin]}]}]}, share in %.
Json arms_over_share(const Experiment& experiment, std::span<const Measure> measures);

/// A plot of lines with bands that page/plot.js draws as it is: legend, tooltip and CSV included.
struct LinePoint {
    double x = 0;
    double mean = 0, low = 0, high = 0;
    int count = 0;
    std::string note;  // heads the tooltip: "level 7: 21.1 % left"
};
struct Line {
    std::string name;  // unique in the plot
    std::string label;
    std::vector<LinePoint> points;
};
struct Plot {
    enum class Axis { share, linear, categories } axis = Axis::share;
    std::string title = {};  // above it, where a section has several
    std::string x = {};      // title of the axis; share: fixed
    std::vector<std::string> categories = {};
    std::string y = {};
    std::string unit = {};  // behind a value: " points"
    std::vector<Line> lines = {};
    std::string reference = {};  // label of a level line at
    double reference_at = 0;
    bool dots = false;  // points with upright bars, where categories have no order
};
LinePoint line_point(double x, const std::vector<double>& values, double scale, std::string note);
LinePoint line_point(double x, const Difference& difference, double scale, std::string note);
/// Axis share: x in %, headed "level 7: 21.1 % left".
LinePoint at_level(const Level& level, const std::vector<double>& values, double scale);
LinePoint at_level(const Level& level, const Difference& difference, double scale);
/// {plots: [...]}
Json to_json(const std::vector<Plot>& plots);

}  // namespace espalier::report
