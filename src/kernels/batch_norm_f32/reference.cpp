#include <cmath>

#include "kernels/batch_norm_f32/batch_norm_f32.h"

namespace espalier::kernels {
namespace {

template <class Body>
void for_each_value(const ChannelRuns& layout, std::int64_t channel, Body&& body) {
    for (std::int64_t run = 0; run < layout.runs; ++run) {
        for (std::int64_t i = 0; i < layout.length; ++i)
            body(channel * layout.channel + run * layout.run + i);
    }
}

struct Moments {
    double mean = 0, variance = 0;

    Moments(const ChannelRuns& layout, std::int64_t channel, const float* x) {
        const auto count = static_cast<double>(layout.values());
        for_each_value(layout, channel, [&](std::int64_t i) { mean += double{x[i]} / count; });
        for_each_value(layout, channel, [&](std::int64_t i) {
            variance += (double{x[i]} - mean) * (double{x[i]} - mean) / count;
        });
    }
};

}  // namespace

void batch_norm_f32_reference(const ChannelRuns& layout, const BatchNorm& norm, const float* x, double* y,
                              double* mean, double* variance) {
    for (std::int64_t channel = 0; channel < layout.channels; ++channel) {
        const Moments moments(layout, channel, x);
        mean[channel] = moments.mean;
        variance[channel] = moments.variance;
        const double scale = double{norm.gamma[channel]} / std::sqrt(moments.variance + double{norm.epsilon});
        for_each_value(layout, channel, [&](std::int64_t i) {
            double value = (double{x[i]} - moments.mean) * scale + double{norm.beta[channel]};
            if (norm.addend != nullptr) value += double{norm.addend[i]};
            y[i] = norm.relu && value < 0 ? 0 : value;
        });
    }
}

void batch_norm_gradient_f32_reference(const ChannelRuns& layout, const BatchNorm& norm, const float* x,
                                       const float* dy, double* dx, double* dgamma, double* dbeta,
                                       double* da) {
    for (std::int64_t channel = 0; channel < layout.channels; ++channel) {
        const Moments moments(layout, channel, x);
        const double inverse = 1 / std::sqrt(moments.variance + double{norm.epsilon});
        const double gamma = norm.gamma[channel];
        const auto xhat = [&](std::int64_t i) { return (double{x[i]} - moments.mean) * inverse; };
        const auto g = [&](std::int64_t i) {
            const double a = norm.addend == nullptr ? 0 : double{norm.addend[i]};
            return norm.relu && gamma * xhat(i) + double{norm.beta[channel]} + a <= 0 ? 0 : double{dy[i]};
        };
        dgamma[channel] = 0;
        dbeta[channel] = 0;
        for_each_value(layout, channel, [&](std::int64_t i) {
            dgamma[channel] += g(i) * xhat(i);
            dbeta[channel] += g(i);
        });
        const auto count = static_cast<double>(layout.values());
        for_each_value(layout, channel, [&](std::int64_t i) {
            if (da != nullptr) da[i] = g(i);
            dx[i] = gamma * inverse * (g(i) - dbeta[channel] / count - xhat(i) * dgamma[channel] / count);
        });
    }
}

}  // namespace espalier::kernels
