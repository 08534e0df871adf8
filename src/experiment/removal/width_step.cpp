#include "experiment/removal/width_step.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "base/threads/parallel.h"
#include "espalier/runtime.h"
#include "graph/builder.h"

namespace espalier::experiment {
namespace {

constexpr std::int64_t kMostStep = 32;
constexpr double kAlikeTimes = 1.05;
constexpr double kStepSeconds = 1;
// Widths as pruned networks have them: those of one step lie one behind each multiple of 8, which is the
// worst place, and at it.
constexpr std::int64_t kTimedWidths[] = {32, 40, 41, 42, 44, 48, 49, 50, 52, 56, 57, 58, 60, 64};
constexpr std::int64_t kImageSide = 14;

Graph convolution_of(std::int64_t width) {
    GraphBuilder builder("width", 1);
    const std::string x = builder.input("x", {1, width, kImageSide, kImageSide});
    builder.output(builder.conv("conv", x, width, {.size = 3, .pad = 1}));
    return std::move(builder).finish();
}

/// The largest power of two, up to kMostStep, that divides it.
std::int64_t step_in(std::int64_t width) {
    return std::min(kMostStep, std::int64_t{1} << std::countr_zero(static_cast<std::uint64_t>(width)));
}

}  // namespace

std::int64_t step_of(const std::map<std::int64_t, double>& times) {
    std::map<std::int64_t, std::vector<double>> by_step;
    for (const auto& [width, time] : times) by_step[step_in(width)].push_back(time);
    std::map<std::int64_t, double> means;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [step, all] : by_step) {
        double sum = 0;
        for (const double time : all) sum += time;
        means[step] = sum / static_cast<double>(all.size());
        least = std::min(least, means[step]);
    }
    for (const auto& [step, mean] : means) {
        if (mean <= kAlikeTimes * least) return step;
    }
    return kMostStep;
}

std::int64_t width_step(const Timing& timing) {
    std::vector<runtime::Session> sessions;
    std::vector<NamedTensors> inputs;
    for (const std::int64_t width : kTimedWidths) {
        const Graph graph = convolution_of(width);
        inputs.push_back(runtime::random_inputs(graph, 1));
        sessions.push_back(
            runtime::compile(graph, {.threads = timing.threads == 0 ? core_count() : timing.threads,
                                     .choice = runtime::Options::Choice::dense,
                                     .tuning = runtime::Options::Tuning::full,
                                     .precision = timing.precision}));
    }
    std::vector<runtime::Contestant> contestants;
    for (std::size_t i = 0; i < sessions.size(); ++i) contestants.push_back({sessions[i], inputs[i]});
    const std::vector<runtime::InTurn> times = runtime::time_in_turn(contestants, kStepSeconds);
    std::map<std::int64_t, double> each;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto width = static_cast<double>(kTimedWidths[i]);
        each[kTimedWidths[i]] = times[i].share / (width * width);
    }
    return step_of(each);
}

}  // namespace espalier::experiment
