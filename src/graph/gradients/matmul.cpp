// MatMul: da = dy b', db = a' dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::matmul_ {
namespace {

void derive(Derivation& d) {
    if (d.shape(d.in(0)).size() < 2 || d.shape(d.in(1)).size() < 2)
        d.refuse("there is no gradient of a MatMul with a vector");
    if (d.wants(0)) d.give(0, d.make("MatMul", {d.dy(), d.last_two_swapped(d.in(1))}));
    if (d.wants(1)) d.give(1, d.make("MatMul", {d.last_two_swapped(d.in(0)), d.dy()}));
}

}  // namespace

extern const GradientRule matmul{.name = "MatMul", .summary = "da = dy b', db = a' dy", .derive = derive};

}  // namespace espalier::gradients_::matmul_
