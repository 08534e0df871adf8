// 1xN: N weights of one output, next to each other along the inputs (and, in a convolution, the kernel).
// Nx1: the weights of N outputs next to each other, at one input.
#include "espalier/error.h"
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::vector_ {
namespace {

Arguments parse(std::string_view text) {
    const Arguments arguments = pair_of(text, 'x');
    if (arguments.a != 1 && arguments.b != 1) throw InvalidArgument("one of the two must be 1");
    return arguments;
}

Tile tile(const Arguments& arguments, const Candidate&, const Layout& layout) {
    return block_tile({arguments.a, arguments.b}, layout);
}

}  // namespace

extern const Granularity vector{.name = "vector",
                                .summary = "N weights in a row along inputs (1xN) or outputs (Nx1)",
                                .usage = "vector 1xN or Nx1",
                                .example = "vector 1x8",
                                .edges = "the last vector is shorter, and those of a layer that is narrower",
                                .parse = parse,
                                .tile = tile,
                                .is_sized = true};

}  // namespace espalier::prune::granularities_::vector_
