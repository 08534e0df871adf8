#include "prune/apply/fan_in.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "prune/request/budget.h"

namespace espalier::prune {
namespace {

constexpr double kLeastSalient = 0.3;  // the paper's gamma for convolutional networks

using Places = std::vector<std::int64_t>;

/// The first `count` of `places` are then those with the greatest scores; ties go to the earlier place.
void rank(Places& places, std::span<const float> scores, std::int64_t count) {
    const auto middle = places.begin() + std::min(count, std::ssize(places));
    std::ranges::partial_sort(places, middle, [&](std::int64_t a, std::int64_t b) {
        const float x = scores[static_cast<std::size_t>(a)];
        const float y = scores[static_cast<std::size_t>(b)];
        return x != y ? x > y : a < b;
    });
}

class Move {
  public:
    explicit Move(const FanInMove& move) : move_(move), stays_(move.current.shape(), false) {}

    Mask run() {
        const std::int64_t left = move_.current.kept();
        const std::int64_t moved = floor_share(move_.fraction, left);
        std::vector<std::int64_t> salient = mark_staying(left - moved);
        add_growing(salient, moved);
        const std::vector<bool> alive = outputs_left(salient, left);
        const std::int64_t outputs = std::ranges::count(alive, true);
        return outputs == 0 ? move_.current : fill(alive, left / outputs);
    }

  private:
    std::int64_t output_of(std::int64_t at) const {
        const Layout& layout = move_.layout;
        const std::int64_t row = at / layout.cols;
        if (layout.output_axis == 0) return row;
        const std::int64_t second = at % layout.cols / layout.kernel;
        return row / layout.rows_each() * layout.second() + second;
    }

    Places places(bool kept) const {
        Places found;
        for (std::int64_t i = 0; i < move_.current.count(); ++i) {
            if (move_.current[i] == kept) found.push_back(i);
        }
        return found;
    }

    /// Step 1. Returns how many of each output stay.
    std::vector<std::int64_t> mark_staying(std::int64_t count) {
        Places left = places(true);
        rank(left, move_.drop, count);
        left.resize(static_cast<std::size_t>(count));
        std::vector<std::int64_t> salient(static_cast<std::size_t>(move_.layout.all_outputs()));
        for (const std::int64_t at : left) {
            stays_.set(at, true);
            ++salient[static_cast<std::size_t>(output_of(at))];
        }
        return salient;
    }

    void add_growing(std::vector<std::int64_t>& salient, std::int64_t count) const {
        Places gone = places(false);
        rank(gone, move_.growth, count);
        gone.resize(static_cast<std::size_t>(std::min(count, std::ssize(gone))));
        for (const std::int64_t at : gone) ++salient[static_cast<std::size_t>(output_of(at))];
    }

    /// Step 2. What has gone stays gone, but for the first move, which finds outputs empty by chance and
    /// fills them where there is a weight for each.
    std::vector<bool> outputs_left(const std::vector<std::int64_t>& salient, std::int64_t left) const {
        std::vector<bool> alive(salient.size(), true);
        if (move_.fraction == 0 && left >= std::ssize(salient)) return alive;
        std::vector<bool> had(salient.size());
        for (const std::int64_t at : places(true)) had[static_cast<std::size_t>(output_of(at))] = true;
        if (move_.fraction == 0) return had;
        const auto outputs = static_cast<double>(std::ranges::count(had, true));
        const double least = std::max(1.0, kLeastSalient * static_cast<double>(left) / outputs);
        for (std::size_t o = 0; o < salient.size(); ++o)
            alive[o] = had[o] && (move_.whole || static_cast<double>(salient[o]) >= least);
        return alive;
    }

    /// Step 3.
    Mask fill(const std::vector<bool>& alive, std::int64_t fan_in) const {
        std::vector<Places> of_output(alive.size());
        for (std::int64_t i = 0; i < move_.current.count(); ++i)
            of_output[static_cast<std::size_t>(output_of(i))].push_back(i);
        Mask mask(move_.current.shape(), false);
        for (std::size_t o = 0; o < alive.size(); ++o) {
            if (!alive[o]) continue;
            Places& all = of_output[o];
            const auto grown =
                std::stable_partition(all.begin(), all.end(), [&](auto at) { return stays_[at]; });
            Places staying(all.begin(), grown);
            Places others(grown, all.end());
            rank(staying, move_.drop, fan_in);
            staying.resize(static_cast<std::size_t>(std::min(fan_in, std::ssize(staying))));
            rank(others, move_.growth, fan_in - std::ssize(staying));
            others.resize(
                static_cast<std::size_t>(std::min(fan_in - std::ssize(staying), std::ssize(others))));
            for (const std::int64_t at : staying) mask.set(at, true);
            for (const std::int64_t at : others) mask.set(at, true);
        }
        return mask;
    }

    const FanInMove& move_;
    Mask stays_;
};

}  // namespace

Mask with_equal_fan_in(const FanInMove& move) { return Move(move).run(); }

}  // namespace espalier::prune
