// GlobalMaxPool: the largest value of each channel.
#include <algorithm>

#include "runtime/dense/pooling.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::global_max_pool_ {
namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    return std::ranges::none_of(types.at(node.inputs[0]).dims, [](const Dim& dim) { return dim == Dim(0); });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const std::int64_t images = x[0] * x[1];
    const std::int64_t each = element_count(x) / images;
    std::vector<Candidate> all = pooling_of_all(site, Pool::max);
    all.insert(all.begin(),
               loops(images, element_count(x),
                     [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                         for (std::int64_t i = begin; i < end; ++i) {
                             const float* image = inputs[0].f32() + i * each;
                             output.f32()[i] = *std::max_element(image, image + each);
                         }
                     }));
    return all;
}

}  // namespace

extern const Lowering global_max_pool{.name = "GlobalMaxPool",
                                      .summary = "largest value of each channel",
                                      .candidates = candidates,
                                      .takes = takes};

}  // namespace espalier::runtime::lowerings_::global_max_pool_
