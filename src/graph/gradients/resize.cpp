// Resize of mode nearest moves elements: dx is the sum of dy at the places to which x was moved.
#include <numeric>

#include "graph/evaluation.h"
#include "graph/gradient/moved.h"

namespace espalier::gradients_::resize_ {
namespace {

void derive(Derivation& d) {
    if (d.node().attribute_string("mode", "nearest") != "nearest")
        d.refuse("there is a gradient of a Resize of mode nearest alone");
    Movement movement{.from = d.shape(d.in()), .to = d.shape(d.out()), .sources = {}};
    Tensor positions(DType::i64, movement.from);
    const auto all = positions.as<std::int64_t>();
    std::iota(all.begin(), all.end(), std::int64_t{0});
    std::vector<const Tensor*> inputs = {&positions};
    for (std::size_t i = 1; i < d.node().inputs.size(); ++i) inputs.push_back(d.constant(i));
    const Tensor moved = evaluate(d.node(), inputs).front();
    movement.sources.assign(moved.as<std::int64_t>().begin(), moved.as<std::int64_t>().end());
    give_moved(d, movement);
}

}  // namespace

extern const GradientRule resize{
    .name = "Resize", .summary = "dx is the sum of dy at the places to which x was moved", .derive = derive};

}  // namespace espalier::gradients_::resize_
