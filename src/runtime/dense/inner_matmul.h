// A matrix product inside a larger kernel, by oneDNN.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <vector>

#include "espalier/tensor.h"

namespace espalier::runtime {

/// Y = X W' or Y += X W', X [rows, inner], W [columns, inner], Y [rows, columns]. Rows of X and Y may be
/// further apart than they are long.
class Product {
  public:
    struct Form {
        std::int64_t rows = 0, inner = 0, columns = 0;
        std::int64_t source_step = 0, target_step = 0;  // from row to row
        bool adds = false;
    };
    /// With `constants` it takes these weights in, in the layout oneDNN prefers.
    Product(const Form& form, const std::vector<const float*>& constants, int threads);

    std::size_t scratch_bytes() const { return scratchpad_.get_desc().get_size(); }
    /// With the constant of this index, or, if there are none, with the weights at `fed`.
    void run(const float* source, std::size_t constant, const float* fed, float* target, std::byte* scratch);

  private:
    int threads_;
    dnnl::stream stream_;
    dnnl::matmul primitive_;
    std::vector<dnnl::memory> constants_;
    dnnl::memory source_, weights_, target_, scratchpad_;
};

}  // namespace espalier::runtime
