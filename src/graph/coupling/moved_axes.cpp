#include "graph/coupling/moved_axes.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier {
namespace {

/// Index along `axis` of the element at `position`.
class IndexAlong {
  public:
    IndexAlong(const Shape& shape, std::size_t axis)
        : step_(row_major_strides(shape)[axis]), size_(shape[axis]) {}
    std::int64_t operator()(std::int64_t position) const { return position / step_ % size_; }

  private:
    std::int64_t step_, size_;
};

constexpr std::int64_t kFewestHeads = 4;

/// How many parts are left apart if those that meet in one index go together.
std::int64_t parts_apart(const std::vector<std::vector<std::int64_t>>& holds, std::int64_t size) {
    std::vector<std::int64_t> root(static_cast<std::size_t>(size));
    std::iota(root.begin(), root.end(), std::int64_t{0});
    const auto find = [&](std::int64_t i) {
        while (root[static_cast<std::size_t>(i)] != i) i = root[static_cast<std::size_t>(i)];
        return i;
    };
    for (const auto& together : holds) {
        for (const std::int64_t i : together)
            root[static_cast<std::size_t>(find(i))] = find(together.front());
    }
    std::set<std::int64_t> roots;
    for (const auto& together : holds) {
        for (const std::int64_t i : together) roots.insert(find(i));
    }
    return std::ssize(roots);
}

}  // namespace

std::vector<Movement> movements_of(const Node& node, const std::vector<std::optional<Shape>>& inputs,
                                   const std::vector<const Tensor*>& constants, std::size_t moved) {
    std::vector<Tensor> positions(inputs.size());
    std::vector<const Tensor*> operands(inputs.size(), nullptr);
    std::vector<std::int64_t> starts(inputs.size() + 1,
                                     1);  // 0 is what Pad fills in where it is told nothing
    const Tensor none = Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{-1});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        starts[i + 1] = starts[i];
        if (!inputs[i]) continue;
        if (i >= moved) {
            // What is filled in, as by Pad, is none of the inputs' elements.
            const bool fills = constants[i] != nullptr &&
                               (constants[i]->dtype() == DType::f32 || constants[i]->dtype() == DType::f64);
            operands[i] = fills ? &none : constants[i];
            if (operands[i] == nullptr) return {};
            continue;
        }
        positions[i] = Tensor(DType::i64, *inputs[i]);
        std::iota(positions[i].as<std::int64_t>().begin(), positions[i].as<std::int64_t>().end(), starts[i]);
        starts[i + 1] += positions[i].count();
        operands[i] = &positions[i];
    }
    const std::vector<Tensor> results = evaluate(node, operands);
    std::vector<Movement> all;
    for (std::size_t o = 0; o < results.size(); ++o) {
        if (node.outputs[o].empty()) continue;
        const auto elements = results[o].as<std::int64_t>();
        for (std::size_t i = 0; i < std::min(moved, inputs.size()); ++i) {
            if (!inputs[i]) continue;
            Movement& movement = all.emplace_back();
            movement = {.input = i, .output = o, .from = *inputs[i], .to = results[o].shape(), .sources = {}};
            for (const std::int64_t element : elements) {
                const bool is_mine = element >= starts[i] && element < starts[i + 1];
                movement.sources.push_back(is_mine ? element - starts[i] : -1);
            }
        }
    }
    return all;
}

std::optional<MovedAxis> follow(const Movement& movement, const OperandAxis& axis) {
    const bool forward = !axis.is_output;
    const Shape& here = forward ? movement.from : movement.to;
    const Shape& there = forward ? movement.to : movement.from;
    const IndexAlong index_here(here, axis.axis);
    std::optional<MovedAxis> best;
    std::int64_t most = 0;
    for (std::size_t other = 0; other < there.size(); ++other) {
        const IndexAlong index_there(there, other);
        std::vector<std::set<std::int64_t>> holds(static_cast<std::size_t>(there[other]));
        std::vector<std::int64_t> last(holds.size(), -1);  // neighbours mostly say the same
        for (std::size_t at = 0; at < movement.sources.size(); ++at) {
            if (movement.sources[at] < 0) continue;
            const auto position = static_cast<std::int64_t>(at);
            const std::int64_t mine = index_here(forward ? movement.sources[at] : position);
            const std::int64_t its = index_there(forward ? position : movement.sources[at]);
            if (std::exchange(last[static_cast<std::size_t>(its)], mine) != mine)
                holds[static_cast<std::size_t>(its)].insert(mine);
        }
        MovedAxis found{.axis = {forward, forward ? movement.output : movement.input, other}, .holds = {}};
        for (const auto& each : holds) found.holds.emplace_back(each.begin(), each.end());
        const std::int64_t apart = parts_apart(found.holds, here[axis.axis]);
        if (apart <= most || apart < 2) continue;
        most = apart;
        best = std::move(found);
        // Features that are divided are heads and what a head holds: heads are what goes. Two or three parts
        // are queries, keys and values. Channels that are divided are shuffled: most of them apart.
        if (forward && axis.axis + 1 == here.size() && apart >= kFewestHeads) break;
    }
    return best;
}

}  // namespace espalier
