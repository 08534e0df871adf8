// w_S = A_SS^-1 (A w0)_S for each output, A = X'X + damping: the best values for any given mask
// Least squares over what stays, as in Reed 1993, "Pruning Algorithms - A Survey", and the second half of
// Meng et al. 2024, "ALPS". By conjugate gradients (choose/least_squares.h).
#include "calibrate/choose/least_squares.h"

namespace espalier::calibrate::reconstructions_::refit_ {
namespace {

void run(LayerProblem& layer) { fit_kept(layer); }

}  // namespace

extern const Reconstruction refit{.name = "refit",
                                  .summary = "least squares of what stays, for any mask",
                                  .formula = "w_S = A_SS^-1 (A w0)_S, A = X'X",
                                  .source = "normal equations; Meng et al. 2024, ALPS",
                                  .run = run};

}  // namespace espalier::calibrate::reconstructions_::refit_
