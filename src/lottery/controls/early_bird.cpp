// Early-bird tickets (You et al. 2020, "Drawing Early-Bird Tickets"): after every epoch of the dense training
// the mask that a cut would give now is compared with those of the last five; once all are closer than a
// threshold the network is cut by it and trains on. The distance of two masks is the share of weights on
// which they differ.
#include <fmt/format.h>

#include <deque>
#include <memory>

#include "lottery/control.h"

namespace espalier::lottery::controls_::early_bird_ {
namespace {

constexpr std::size_t kWindow = 5;
constexpr double kThreshold = 0.1;

bool settled(const std::deque<prune::MaskSet>& last, const prune::MaskSet& now) {
    if (last.size() < kWindow) return false;
    for (const prune::MaskSet& one : last) {
        const auto distance = static_cast<double>(prune::hamming_distance(one, now));
        if (distance >= kThreshold * static_cast<double>(now.count())) return false;
    }
    return true;
}

Start start(Ticket& ticket) { return {.weights = ticket.initial(), .masks = ticket.all_kept()}; }

Reprune reprune(Ticket& ticket) {
    struct Memory {
        std::deque<prune::MaskSet> last;
        bool drawn = false;
    };
    return [&ticket, memory = std::make_shared<Memory>()](
               std::int64_t step,
               const std::function<train::TrainingState()>& look) -> std::optional<prune::MaskSet> {
        if (memory->drawn || step == 0 || step % ticket.steps_per_epoch() != 0) return {};
        prune::MaskSet now = ticket.cut(look().weights);
        const bool is_last = step + ticket.steps_per_epoch() > ticket.last_step();
        if (settled(memory->last, now) || is_last) {
            memory->drawn = true;
            ticket.note(
                fmt::format("early-bird at level {}: {} after epoch {}", ticket.level(),
                            settled(memory->last, now) ? "the mask settled" : "the mask did not settle, cut",
                            step / ticket.steps_per_epoch()));
            return now;
        }
        memory->last.push_back(std::move(now));
        if (memory->last.size() > kWindow) memory->last.pop_front();
        return {};
    };
}

}  // namespace

extern const Control early_bird{.name = "early-bird",
                                .summary = "cut as soon as the mask has settled in the dense training",
                                .label = "Early bird",
                                .position = 17,
                                .steps = whole_training,
                                .start = start,
                                .reprune = reprune,
                                .remembers = true,
                                .cuts = Control::Cuts::in_training,
                                .least_epochs = kWindow + 1};

}  // namespace espalier::lottery::controls_::early_bird_
