// What a handful of replicates can show: Student's t, paired differences, and how many replicates it would
// take.
#pragma once

#include <span>
#include <string>

#include "espalier/report.h"

namespace espalier::report {

/// P(T <= t) for Student's t with `freedom` degrees of freedom, by the incomplete beta function:
///   P(|T| > t) = I_x(freedom / 2, 1 / 2), x = freedom / (freedom + t^2)
double student_cdf(double t, double freedom);
/// The t with student_cdf(t) = probability, 0 < probability < 1.
double student_quantile(double probability, double freedom);
/// Half the width of the 95 % confidence interval of a mean of `count` values; NaN for fewer than two.
double margin_95(double deviation, int count);

/// a - b over replicates that have both, where replicate i of both shares its seed and its data order: what
/// differs between replicates alone cancels out.
struct Difference {
    double mean = 0;
    double deviation = 0;  // of the differences
    int count = 0;

    double margin() const { return margin_95(deviation, count); }
    double low() const { return mean - margin(); }
    double high() const { return mean + margin(); }
};
Difference difference(std::span<const double> values);

enum class Verdict {
    above,    // the interval lies above zero
    below,    // the interval lies below zero
    matches,  // the interval lies within the tolerance around zero, and holds zero
    unknown   // none of these: not shown
};

struct Finding {
    Verdict verdict = Verdict::unknown;
    Difference difference;
    double tolerance = 0;  // one standard deviation of the dense network
    /// Replicates at which the interval would decide, if mean and deviation stayed as they are; 0: already
    /// decided, or no number up to kMostReplicates would do, or fewer than two replicates.
    int needed = 0;
};
inline constexpr int kMostReplicates = 1000;

/// `tolerance`: how far from zero still counts as no difference; 0 or NaN: no distance does.
Finding find(const Difference& difference, double tolerance);

/// "not shown with n = 3, needs about n = 12"
std::string not_shown(const Finding& finding);

}  // namespace espalier::report
