#include "prune/scheduling/schedule.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::prune {
namespace {

void require(bool holds, std::string_view what, double got, std::string_view expected) {
    if (!holds)
        throw InvalidArgument(
            fmt::format("schedule: {} = {} is out of range, expected {}", what, got, expected));
}

void check(const Schedule& schedule, const ScheduleSettings& s, std::int64_t step) {
    const auto number = [](std::int64_t value) { return static_cast<double>(value); };
    require(s.steps >= 0, "steps", number(s.steps), "0 or more");
    require(step >= 0 && step <= s.steps, "step", number(step), fmt::format("0 to steps = {}", s.steps));
    require(s.sparsity >= 0 && s.sparsity < 1, "sparsity", s.sparsity, "0 <= sparsity < 1");
    if (!schedule.is_during) return;
    require(s.initial_sparsity >= 0 && s.initial_sparsity <= s.sparsity, "initial_sparsity",
            s.initial_sparsity, fmt::format("0 to sparsity = {}", s.sparsity));
    require(s.begin >= 0 && s.begin < s.end, "begin", number(s.begin),
            fmt::format("0 to below end = {}", s.end));
    require(s.end <= s.steps, "end", number(s.end), fmt::format("at most steps = {}", s.steps));
    require(s.every >= 1, "every", number(s.every), "1 or more");
    require(s.drop_fraction > 0 && s.drop_fraction < 1, "drop_fraction", s.drop_fraction,
            "0 < drop_fraction < 1");
    if (schedule.decay.empty()) return;
    require(
        s.every < s.end - s.begin, "every", number(s.every),
        fmt::format("less than the {} steps from begin to end, or no weight ever moves", s.end - s.begin));
}

}  // namespace

Action move_at(const ScheduleSettings& settings, std::int64_t step, std::string_view growth) {
    if (step == settings.begin) return {.kind = Action::Kind::cut, .sparsity = settings.sparsity};
    const std::int64_t passed = step - settings.begin;
    if (passed < 0 || step >= settings.end || passed % settings.every != 0) return {};
    const double progress = static_cast<double>(passed) / static_cast<double>(settings.end - settings.begin);
    return {.kind = Action::Kind::regrow,
            .drop_fraction = settings.drop_fraction * decays().get(settings.decay).factor(progress),
            .growth = growth};
}

Action cut_at_start(const ScheduleSettings& settings, std::int64_t step) {
    if (step != 0) return {};
    return {.kind = Action::Kind::cut, .sparsity = settings.sparsity};
}

Action cut_by_cubic(const ScheduleSettings& settings, std::int64_t step) {
    const std::int64_t passed = step - settings.begin;
    if (passed < 0 || step > settings.end) return {};
    if (passed % settings.every != 0 && step != settings.end) return {};
    const double ahead =
        static_cast<double>(settings.end - step) / static_cast<double>(settings.end - settings.begin);
    const double sparsity =
        settings.sparsity + (settings.initial_sparsity - settings.sparsity) * ahead * ahead * ahead;
    if (sparsity <= 0) return {};
    return {.kind = Action::Kind::cut, .sparsity = sparsity};
}

Action action_at(const ScheduleSettings& settings, std::int64_t step) {
    const Schedule& schedule = schedules().get(settings.schedule);
    ScheduleSettings filled = settings;
    if (filled.end == 0)
        filled.end = static_cast<std::int64_t>(schedule.default_end * static_cast<double>(filled.steps));
    if (filled.decay.empty()) filled.decay = schedule.decay;
    check(schedule, filled, step);
    return schedule.at(filled, step);
}

}  // namespace espalier::prune
