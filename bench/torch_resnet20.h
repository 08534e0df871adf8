// ResNet-20 as somebody writes it with LibTorch's own modules: what the trainer is compared with.
#pragma once

#include <cstdint>

#include "espalier/data.h"

namespace espalier::bench {

/// Seconds that `steps` steps of SGD with momentum take on batches of `examples`, images of three channels.
double torch_resnet20_seconds(const data::Examples& examples, std::int64_t batch, std::int64_t steps,
                              int threads);

}  // namespace espalier::bench
