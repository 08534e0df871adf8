#include "prune/request/signal.h"

namespace espalier::prune::signals_::hessian_gradient_ {

extern const Signal hessian_gradient{.name = "hessian-gradient",
                                     .summary = "H g, the Hessian of the mean loss times its gradient",
                                     .noun = "Hessian times gradient"};

}  // namespace espalier::prune::signals_::hessian_gradient_
