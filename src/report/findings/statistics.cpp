#include "report/findings/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "espalier/error.h"

namespace espalier::report {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The continued fraction of the incomplete beta function, by Lentz's method; converges fast for
/// x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
    constexpr double kTiny = 1e-300;
    const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= 1000; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (const double term : {even, odd}) {
            d = 1 / away_from_zero(1 + term * d);
            c = away_from_zero(1 + term / c);
            fraction *= c * d;
        }
        if (std::abs(c * d - 1) < 1e-15) break;
    }
    return fraction;
}

/// I_x(a, b); `rest` is 1 - x, given apart since it loses its digits when x is near 1.
double incomplete_beta(double a, double b, double x, double rest) {
    if (x <= 0) return 0;
    if (rest <= 0) return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(rest));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, rest) / b;
}

double normal_cdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

/// The t of the 95 % interval.
double quantile_95(int freedom) {
    static const std::vector<double> quantiles = [] {
        std::vector<double> all(32, kNan);
        for (std::size_t degrees = 1; degrees < all.size(); ++degrees)
            all[degrees] = student_quantile(0.975, static_cast<double>(degrees));
        return all;
    }();
    const auto at = static_cast<std::size_t>(freedom);
    return at < quantiles.size() ? quantiles[at] : student_quantile(0.975, freedom);
}

/// Whether `count` replicates show it with the chance wanted: that the mean is not zero, or, with a
/// tolerance, that it lies within (at least what both ends together give).
bool is_enough(const Difference& difference, double tolerance, int count) {
    const double distance = std::abs(difference.mean);
    if (power(distance, difference.deviation, count) >= kPower) return true;
    if (!(tolerance > distance)) return false;
    return power(tolerance - distance, difference.deviation, count) +
               power(tolerance + distance, difference.deviation, count) - 1 >=
           kPower;
}

/// The least count that is enough; 0 if there is none.
int count_for(const Difference& difference, double tolerance) {
    if (!is_enough(difference, tolerance, kMostReplicates)) return 0;
    int low = 1;
    int high = kMostReplicates;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (is_enough(difference, tolerance, middle) ? high : low) = middle;
    }
    return high;
}

}  // namespace

double student_cdf(double t, double freedom) {
    ESPALIER_ASSERT(freedom > 0);
    if (std::isnan(t)) return kNan;
    if (std::isinf(t)) return t > 0 ? 1 : 0;
    const double whole = freedom + t * t;
    const double outside = incomplete_beta(freedom / 2, 0.5, freedom / whole, t * t / whole);
    return t > 0 ? 1 - outside / 2 : outside / 2;
}

double student_quantile(double probability, double freedom) {
    ESPALIER_ASSERT(probability > 0 && probability < 1);
    if (probability < 0.5) return -student_quantile(1 - probability, freedom);
    double low = 0;
    double high = 1;
    while (student_cdf(high, freedom) < probability) high *= 2;
    while (true) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return middle;  // no double lies between
        (student_cdf(middle, freedom) < probability ? low : high) = middle;
    }
}

double margin_95(double deviation, int count) {
    if (count < 2) return kNan;
    return quantile_95(count - 1) * deviation / std::sqrt(static_cast<double>(count));
}

double power(double distance, double deviation, int count) {
    if (count < 2) return 0;
    if (deviation == 0) return distance > 0 ? 1 : 0;
    constexpr int kSteps = 400;
    const double freedom = count - 1;
    const double t = quantile_95(count - 1);
    const double shift = std::sqrt(static_cast<double>(count)) * distance / deviation;
    // Ten standard deviations of s around its middle, which is near one.
    const double reach = 10 / std::sqrt(2 * freedom);
    const double first = std::max(0.0, 1 - reach);
    const double step = (1 + reach - first) / kSteps;
    const double factor = std::log(2.0) + freedom / 2 * std::log(freedom / 2) - std::lgamma(freedom / 2);
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {  // Simpson's rule
        const double s = first + i * step;
        const double power_of_s = freedom > 1 ? (freedom - 1) * std::log(s) : 0;
        const double density = std::exp(factor + power_of_s - freedom * s * s / 2);
        const double weight = i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * density * normal_cdf(shift - t * s);
    }
    return sum * step / 3;
}

Difference difference(std::span<const double> values) {
    const Spread all = spread({values.begin(), values.end()});
    return {all.mean, all.deviation, all.count};
}

Finding find(const Difference& difference, double tolerance) {
    Finding finding{Verdict::unknown, difference, tolerance, 0};
    if (difference.count < 2 || !std::isfinite(difference.mean)) return finding;
    if (difference.low() > 0) {
        finding.verdict = Verdict::above;
    } else if (difference.high() < 0) {
        finding.verdict = Verdict::below;
    } else if (tolerance > 0 && difference.low() >= -tolerance && difference.high() <= tolerance) {
        finding.verdict = Verdict::matches;
    } else {
        finding.needed = count_for(difference, tolerance);
    }
    return finding;
}

std::string not_shown(const Finding& finding) {
    const int count = finding.difference.count;
    if (!std::isfinite(finding.difference.mean)) return fmt::format("not a number (n = {})", count);
    if (count < 2) return fmt::format("not shown with n = {}, needs n = 2 at least", count);
    if (finding.needed == 0) {
        return fmt::format("not shown with n = {}, needs more than n = {}", count, kMostReplicates);
    }
    return fmt::format("not shown with n = {}, needs about n = {} ({:.0f} % power)", count, finding.needed,
                       100 * kPower);
}

}  // namespace espalier::report
