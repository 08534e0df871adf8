// Dynamic sparse training, one move. In each layer: kept = top (n - k) of what is left by `drop`; grown = top
// k of everything else by `growth`, k = floor(f n). What was just dropped may grow again, as in the papers'
// own programs. SET takes its share of the positive and of the negative weights. Mocanu et al. 2018 (SET),
// Evci et al. 2020 (RigL). With a constant fan-in: prune/apply/fan_in.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/apply/fan_in.h"
#include "prune/apply/write_mask.h"
#include "prune/ranking/select_threshold.h"
#include "prune/request/budget.h"
#include "prune/request/request.h"
#include "prune/request/signal.h"

namespace espalier::prune {
namespace {

/// Of the weights in `among`, the `count` with the highest scores.
Mask best_of(const Candidate& candidate, const Criterion& criterion, const Mask& among, std::int64_t count,
             const RegrowRequest& request) {
    // Another stream than that of plan(): a random mask must not grow back by the numbers that made it.
    const Scored scored{candidate, layout_of(candidate), hash_u64("regrow", request.seed), &among};
    const UnitScores scores(scored, criterion, unit_norms().get("l1"), {1, 1}, request.threads);
    const RankedTensor tensor{&scores};
    const auto gone = static_cast<double>(scores.units_left() - count);
    const Cut cut = find_cut({&tensor, 1}, Measure::units, gone, request.threads);
    Mask best = among;
    const Decided decided{&scores, &cut, 0, &best};
    write_masks({&decided, 1}, request.threads);
    return best;
}

/// What stays of `among` once the share is dropped.
Mask drop_share(const Candidate& candidate, const Criterion& drop, const Mask& among,
                const RegrowRequest& request) {
    const std::int64_t kept = among.kept();
    return best_of(candidate, drop, among, kept - floor_share(request.drop_fraction, kept), request);
}

/// The smallest positive weights go, and the largest negative ones.
Mask drop_by_sign(const Candidate& candidate, const Criterion& drop, const Mask& current,
                  const RegrowRequest& request) {
    Mask negative(current.shape(), false);
    for (std::int64_t i = 0; i < current.count(); ++i)
        negative.set(i, current[i] && candidate.weight[static_cast<std::size_t>(i)] < 0);
    return drop_share(candidate, drop, current - negative, request) |
           drop_share(candidate, drop, negative, request);
}

/// Of every weight, in the order of memory.
std::vector<float> scores_of(const Candidate& candidate, const Criterion& criterion,
                             const RegrowRequest& request) {
    const Scored scored{candidate, layout_of(candidate), hash_u64("regrow", request.seed), nullptr};
    const UnitScores scores(scored, criterion, unit_norms().get("l1"), {1, 1}, request.threads);
    std::vector<float> all(candidate.weight.size());
    for (std::int64_t first = 0; first < std::ssize(all); first += scores.chunk()) {
        const auto count = std::min(scores.chunk(), std::ssize(all) - first);
        scores.score(
            first, std::span(all).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    }
    return all;
}

Mask move_evenly(const Candidate& candidate, const Criterion& drop, const Criterion& growth,
                 const Mask& current, const RegrowRequest& request) {
    const std::vector<float> dropped = scores_of(candidate, drop, request);
    const std::vector<float> grown = scores_of(candidate, growth, request);
    return with_equal_fan_in({.layout = layout_of(candidate),
                              .current = current,
                              .drop = dropped,
                              .growth = grown,
                              .fraction = request.drop_fraction,
                              .whole = std::ranges::count(request.all_outputs, candidate.name) > 0});
}

}  // namespace

MaskSet regrow(const RegrowRequest& request) {
    const Criterion& drop = criteria().get(request.drop);
    const Criterion& growth = criteria().get(request.growth);
    if (request.current == nullptr) throw InvalidArgument("regrow needs the current masks, got none");
    if (!(request.drop_fraction >= 0 && request.drop_fraction < 1)) {
        throw InvalidArgument(fmt::format(
            "drop_fraction = {} is out of range, expected 0 <= drop_fraction < 1", request.drop_fraction));
    }
    check_weights(request.weights, request.current);
    MaskSet masks = *request.current;
    for (const Candidate& candidate : request.weights) {
        const Mask& current = request.current->at(candidate.name);
        const Layout layout = layout_of(candidate);
        check_signals(drop, candidate, layout);
        check_signals(growth, candidate, layout);
        if (request.fan_in) {
            masks.insert(candidate.name, move_evenly(candidate, drop, growth, current, request));
            continue;
        }
        const std::int64_t kept = current.kept();
        const Mask stays = request.by_sign ? drop_by_sign(candidate, drop, current, request)
                                           : drop_share(candidate, drop, current, request);
        const std::int64_t moved = kept - stays.kept();
        const Mask others = Mask(current.shape()) - stays;
        masks.insert(candidate.name, stays | best_of(candidate, growth, others, moved, request));
    }
    return masks;
}

}  // namespace espalier::prune
