// Where the nonzeros of a sparse matrix are, row by row.
#pragma once

#include <cstdint>
#include <vector>

namespace espalier::kernels {

struct RowPattern {
    std::int64_t columns = 0;
    std::vector<std::uint32_t> starts = {0};  // of each row among the nonzeros, and their number at the end
    std::vector<std::uint32_t> at;            // column of each nonzero

    std::int64_t rows() const { return static_cast<std::int64_t>(starts.size()) - 1; }
    std::int64_t nonzeros() const { return static_cast<std::int64_t>(at.size()); }
};

}  // namespace espalier::kernels
