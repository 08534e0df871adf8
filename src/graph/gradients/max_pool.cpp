// MaxPool: dx is the sum of dy at the place of each window's largest value.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::max_pool_ {
namespace {

void derive(Derivation& d) {
    Attributes attributes = d.node().attributes;
    attributes.erase("storage_order");  // places are counted along rows
    const std::string places = d.make_several("MaxPool", {d.in()}, std::move(attributes), 2)[1];
    const Shape flat = {element_count(d.shape(d.dy()))};
    const Shape x = d.shape(d.in());
    const std::string none = d.make("Expand", {d.number(0), d.integers({element_count(x)})});
    const std::string all =
        d.make("ScatterElements", {none, d.reshaped(places, flat), d.reshaped(d.dy(), flat)},
               {{"reduction", std::string("add")}});
    d.give(0, d.reshaped(all, x));
}

}  // namespace

extern const GradientRule max_pool{
    .name = "MaxPool", .summary = "dx is the sum of dy where each window is largest", .derive = derive};

}  // namespace espalier::gradients_::max_pool_
