#include "runtime/timing.h"

#include <algorithm>
#include <chrono>

namespace espalier::runtime {
namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

constexpr double kBurstUs = 100;    // long enough to be worth its cold first run, short enough to be repeated
constexpr double kMaxDrift = 1.03;  // of the clock between the ends of a burst
constexpr int kAdditions = 20'000;  // 5 us, so that reading the clock does not count
constexpr std::size_t kLeastRuns = 5;
constexpr std::size_t kLeastRounds = 3;

struct Samples {
    std::vector<double> calm, disturbed;
};

/// One cold run, then as many timed ones as fit in a burst.
void burst(const std::function<void()>& body, Samples& samples) {
    body();
    std::vector<double> times;
    const double before = cycle_ns();
    double total = 0;
    while (total < kBurstUs) {
        const auto start = Clock::now();
        body();
        times.push_back(us_since(start));
        total += times.back();
    }
    const double drift = cycle_ns() / before;
    auto& kept = drift < kMaxDrift && drift > 1 / kMaxDrift ? samples.calm : samples.disturbed;
    kept.insert(kept.end(), times.begin(), times.end());
}

Timing summarise(Samples samples) {
    auto& times = samples.calm;
    // On a machine that is never calm, all samples are better than a few.
    if (times.size() < kLeastRuns || times.size() * 4 < samples.disturbed.size()) {
        times.insert(times.end(), samples.disturbed.begin(), samples.disturbed.end());
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) {
        return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
    };
    return {
        .median_us = at(0.5), .low_us = at(0.1), .high_us = at(0.9), .runs = static_cast<int>(times.size())};
}

}  // namespace

double time_once(const std::function<void()>& body) {
    body();
    const auto start = Clock::now();
    body();
    return us_since(start);
}

double cycle_ns() {
    long sum = 0;
    const auto start = Clock::now();
    for (int i = 0; i < kAdditions; i += 4) {
        sum += i;
        asm volatile("" : "+r"(sum));
        sum += i;
        asm volatile("" : "+r"(sum));
        sum += i;
        asm volatile("" : "+r"(sum));
        sum += i;
        asm volatile("" : "+r"(sum));
    }
    return us_since(start) * 1000 / kAdditions;
}

std::vector<Timing> time_in_turn(std::span<const std::function<void()>> bodies, double seconds) {
    std::vector<Samples> samples(bodies.size());
    for (const auto& body : bodies) body();
    const auto start = Clock::now();
    std::size_t rounds = 0;
    while (us_since(start) < seconds * 1e6 || rounds < kLeastRounds) {
        for (std::size_t i = 0; i < bodies.size(); ++i) burst(bodies[i], samples[i]);
        ++rounds;
    }
    std::vector<Timing> timings;
    timings.reserve(samples.size());
    for (Samples& each : samples) timings.push_back(summarise(std::move(each)));
    return timings;
}

}  // namespace espalier::runtime
