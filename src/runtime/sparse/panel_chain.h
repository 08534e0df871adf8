// Sparse layers that follow one another, run panel by panel: a few rows of the batch are put into a panel, go
// through all the layers while they are in the cache, and are put back into rows. Threads share the panels,
// so they meet once a chain and never wait for each other's results in between.
//
// Functions behind a product are passes over its panel, a ReLU is computed in registers. Values that are
// added lie in rows, so from the first sum on a layer's steps are passes over the rows that leave the chain.
#pragma once

#include <memory>
#include <vector>

#include "kernels/packed_rows.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "runtime/execute/kernel.h"
#include "runtime/fusion/eltwise_function.h"

namespace espalier::runtime {

struct ChainLink {
    std::shared_ptr<const kernels::PackedRows> weights;
    std::vector<PostOperation> after = {};  // a sum in the last link only, which gives rows then
};

/// Where a chain reads from and writes to; panels are of chain_rows().
struct ChainEnds {
    Layout input = Layout::row_major, output = Layout::row_major;
};

/// A chain over `batch` rows; `links` is not empty, each reads what the one before gives. Weights are packed
/// for panels of chain_rows().
std::shared_ptr<Kernel> panel_chain(const std::vector<ChainLink>& links, std::int64_t batch, int threads,
                                    const ChainEnds& ends = {});

/// Whether the result of a layer with these steps leaves its panels.
bool leaves_panels(const std::vector<PostOperation>& after);

/// Rows of the batch that go into one panel: `lanes`, or fewer so that all threads get the same number of
/// panels.
std::int64_t panel_rows(std::int64_t batch, int threads, std::int64_t lanes);

/// Of a chain with weights in units of at most so many outputs, at most the batch.
std::int64_t chain_rows(std::int64_t batch, int threads, int unit);

}  // namespace espalier::runtime
