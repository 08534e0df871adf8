#include "calibrate/choose/column_groups.h"

#include <algorithm>
#include <numeric>

#include "base/threads/parallel.h"

namespace espalier::calibrate {
namespace {

struct Unit {
    double score = 0;
    std::int64_t at = 0;  // in the order of position
    std::int64_t size = 0;
};

bool goes_before(const Unit& a, const Unit& b) {
    return a.score != b.score ? a.score < b.score : a.at > b.at;
}

class Chooser {
  public:
    Chooser(LayerProblem& layer, std::int64_t left, std::int64_t right, const std::vector<float>& scores)
        : layer_(layer), left_(left), right_(right), scores_(scores) {}

    std::int64_t cut_units(std::int64_t cut) {
        const Units& tile = layer_.units;
        across_ = (right_ - left_ + tile.cols - 1) / tile.cols;
        const std::int64_t down = (layer_.outputs + tile.rows - 1) / tile.rows;
        std::vector<Unit> units;
        for (std::int64_t at = 0; at < down * across_; ++at) {
            const Unit unit = measure(at);
            if (unit.size > 0) units.push_back(unit);
        }
        // All that go are among the `cut` least, as every unit has a weight at least.
        const auto most = std::min<std::int64_t>(std::ssize(units), cut);
        std::nth_element(units.begin(), units.begin() + most, units.end(), goes_before);
        std::sort(units.begin(), units.begin() + most, goes_before);
        std::int64_t gone = 0;
        for (std::int64_t i = 0; i < most; ++i) {
            const Unit& unit = units[static_cast<std::size_t>(i)];
            if (gone + unit.size > cut) break;
            gone += unit.size;
            visit(unit.at, [&](std::size_t weight, std::size_t) { layer_.keep[weight] = 0; });
        }
        return gone;
    }

    std::int64_t cut_pattern() {
        const std::vector<std::int64_t> groups = column_groups(layer_.units, layer_.inputs);
        const std::int64_t width = right_ - left_;
        std::vector<std::int64_t> gone(static_cast<std::size_t>(layer_.outputs));
        parallel_for(layer_.outputs, layer_.threads, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t o = begin; o < end; ++o) {
                std::uint8_t* const keep = layer_.keep.data() + layer_.at(o, 0);
                const auto before = std::accumulate(keep + left_, keep + right_, std::int64_t{0});
                for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
                    if (groups[g] < left_ || groups[g] >= right_) continue;
                    choose_of_group(layer_.units.n, groups[g + 1] - groups[g],
                                    scores_.data() + o * width + groups[g] - left_, keep + groups[g]);
                }
                gone[static_cast<std::size_t>(o)] =
                    before - std::accumulate(keep + left_, keep + right_, std::int64_t{0});
            }
        });
        return std::accumulate(gone.begin(), gone.end(), std::int64_t{0});
    }

  private:
    struct Rectangle {
        std::int64_t top, bottom, left, right;
        std::int64_t size() const { return (bottom - top) * (right - left); }
    };
    /// Smaller at the edges of the layer.
    Rectangle place_of(std::int64_t unit) const {
        const Units& tile = layer_.units;
        const std::int64_t top = unit / across_ * tile.rows;
        const std::int64_t left = left_ + unit % across_ * tile.cols;
        return {.top = top,
                .bottom = std::min(top + tile.rows, layer_.outputs),
                .left = left,
                .right = std::min(left + tile.cols, right_)};
    }

    /// Calls visit(place of the weight, place of its score) for what is left of a unit.
    template <class Visit>
    void visit(std::int64_t unit, const Visit& visit) const {
        const Rectangle place = place_of(unit);
        for (std::int64_t o = place.top; o < place.bottom; ++o) {
            for (std::int64_t j = place.left; j < place.right; ++j) {
                const std::size_t weight = layer_.at(o, j);
                if (layer_.keep[weight] != 0)
                    visit(weight, static_cast<std::size_t>(o * (right_ - left_) + j - left_));
            }
        }
    }

    Unit measure(std::int64_t at) const {
        Unit unit{.at = at};
        visit(at, [&](std::size_t, std::size_t score) {
            unit.score += scores_[score];
            ++unit.size;
        });
        // As of a whole unit: half of one, at an edge, is not worth less for each of its weights.
        const std::int64_t whole = layer_.units.rows * layer_.units.cols;
        const std::int64_t size = place_of(at).size();
        if (size < whole) unit.score *= static_cast<double>(whole) / static_cast<double>(size);
        return unit;
    }

    LayerProblem& layer_;
    std::int64_t left_, right_;
    const std::vector<float>& scores_;
    std::int64_t across_ = 0;
};

}  // namespace

std::vector<std::int64_t> column_groups(const Units& units, std::int64_t inputs) {
    const std::int64_t step = units.m > 0 ? units.m : units.cols;
    const std::int64_t run = units.run > 0 ? units.run : inputs;
    std::vector<std::int64_t> starts;
    for (std::int64_t first = 0; first < inputs; first += run) {
        for (std::int64_t at = first; at < std::min(first + run, inputs); at += step) starts.push_back(at);
    }
    starts.push_back(inputs);
    return starts;
}

std::vector<std::int64_t> column_blocks(const std::vector<std::int64_t>& groups, std::int64_t least) {
    std::vector<std::int64_t> starts = {0};
    for (const std::int64_t group : groups) {
        if (group - starts.back() >= least) starts.push_back(group);
    }
    if (starts.back() != groups.back()) starts.push_back(groups.back());
    return starts;
}

std::int64_t choose(LayerProblem& layer, std::int64_t left, std::int64_t right,
                    const std::vector<float>& scores, std::int64_t cut) {
    Chooser chooser(layer, left, right, scores);
    return layer.units.m > 0 ? chooser.cut_pattern() : chooser.cut_units(cut);
}

void choose_of_group(std::int64_t n, std::int64_t size, const float* scores, std::uint8_t* keep) {
    for (std::int64_t stay = std::accumulate(keep, keep + size, std::int64_t{0}); stay > n; --stay) {
        std::int64_t least = -1;
        for (std::int64_t i = 0; i < size; ++i) {
            if (keep[i] != 0 && (least < 0 || scores[i] <= scores[least]))
                least = i;  // of ties the last goes
        }
        keep[least] = 0;
    }
}

}  // namespace espalier::calibrate
