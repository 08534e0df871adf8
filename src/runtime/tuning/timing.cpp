#include "runtime/tuning/timing.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace espalier::runtime {
namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

constexpr double kBurstUs = 100;    // long enough to be worth its cold first run, short enough to be repeated
constexpr double kLongUs = 5000;    // fills the caches with its own in a small part of the time
constexpr double kMaxDrift = 1.03;  // of the clock between the ends of a burst
constexpr int kAdditions = 20'000;  // 5 us, so that reading the clock does not count
constexpr std::size_t kLeastRuns = 5;

struct Samples {
    std::vector<double> calm, disturbed;
    std::vector<double> rounds;
};

/// The file in which the kernel counts what a thread has waited; closed when the thread ends.
class WaitFile {
  public:
    WaitFile() : file_(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
    WaitFile(const WaitFile&) = delete;
    WaitFile& operator=(const WaitFile&) = delete;
    ~WaitFile() {
        if (file_ >= 0) close(file_);
    }
    int descriptor() const { return file_; }

  private:
    int file_;
};

/// The middle one; `times` are put in order.
double median_of(std::vector<double>& times) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

/// What this thread has waited for a core so far, in us; 0 where the kernel does not tell. A neighbour takes
/// a core for several ms at a time, so of kernels that take as long no run may be undisturbed.
double waited_us() {
    thread_local const WaitFile file;
    char text[128];
    const int descriptor = file.descriptor();
    const ssize_t length = descriptor < 0 ? -1 : pread(descriptor, text, sizeof(text) - 1, 0);
    if (length <= 0) return 0;
    text[length] = '\0';
    unsigned long long ran = 0;
    unsigned long long waited = 0;
    if (std::sscanf(text, "%llu %llu", &ran, &waited) != 2) return 0;
    return static_cast<double>(waited) / 1000;
}

/// Of one run, without waiting for a core. What the thread waited while it asked how long it had waited is
/// not a part of the run.
double time_run(const std::function<void()>& body) {
    const auto asked = Clock::now();
    const double before = waited_us();
    const double asking = us_since(asked);
    const auto start = Clock::now();
    body();
    const double us = us_since(start);
    const auto asked_again = Clock::now();
    const double waited = waited_us() - before;
    const double inside = std::max(waited - asking - us_since(asked_again), 0.0);
    return std::max(us - inside, us / 1000);
}

/// One cold run, unless it would be long, then as many timed ones as fit in a burst.
void burst(const std::function<void()>& body, double first_us, Samples& samples) {
    if (first_us < kLongUs) body();
    std::vector<double> times;
    const double before = cycle_ns();
    double total = 0;
    while (total < kBurstUs) {
        if (first_us > kBurstUs / 2) {  // asking what it waited takes a microsecond
            times.push_back(time_run(body));
        } else {
            const auto start = Clock::now();
            body();
            times.push_back(us_since(start));
        }
        total += times.back();
    }
    const double drift = cycle_ns() / before;
    auto& kept = drift < kMaxDrift && drift > 1 / kMaxDrift ? samples.calm : samples.disturbed;
    kept.insert(kept.end(), times.begin(), times.end());
    samples.rounds.push_back(median_of(times));
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
    return {.median_us = at(0.5),
            .low_us = at(0.1),
            .high_us = at(0.9),
            .runs = static_cast<int>(times.size()),
            .rounds_us = std::move(samples.rounds)};
}

}  // namespace

double time_once(const std::function<void()>& body) {
    body();
    return time_run(body);
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

std::vector<Timing> time_in_turn(std::span<const std::function<void()>> bodies, double seconds,
                                 std::size_t least_rounds) {
    std::vector<Samples> samples(bodies.size());
    std::vector<double> first_us;
    first_us.reserve(bodies.size());
    for (const auto& body : bodies) first_us.push_back(time_run(body));
    const auto start = Clock::now();
    std::size_t rounds = 0;
    while (us_since(start) < seconds * 1e6 || rounds < least_rounds) {
        for (std::size_t i = 0; i < bodies.size(); ++i) burst(bodies[i], first_us[i], samples[i]);
        ++rounds;
    }
    std::vector<Timing> timings;
    timings.reserve(samples.size());
    for (Samples& each : samples) timings.push_back(summarise(std::move(each)));
    return timings;
}

std::vector<Timing> time_cold(std::span<const std::function<void()>> bodies, std::size_t rounds) {
    constexpr std::size_t kBytes = std::size_t{64} << 20;  // twice the L3 cache that a core of Zen 3 reaches
    constexpr std::size_t kLine = 64;
    std::vector<char> others(kBytes, 1);
    const auto fill_caches = [&] {
        int sum = 0;
        for (std::size_t at = 0; at < kBytes; at += kLine) sum += others[at];
        asm volatile("" : "+r"(sum));
    };
    std::vector<Samples> samples(bodies.size());
    for (const auto& body : bodies) body();  // what is made at the first run does not count
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            fill_caches();
            const double us = time_run(bodies[i]);
            samples[i].calm.push_back(us);
            samples[i].rounds.push_back(us);
        }
    }
    std::vector<Timing> timings;
    timings.reserve(samples.size());
    for (Samples& each : samples) timings.push_back(summarise(std::move(each)));
    return timings;
}

Ratio ratio_of(const Timing& numerator, const Timing& denominator) {
    const std::size_t count = std::min(numerator.rounds_us.size(), denominator.rounds_us.size());
    if (count == 0) return {};
    std::vector<double> ratios;
    for (std::size_t i = 0; i < count; ++i) {
        // The clock may not tell two moments apart.
        ratios.push_back(std::max(numerator.rounds_us[i], 1e-3) / std::max(denominator.rounds_us[i], 1e-3));
    }
    std::ranges::sort(ratios);
    const auto n = static_cast<double>(count);
    const double left_out = std::floor((n - 1.96 * std::sqrt(n)) / 2);  // on each side
    const auto first = static_cast<std::size_t>(std::max(left_out, 0.0));
    const double median = (ratios[(count - 1) / 2] + ratios[count / 2]) / 2;
    return {.median = median, .low = ratios[first], .high = ratios[count - 1 - first]};
}

}  // namespace espalier::runtime
