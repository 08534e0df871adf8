// Which published claims hold in a run: each a comparison that is fixed beforehand, decided by the 95 %
// interval of paired differences.
#pragma once

#include <string>
#include <vector>

#include "report/findings/experiment.h"

namespace espalier::report {

enum class Answer { holds, fails, not_shown, missing };
/// "holds", "fails", "unknown", "missing": for page.css.
const char* name_of(Answer answer);

/// One comparison of a claim.
struct Part {
    Answer answer = Answer::missing;
    std::string text;   // what was compared, the difference and its interval; or what is missing
    std::string count;  // not shown: "not shown with n = 3, needs about n = 12 (80 % power)"
};

struct Published {
    std::string source;  // "Frankle & Carbin 2019"
    std::string claim;
    std::vector<Part> parts;  // at least one
    /// Missing if any part is, else fails if any fails, else not shown if any is not.
    Answer answer() const;
    /// "holds", "does not hold", "not shown with n = 3, ...", "not tested"
    std::string verdict() const;
};

std::vector<Published> published(const Experiment& experiment);

/// The part "`what`: a - b", in points of accuracy or in steps.
enum class Measured { points, steps };
/// Holds if the interval lies above zero; fails if it lies below, or within the tolerance around it.
Part greater(const std::string& what, const Finding& finding, Measured unit = Measured::points);
/// Holds if the interval lies above minus the tolerance; fails if it lies below zero otherwise.
Part at_least(const std::string& what, const Finding& finding, Measured unit = Measured::points);
Part missing(const std::string& what);

/// One standard deviation of the dense network's replicates: what counts as no difference.
double tolerance_of(const Experiment& experiment, Value value = test_accuracy);
/// "+0.31 points (95 % interval +0.12 to +0.50, n = 5)"
std::string interval(const Difference& difference, Measured unit = Measured::points);

}  // namespace espalier::report
