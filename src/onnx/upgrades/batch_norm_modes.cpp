// BatchNormalization: the attributes spatial (before opset 9) and training_mode (from opset 14 on) with the
// values that mean what opset 13 means; is_test (before opset 7), which the number of outputs tells as well:
// a node that trains gives the statistics too. One that trains on a batch of one normalises each channel by
// itself, as exporters write weight standardisation (Qiao et al. 2019) of a convolution's 1 x C x K weight:
// an InstanceNormalization.
#include <algorithm>

#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::batch_norm_modes_ {
namespace {

constexpr std::string_view kOps[] = {"BatchNormalization"};

bool is_training(const Node& node) {
    const auto given = std::ranges::count_if(node.outputs, [](const auto& name) { return !name.empty(); });
    return given > 1 || node.attribute_int("training_mode", 0) != 0;
}

void rewrite_training(Expansion& e) {
    e.only({"epsilon", "momentum", "training_mode", "is_test"});
    e.no_outputs_from(3);
    if (e.node().attribute_int("is_test", 0) != 0) e.refuse("is_test=1 with the statistics as outputs,");
    const Dims& x = e.dims(0);
    if (x.size() < 3 || !x[0].is_fixed() || x[0].size() != 1)
        e.refuse("training_mode=1 over an input of shape " + to_string(x) + ", expected a batch of 1,");
    // running = momentum * running + (1 - momentum) * batch's
    const bool keeps = e.node().attribute_float("momentum", 0.9F) == 1;
    for (std::size_t i = 1; i < 3; ++i) {
        if (!e.has_output(i)) continue;
        if (!keeps) e.refuse("training_mode=1 and running statistics that change (momentum is not 1)");
        e.finish("Identity", {e.input(i + 2)}, {}, i);
    }
    e.finish("InstanceNormalization", {e.input(0), e.input(1), e.input(2)},
             {{"epsilon", e.node().attribute_float("epsilon", 1e-5F)}});
}

void rewrite(Rewriter& to, Node node) {
    drop(node, "spatial", 1);
    if (is_training(node)) {
        Expansion e(to, node);
        return rewrite_training(e);
    }
    node.attributes.erase("training_mode");
    node.attributes.erase("is_test");
    node.outputs.resize(1);
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade batch_norm_modes{
    .name = "batch_norm_modes",
    .summary =
        "BatchNormalization: spatial=1, training_mode=0 and is_test are dropped; that of a batch of 1 "
        "in training mode is InstanceNormalization",
    .ops = kOps,
    .first = 1,
    .last = 15,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::batch_norm_modes_
