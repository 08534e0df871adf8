// Sparse layers that follow one another, run panel by panel: a few rows of the batch are put into a panel, go
// through all the layers while they are in the cache, and are put back into rows. Threads share the panels,
// so they meet once a chain and never wait for each other's results in between.
#pragma once

#include <memory>
#include <vector>

#include "kernels/packed_rows.h"
#include "runtime/kernel.h"

namespace espalier::runtime {

struct ChainLink {
    std::shared_ptr<const kernels::PackedRows> weights;
    bool relu = false;
};

/// Input and output are row-major, `batch` rows; `links` is not empty, each reads what the one before gives.
std::shared_ptr<Kernel> panel_chain(std::vector<ChainLink> links, std::int64_t batch, int threads);

/// Rows of the batch that go into one panel: 64, or fewer so that all threads get the same number of panels.
std::int64_t panel_rows(std::int64_t batch, int threads);

}  // namespace espalier::runtime
