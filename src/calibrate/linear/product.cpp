#include "calibrate/linear/product.h"

#include <oneapi/dnnl/dnnl.h>

#include "espalier/error.h"

namespace espalier::calibrate {

void multiply(std::int64_t rows, std::int64_t cols, std::int64_t inner, float alpha, MatrixView a,
              MatrixView b, float beta, float* c, std::int64_t stride) {
    if (rows == 0 || cols == 0) return;
    const dnnl_status_t status =
        dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', rows, cols, inner, alpha, a.data,
                   a.stride, b.data, b.stride, beta, c, stride);
    if (status != dnnl_success) throw InternalError("oneDNN refused a product of matrices");
}

}  // namespace espalier::calibrate
