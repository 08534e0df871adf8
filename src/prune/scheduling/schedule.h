// When: a schedule says at which steps of training something is cut or moved, and how much.
#pragma once

#include <span>
#include <string_view>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/prune.h"
#include "prune/request/signals_mode.h"

namespace espalier::prune {

struct Schedule {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    std::string_view source;
    /// Works at some steps between `begin` and `end`, not only at one.
    bool is_during = false;
    /// Share of the steps that `end` = 0 stands for.
    double default_end = 0.75;
    /// Decay of the drop fraction if the settings name none; "" where nothing is dropped.
    std::string_view decay = "";
    /// The criterion that chooses what grows; "" where nothing does.
    std::string_view growth = "";
    /// The criterion that chooses what is dropped.
    std::string_view drop = "magnitude";
    /// What is trained in the place of the weights (prune/scheduling/latent.h); "": the weights themselves.
    std::string_view latent = "";
    /// Of the signals that growth, or dropping, takes.
    SignalsMode signals_mode = SignalsMode::unset;
    /// What is cut is trained again afterwards, as `retrain` of a recipe says.
    bool retrains = false;
    int revision = 1;  // as a criterion's
    std::span<const ReadKey> reads = {};
    /// `settings` are checked, and `end` and `decay` filled in.
    Action (*at)(const ScheduleSettings& settings, std::int64_t step) = nullptr;
};

/// The files of prune/schedules.
const Table<Schedule>& schedules();

/// What the drop fraction becomes as training goes on.
struct Decay {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// `progress` runs from 0 at begin to 1 at end.
    double (*factor)(double progress) = nullptr;
};

/// The files of prune/decays.
const Table<Decay>& decays();

/// For the entries that move weights: the first cut at `begin`, then a move every `every` steps before `end`.
Action move_at(const ScheduleSettings& settings, std::int64_t step, std::string_view growth);
/// What such an entry reads where it scores what moves by signals.
inline constexpr ReadKey kReadByMoves[] = {{.key = "prune.begin"}, {.key = "prune.end"},
                                           {.key = "prune.every"}, {.key = "prune.drop_fraction"},
                                           {.key = "prune.decay"}, {.key = "prune.signal_batches"}};
/// For those that train latents: how many of each weight take part is said once, before the first step.
Action cut_at_start(const ScheduleSettings& settings, std::int64_t step);
/// For those that cut more and more: along a cubic curve from begin to end (prune/schedules/agp.cpp).
Action cut_by_cubic(const ScheduleSettings& settings, std::int64_t step);

}  // namespace espalier::prune
