// Widths that kernels of this machine like: multiples of the step in which their time grows.
#pragma once

#include <cstdint>
#include <map>

#include "espalier/experiment.h"

namespace espalier::experiment {

/// The smallest power of two, up to 32, of which multiples take about as little time for each multiply-add as
/// any: of convolutions of images, timed here in turn.
std::int64_t width_step(const Timing& timing);

/// The same of what was measured: time of a multiply-add by width. Of every power of two up to 32 there must
/// be a width that is no multiple of the next.
std::int64_t step_of(const std::map<std::int64_t, double>& times);

}  // namespace espalier::experiment
