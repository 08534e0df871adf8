// Which layers train sparse, by a rule from measurements and not by a stopwatch, so that bytes repeat.
#include <algorithm>

#include "train/executor/executor.h"
#include "train/sparse/sparse_conv.h"
#include "train/sparse/sparse_linear.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kLeastSparse = 4096;  // weights; a smaller layer is done before its input is in panels

// Images change their layout between sparse and dense convolutions. ResNet-20 under masks that global
// magnitude leaves, all convolutions sparse but those above 0.8, over only those up to 0.4: 1.06 times as
// fast where 41 % of the weights are left (0.60 of each convolution in the mean), 1.14 to 1.27 from 33 to 9
// %; where 64 % are (0.74), 0.84.
constexpr double kTogether = 1.625;   // of the share up to which one goes sparse: mean of all
constexpr double kAmongOthers = 2.0;  // up to which it does then

/// x [n, in] times w' [out, in] plus b, and nothing else.
bool is_fully_connected(const Node& node, const std::vector<int>& inputs, int weight) {
    return node.op == "Gemm" && inputs[1] == weight && node.attribute_int("transA", 0) == 0 &&
           node.attribute_int("transB", 0) == 1 && node.attribute_float("alpha", 1) == 1 &&
           node.attribute_float("beta", 1) == 1;
}

double share_of(const prune::Mask& mask) {
    return static_cast<double>(mask.kept()) / static_cast<double>(mask.count());
}

/// Up to which share of its weights a convolution goes sparse, by those of all that can.
double convolution_share(const std::vector<double>& shares, double density) {
    double sum = 0;
    for (const double share : shares) sum += share;
    const bool together = sum <= kTogether * density * static_cast<double>(shares.size());
    return together ? kAmongOthers * density : density;
}

}  // namespace

Executor::Step* Executor::only_reader(const std::string& weight) {
    const auto slot = slots_.find(weight);
    if (slot == slots_.end()) return nullptr;
    Step* found = nullptr;
    for (Step& step : steps_) {
        if (std::ranges::count(step.inputs, slot->second) == 0) continue;
        if (found != nullptr) return nullptr;
        found = &step;
    }
    return found;
}

prune::MaskSet Executor::sparsify(const prune::MaskSet& masks, double density) {
    struct Place {
        Step* step;
        bool convolves;
    };
    std::map<std::string, Place> places;
    std::vector<double> convolutions;
    for (const auto& [name, mask] : masks) {
        Step* step = only_reader(name);
        if (step == nullptr || !step->narrow.empty() || mask.kept() == 0) continue;
        const int slot = slots_.at(name);
        const bool convolves =
            step->inputs.size() > 1 && step->inputs[1] == slot && SparseConv::pays(step->node, mask);
        const bool multiplies =
            is_fully_connected(step->node, step->inputs, slot) && mask.count() >= kLeastSparse;
        if (!convolves && !multiplies) continue;
        places.emplace(name, Place{step, convolves});
        if (convolves) convolutions.push_back(share_of(mask));
    }
    const double convolution_bar = convolution_share(convolutions, density);
    prune::MaskSet others;
    for (const auto& [name, mask] : masks) {
        const auto place = places.find(name);
        const bool goes =
            place != places.end() && share_of(mask) <= (place->second.convolves ? convolution_bar : density);
        if (!goes) {
            others.insert(name, mask);
            continue;
        }
        const auto& [step, convolves] = place->second;
        std::unique_ptr<SparseLayer> layer;
        if (convolves) {
            layer = std::make_unique<SparseConv>(mask, step->node);
        } else {
            layer = std::make_unique<SparseWeight>(mask);
        }
        step->sparse = sparse_.emplace(name, std::move(layer)).first->second.get();
        at::Tensor& value = parameters_.at(name);
        value = step->sparse->compress(value.detach()).set_requires_grad(true);
        constants_[static_cast<std::size_t>(slots_.at(name))] = value;
    }
    return others;
}

}  // namespace espalier::train
