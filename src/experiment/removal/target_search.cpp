#include "experiment/removal/target_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "espalier/error.h"
#include "experiment/removal/size_meter.h"

namespace espalier::experiment {
namespace {

constexpr int kMostSteps = 14;
constexpr double kMostRemoved = 0.98;  // of the units
constexpr double kNearestShares =
    0.002;  // shares of units that lie so near are of the same network, but for noise

class Search {
  public:
    Search(const Remover& remover, SizeMeter& meter, const Watch& watch)
        : remover_(remover), meter_(meter), watch_(watch) {
        sizes_[0] = 1;
    }

    Remover::Result run() {
        if (meter_.goal() >= 1)
            throw InvalidArgument(
                fmt::format("the target of {:.3g} {} is met as it is, by {:.3g}: nothing has to go",
                            meter_.goal() * meter_.whole(), meter_.unit(), meter_.whole()));
        measure(kMostRemoved);
        if (sizes_[kMostRemoved] > meter_.goal() * (1 + meter_.tolerance())) cannot_be_met();
        while (step_ < kMostSteps && !is_met_) {
            const auto share = next();
            if (!share) break;
            measure(*share);
        }
        best_->removal.goal = meter_.goal() * meter_.whole();
        best_->removal.reached = best_size_ * meter_.whole();
        if (const std::string note = meter_.note(); !note.empty()) best_->removal.notes.push_back(note);
        return std::move(*best_);
    }

  private:
    /// What is near the goal is measured again with care, as it may be near by chance.
    void measure(double share) {
        if (watch_.is_stopped()) throw Interrupted("stopped");
        if (watch_.progress)
            watch_.progress(static_cast<double>(step_) / kMostSteps, "looking for the share to remove");
        ++step_;
        Remover::Result result = remover_.without(share);
        double size = meter_.share_of(result.graph, false);
        if (is_near(size)) {
            size = meter_.share_of(result.graph, true);
            is_met_ = is_near(size);
        }
        sizes_[share] = size;
        if (best_ && !is_met_ && distance(size) >= distance(best_size_)) return;
        best_ = std::move(result);
        best_size_ = size;
    }

    double distance(double size) const { return std::abs(size - meter_.goal()); }
    bool is_near(double size) const { return distance(size) <= meter_.tolerance() * meter_.goal(); }

    /// Between the first neighbours of which one is larger than the goal and the other is not. Layers are as
    /// large as the square of their widths; nothing if there is no room between them.
    std::optional<double> next() const {
        for (auto low = sizes_.begin(), high = std::next(low); high != sizes_.end(); ++low, ++high) {
            if (!(low->second > meter_.goal() && high->second <= meter_.goal())) continue;
            const double width = high->first - low->first;
            if (width < kNearestShares) return {};
            const double top = std::sqrt(low->second);
            const double part = (top - std::sqrt(meter_.goal())) / (top - std::sqrt(high->second));
            return low->first + std::clamp(part, 0.1, 0.9) * width;
        }
        return {};
    }

    [[noreturn]] void cannot_be_met() const {
        throw InvalidArgument(fmt::format(
            "the target of {:.3g} {} cannot be met: with {:.0f} % of the units removed it is {:.3g}",
            meter_.goal() * meter_.whole(), meter_.unit(), 100 * kMostRemoved, best_size_ * meter_.whole()));
    }

    const Remover& remover_;
    SizeMeter& meter_;
    const Watch& watch_;
    std::map<double, double> sizes_;  // by the share of units that went
    std::optional<Remover::Result> best_;
    double best_size_ = 0;
    int step_ = 0;
    bool is_met_ = false;
};

}  // namespace

Remover::Result find_target(const Graph& graph, const Remover& remover, const RemovalTarget& target,
                            const Timing& timing, const Watch& watch) {
    const auto meter = size_meter(graph, target, timing);
    return Search(remover, *meter, watch).run();
}

}  // namespace espalier::experiment
