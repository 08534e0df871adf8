#include "trees/choose/weakest_links.h"

#include <queue>

namespace espalier::trees {
namespace {

/// The nodes of a tree stand side by side, the root first.
class Links {
  public:
    Links(const Grown& grown, std::size_t tree) : grown_(grown), first_(grown.ensemble.roots[tree]) {
        const auto& roots = grown.ensemble.roots;
        end_ = tree + 1 < roots.size() ? roots[tree + 1] : static_cast<std::int32_t>(grown.nodes.size());
        below_.resize(at(end_ - first_));
        for (std::int32_t n = end_; n-- > first_;) sum_up(n);
        for (std::int32_t n = first_; n < end_; ++n) offer(n);
    }

    std::vector<Link> follow() {
        std::vector<Link> links;
        while (!open_.empty()) {
            const Offer weakest = open_.top();
            open_.pop();
            Below& below = of(weakest.node);
            if (below.gone || below.is_leaf || weakest.version != below.version) continue;
            cut(weakest.node);
            links.push_back({weakest.alpha, weakest.node, of(first_).leaves, of(first_).risk});
        }
        return links;
    }

  private:
    struct Below {
        std::int64_t leaves = 1;
        double risk = 0;  // of the leaves below
        std::int32_t version = 0;
        bool is_leaf = true;
        bool gone = false;  // below a node that was cut
    };
    struct Offer {
        double alpha;
        std::int32_t node;
        std::int32_t version;
        bool operator<(const Offer& other) const {  // the largest is taken first
            return alpha != other.alpha ? alpha > other.alpha : node > other.node;
        }
    };

    Below& of(std::int32_t node) { return below_[at(node - first_)]; }

    void sum_up(std::int32_t n) {
        const TreeNode& node = grown_.ensemble.nodes[at(n)];
        Below& below = of(n);
        below.is_leaf = node.is_leaf();
        below.leaves = node.is_leaf() ? 1 : of(node.yes).leaves + of(node.no).leaves;
        below.risk = node.is_leaf() ? grown_.risk(at(n)) : of(node.yes).risk + of(node.no).risk;
    }

    void offer(std::int32_t n) {
        const Below& below = of(n);
        if (below.is_leaf) return;
        const double gain = grown_.risk(at(n)) - below.risk;
        open_.push({gain / static_cast<double>(below.leaves - 1), n, below.version});
    }

    void cut(std::int32_t n) {
        std::vector<std::int32_t> open = {n};
        while (!open.empty()) {
            const TreeNode& node = grown_.ensemble.nodes[at(open.back())];
            open.pop_back();
            if (node.is_leaf()) continue;
            for (const std::int32_t child : {node.yes, node.no}) {
                if (of(child).gone) continue;
                of(child).gone = true;
                open.push_back(child);
            }
        }
        Below& here = of(n);
        here.is_leaf = true;
        here.leaves = 1;
        here.risk = grown_.risk(at(n));
        for (std::int32_t up = grown_.nodes[at(n)].parent; up >= 0; up = grown_.nodes[at(up)].parent) {
            const TreeNode& node = grown_.ensemble.nodes[at(up)];
            of(up).leaves = of(node.yes).leaves + of(node.no).leaves;
            of(up).risk = of(node.yes).risk + of(node.no).risk;
            ++of(up).version;
            offer(up);
        }
    }

    const Grown& grown_;
    std::int32_t first_;
    std::int32_t end_;
    std::vector<Below> below_;
    std::priority_queue<Offer> open_;
};

}  // namespace

std::vector<Link> weakest_links(const Grown& grown, std::size_t tree) { return Links(grown, tree).follow(); }

std::vector<std::vector<Link>> weakest_links(const Grown& grown) {
    std::vector<std::vector<Link>> all;
    for (std::size_t tree = 0; tree < grown.ensemble.roots.size(); ++tree)
        all.push_back(weakest_links(grown, tree));
    return all;
}

}  // namespace espalier::trees
