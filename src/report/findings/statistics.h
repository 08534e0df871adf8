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

/// The chance that the 95 % interval of `count` values lies above zero, where their mean is truly `distance`
/// > 0 and their standard deviation `deviation`: of noncentral t,
///   P(T > t) = E[Phi(sqrt(count) * distance / deviation - t * s)],  s^2 (count - 1) ~ chi^2 with count - 1
double power(double distance, double deviation, int count);
/// The one that is asked for.
inline constexpr double kPower = 0.8;

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
    /// Replicates of which the interval decides with a chance of kPower, if mean and deviation are truly as
    /// they are here; 0: already decided, or no number up to kMostReplicates would do, or fewer than two
    /// replicates.
    int needed = 0;
};
inline constexpr int kMostReplicates = 1000;

/// `tolerance`: how far from zero still counts as no difference; 0 or NaN: no distance does.
Finding find(const Difference& difference, double tolerance);

/// "not shown with n = 3, needs about n = 12 (80 % power)"
std::string not_shown(const Finding& finding);

}  // namespace espalier::report
