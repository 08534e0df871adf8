// N:M: of every M weights in a row along the inputs of one output, N are kept.
// Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks" (2:4). In a convolution the M weights are
// those of M input channels at one position of the kernel. The last group of an output is filled up with
// zeros, as the paper's library does: of t < M weights it keeps min(N, t).
#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::n_m_ {
namespace {

Arguments parse(std::string_view text) {
    const Arguments arguments = pair_of(text, ':');
    if (arguments.a > arguments.b) {
        throw InvalidArgument(fmt::format("{} of {} weights cannot be kept", arguments.a, arguments.b));
    }
    return arguments;
}

}  // namespace

extern const Granularity n_m{.name = "N:M",
                             .summary = "N of every M weights along the inputs are kept",
                             .usage = "N:M",
                             .example = "2:4",
                             .edges = "the last t < M weights keep min(N, t)",
                             .parse = parse};

}  // namespace espalier::prune::granularities_::n_m_
