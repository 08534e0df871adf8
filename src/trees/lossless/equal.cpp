// Subtrees are told apart by numbers: equal leaves have the same number, and so have equal tests of subtrees
// with equal numbers (hash consing).
#include <bit>
#include <map>
#include <tuple>

#include "trees/grown/grown.h"
#include "trees/lossless/lossless.h"
#include "trees/lossless/rebuild.h"

namespace espalier::trees {
namespace {

/// Floats by their bits: 0 and -0 differ.
using LeafKey = std::vector<std::pair<std::int32_t, std::uint64_t>>;
using TestKey = std::tuple<Branch, bool, std::int32_t, std::uint64_t, std::int32_t, std::int32_t>;

class Numbers {
  public:
    std::int32_t of_leaf(const Ensemble& ensemble, const TreeNode& leaf) {
        LeafKey key;
        for (std::int32_t w = leaf.yes; w < leaf.no; ++w) {
            const LeafWeight& weight = ensemble.weights[static_cast<std::size_t>(w)];
            key.emplace_back(weight.output, std::bit_cast<std::uint64_t>(weight.value));
        }
        return leaves_.emplace(std::move(key), next()).first->second;
    }
    std::int32_t of_test(const TreeNode& node, std::int32_t yes, std::int32_t no) {
        const TestKey key{node.branch,  node.missing_yes,
                          node.feature, std::bit_cast<std::uint64_t>(node.threshold),
                          yes,          no};
        return tests_.emplace(key, next()).first->second;
    }

  private:
    std::int32_t next() const { return static_cast<std::int32_t>(leaves_.size() + tests_.size()); }
    std::map<LeafKey, std::int32_t> leaves_;
    std::map<TestKey, std::int32_t> tests_;
};

/// The number of every node's subtree. Children stand behind their parents.
std::vector<std::int32_t> numbers_of(const Ensemble& ensemble) {
    Numbers numbers;
    std::vector<std::int32_t> number(ensemble.nodes.size());
    for (std::size_t i = ensemble.nodes.size(); i-- > 0;) {
        const TreeNode& node = ensemble.nodes[i];
        number[i] = node.is_leaf() ? numbers.of_leaf(ensemble, node)
                                   : numbers.of_test(node, number[static_cast<std::size_t>(node.yes)],
                                                     number[static_cast<std::size_t>(node.no)]);
    }
    return number;
}

}  // namespace

std::int64_t merge_equal(Ensemble& ensemble) {
    ensemble = without_sharing(ensemble);
    Numbers numbers;
    std::vector<std::int32_t> number(ensemble.nodes.size());
    std::vector<std::int32_t> stands(ensemble.nodes.size());  // what is in the node's place
    std::int64_t merged = 0;
    for (std::size_t i = ensemble.nodes.size(); i-- > 0;) {
        TreeNode& node = ensemble.nodes[i];
        stands[i] = static_cast<std::int32_t>(i);
        if (node.is_leaf()) {
            number[i] = numbers.of_leaf(ensemble, node);
            continue;
        }
        node.yes = stands[static_cast<std::size_t>(node.yes)];
        node.no = stands[static_cast<std::size_t>(node.no)];
        const std::int32_t yes = number[static_cast<std::size_t>(node.yes)];
        const std::int32_t no = number[static_cast<std::size_t>(node.no)];
        number[i] = yes == no ? yes : numbers.of_test(node, yes, no);
        if (yes != no) continue;
        stands[i] = node.yes;
        ++merged;
    }
    for (std::int32_t& root : ensemble.roots) root = stands[static_cast<std::size_t>(root)];
    ensemble = without_sharing(ensemble);
    return merged;
}

std::int64_t share_equal(Ensemble& ensemble) {
    ensemble = without_sharing(ensemble);
    const std::vector<std::int32_t> number = numbers_of(ensemble);
    Ensemble made = emptied(ensemble);
    struct Open {
        std::int32_t from;
        std::int32_t parent;
        bool yes;
    };
    for (const std::int32_t root : ensemble.roots) {
        std::map<std::int32_t, std::int32_t> placed;  // by the number of the subtree
        made.roots.push_back(static_cast<std::int32_t>(made.nodes.size()));
        std::vector<Open> open = {{root, -1, false}};
        while (!open.empty()) {
            const Open next = open.back();
            open.pop_back();
            const auto from = static_cast<std::size_t>(next.from);
            const auto known = placed.find(number[from]);
            const bool shares = next.yes && known != placed.end();
            auto place = static_cast<std::int32_t>(made.nodes.size());
            if (shares) place = known->second;
            if (next.parent >= 0) {
                TreeNode& parent = made.nodes[static_cast<std::size_t>(next.parent)];
                (next.yes ? parent.yes : parent.no) = place;
            }
            if (shares) continue;
            placed.emplace(number[from], place);
            const TreeNode& node = ensemble.nodes[from];
            if (node.is_leaf()) {
                copy_leaf(ensemble, node, made);
                continue;
            }
            made.nodes.push_back(node);
            open.push_back({node.yes, place, true});  // after all of the other side, as ONNX Runtime does
            open.push_back({node.no, place, false});
        }
    }
    const auto shared = static_cast<std::int64_t>(ensemble.nodes.size() - made.nodes.size());
    ensemble = std::move(made);
    return shared;
}

LosslessResult simplify(Ensemble& ensemble) {
    LosslessResult result;
    result.decided = remove_decided(ensemble);
    result.equal = merge_equal(ensemble);
    result.shared = share_equal(ensemble);
    return result;
}

}  // namespace espalier::trees
