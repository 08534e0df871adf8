#include "calibrate/linear/factored.h"

#include <fmt/format.h>

#include "calibrate/linear/triangular.h"
#include "espalier/error.h"

namespace espalier::calibrate {

std::vector<float> factored(LayerProblem& layer) {
    for (double damping = layer.damping; damping < 1e4; damping *= 10) {
        std::vector<float> factor =
            upper_factor_of_inverse(damped(layer, damping), layer.inputs, layer.threads);
        if (factor.empty()) continue;
        if (damping != layer.damping)
            layer.notes.push_back(
                fmt::format("\"{}\": damped with {:.0f} % of the mean square of its inputs, as "
                            "less left no positive definite matrix",
                            layer.name, 100 * damping));
        return factor;
    }
    throw InternalError(fmt::format("\"{}\": X'X cannot be factored", layer.name));
}

}  // namespace espalier::calibrate
