// A test is decided where every value that comes to it goes the same way. What comes is an interval of each
// feature, that the tests above leave, and whether NaN is among it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "trees/grown/grown.h"
#include "trees/lossless/lossless.h"

namespace espalier::trees {
namespace {

struct Interval {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_in = true;  // low itself is among it
    bool high_in = true;
    bool nan = true;
    bool numbers = true;  // anything but NaN

    void at_most(double value, bool in) {
        if (value > high || (value == high && !high_in)) return;
        high_in = value == high ? high_in && in : in;
        high = value;
        check();
    }
    void at_least(double value, bool in) {
        if (value < low || (value == low && !low_in)) return;
        low_in = value == low ? low_in && in : in;
        low = value;
        check();
    }
    void check() { numbers = numbers && (low < high || (low == high && low_in && high_in)); }
    bool empty() const { return !numbers && !nan; }
};

/// What of the interval goes to one side. Sides of == and != that are no interval are left too large.
Interval side_of(Interval interval, const TreeNode& node, bool yes) {
    interval.nan = interval.nan && (node.missing_yes || node.branch == Branch::not_equal) == yes;
    const double value = node.threshold;
    switch (node.branch) {
        case Branch::less_equal:
            yes ? interval.at_most(value, true) : interval.at_least(value, false);
            break;
        case Branch::less:
            yes ? interval.at_most(value, false) : interval.at_least(value, true);
            break;
        case Branch::greater_equal:
            yes ? interval.at_least(value, true) : interval.at_most(value, false);
            break;
        case Branch::greater:
            yes ? interval.at_least(value, false) : interval.at_most(value, true);
            break;
        case Branch::equal:
        case Branch::not_equal:
            if ((node.branch == Branch::equal) == yes) {
                interval.at_most(value, true);
                interval.at_least(value, true);
            } else if (interval.low == interval.high && interval.low == value) {
                interval.numbers = false;
            }
            break;
        case Branch::member:
        case Branch::leaf:
            break;
    }
    return interval;
}

class Walker {
  public:
    explicit Walker(Ensemble& ensemble) : ensemble_(ensemble) {}

    /// Goes down with the intervals of the way; returns what stands in place of the node.
    std::int32_t visit(std::int32_t index) {
        const TreeNode node = ensemble_.nodes[static_cast<std::size_t>(index)];
        if (node.is_leaf()) return index;
        const auto known = intervals_.find(node.feature);
        const Interval before = known == intervals_.end() ? Interval{} : known->second;
        const Interval yes = side_of(before, node, true);
        const Interval no = side_of(before, node, false);
        if (yes.empty() != no.empty()) {
            ++decided;
            return visit(yes.empty() ? node.no : node.yes);
        }
        intervals_[node.feature] = yes;
        const std::int32_t yes_side = visit(node.yes);
        intervals_[node.feature] = no;
        const std::int32_t no_side = visit(node.no);
        intervals_[node.feature] = before;
        ensemble_.nodes[static_cast<std::size_t>(index)].yes = yes_side;
        ensemble_.nodes[static_cast<std::size_t>(index)].no = no_side;
        return index;
    }

    std::int64_t decided = 0;

  private:
    Ensemble& ensemble_;
    std::unordered_map<std::int32_t, Interval> intervals_;
};

/// More would need more of the stack than there may be; no tree of use is as deep.
constexpr std::int32_t kMostDepth = 10000;

std::int32_t depth_of(const Ensemble& ensemble) {
    std::vector<std::int32_t> depth(ensemble.nodes.size(), 0);
    std::int32_t most = 0;
    for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) {  // children stand behind their parents
        const TreeNode& node = ensemble.nodes[i];
        most = std::max(most, depth[i]);
        if (node.is_leaf()) continue;
        depth[static_cast<std::size_t>(node.yes)] = depth[i] + 1;
        depth[static_cast<std::size_t>(node.no)] = depth[i] + 1;
    }
    return most;
}

}  // namespace

std::int64_t remove_decided(Ensemble& ensemble) {
    ensemble = without_sharing(ensemble);
    if (depth_of(ensemble) > kMostDepth) return 0;
    Walker walker(ensemble);
    for (std::int32_t& root : ensemble.roots) root = walker.visit(root);
    ensemble = without_sharing(ensemble);
    return walker.decided;
}

}  // namespace espalier::trees
