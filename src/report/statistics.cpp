#include "report/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

/// The least count at which the margin is smaller than `room`; 0 if there is none.
int count_for(double room, double deviation) {
    if (!(room > 0)) return 0;
    for (int count = 2; count <= kMostReplicates; ++count) {
        if (margin_95(deviation, count) < room) return count;
    }
    return 0;
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
    static const std::vector<double> quantiles = [] {
        std::vector<double> all(32, kNan);
        for (std::size_t freedom = 1; freedom < all.size(); ++freedom)
            all[freedom] = student_quantile(0.975, static_cast<double>(freedom));
        return all;
    }();
    const auto freedom = static_cast<std::size_t>(count) - 1;
    const double t = freedom < quantiles.size() ? quantiles[freedom]
                                                : student_quantile(0.975, static_cast<double>(freedom));
    return t * deviation / std::sqrt(static_cast<double>(count));
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
        const double distance = std::abs(difference.mean);
        for (const double room : {distance, tolerance - distance}) {
            const int count = count_for(room, difference.deviation);
            if (count > 0 && (finding.needed == 0 || count < finding.needed)) finding.needed = count;
        }
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
    return fmt::format("not shown with n = {}, needs about n = {}", count, finding.needed);
}

}  // namespace espalier::report
