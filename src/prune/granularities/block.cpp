// RxC: R outputs by C inputs. Gray et al. 2017, "GPU Kernels for Block-Sparse Weights"; Narang et al. 2017,
// "Block-Sparse Recurrent Neural Networks". In a convolution the columns are input channel, then kernel
// position.
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::block_ {
namespace {

Arguments parse(std::string_view text) { return pair_of(text, 'x'); }

Tile tile(const Arguments& arguments, const Candidate&, const Layout& layout) {
    return block_tile({arguments.a, arguments.b}, layout);
}

}  // namespace

extern const Granularity block{
    .name = "block",
    .summary = "a rectangle of R outputs by C inputs",
    .usage = "block RxC",
    .example = "block 4x1",
    .edges = "blocks at the edge are smaller, and those of a layer that is narrower",
    .parse = parse,
    .tile = tile,
    .is_sized = true};

}  // namespace espalier::prune::granularities_::block_
