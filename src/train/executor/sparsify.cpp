// Which layers train sparse, by a rule from measurements and not by a stopwatch, so that bytes repeat.
#include <algorithm>

#include "train/executor/executor.h"
#include "train/executor/lanes_conv.h"
#include "train/sparse/sparse_conv.h"
#include "train/sparse/sparse_linear.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kLeastSparse = 4096;  // weights; a smaller layer is done before its input is in panels

// Of train.sparse_below, up to which a 3x3 convolution goes sparse: dense it goes by Winograd's algorithm,
// with less than half of the products. Uniform masks, all layers of a step at 0.40, 0.33 and 0.26 of the
// weights over dense: ResNet-20 1.06, 1.20, 1.20 times as fast, VGG-16 0.93, 1.06, 1.24, Conv-2
// 0.91, 1.05, 1.06.
constexpr double kAgainstWinograd = 0.85;

/// x [n, in] times w' [out, in] plus b, and nothing else.
bool is_fully_connected(const Node& node, const std::vector<int>& inputs, int weight) {
    return node.op == "Gemm" && inputs[1] == weight && node.attribute_int("transA", 0) == 0 &&
           node.attribute_int("transB", 0) == 1 && node.attribute_float("alpha", 1) == 1 &&
           node.attribute_float("beta", 1) == 1;
}

double share_of(const prune::Mask& mask) {
    return static_cast<double>(mask.kept()) / static_cast<double>(mask.count());
}

}  // namespace

const Executor::Step* Executor::only_reader(const std::string& weight) const {
    const auto slot = slots_.find(weight);
    if (slot == slots_.end()) return nullptr;
    const Step* found = nullptr;
    for (const Step& step : steps_) {
        if (std::ranges::count(step.inputs, slot->second) == 0) continue;
        if (found != nullptr) return nullptr;
        found = &step;
    }
    return found;
}

bool Executor::convolves(const Step& step, const std::string& weight) const {
    return step.inputs.size() > 1 && step.inputs[1] == slots_.at(weight) &&
           SparseConv::can_pay(step.node, parameters_.at(weight).sizes().vec());
}

/// The layer that computes a step with what `mask` keeps of its weight; null where dense is as fast.
std::unique_ptr<SparseLayer> Executor::sparse_layer(const Step& step, const std::string& weight,
                                                    const prune::Mask& mask, double density) const {
    const double share = share_of(mask);
    const bool multiplies = is_fully_connected(step.node, step.inputs, slots_.at(weight));
    if (multiplies && mask.count() >= kLeastSparse && share <= density)
        return std::make_unique<SparseWeight>(mask);
    if (!convolves(step, weight)) return nullptr;
    const double bar = may_go_by_winograd(step.node, mask.shape()) ? kAgainstWinograd * density : density;
    if (share <= bar) return std::make_unique<SparseConv>(mask, step.node);
    return nullptr;
}

prune::MaskSet Executor::sparsify(const prune::MaskSet& masks, double density) {
    prune::MaskSet others;
    for (const auto& [name, mask] : masks) {
        const Step* reader = only_reader(name);
        Step* step = reader == nullptr ? nullptr : &steps_[static_cast<std::size_t>(reader - steps_.data())];
        const bool fits = step != nullptr && step->narrow.empty() && mask.kept() > 0;
        auto layer = fits ? sparse_layer(*step, name, mask, density) : nullptr;
        if (layer == nullptr) {
            others.insert(name, mask);
            continue;
        }
        step->sparse = sparse_.emplace(name, std::move(layer)).first->second.get();
        at::Tensor& value = parameters_.at(name);
        value = step->sparse->compress(value.detach()).set_requires_grad(true);
        constants_[static_cast<std::size_t>(slots_.at(name))] = value;
    }
    return others;
}

}  // namespace espalier::train
