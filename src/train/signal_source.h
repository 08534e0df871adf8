// How a signal (prune/request/signal.h) is taken of a network. One file in train/signals each, named like the
// signal.
#pragma once

#include <string_view>

#include "base/table.h"
#include "train/collect/collector.h"

namespace espalier::train {

struct SignalSource {
    std::string_view name;
    std::string_view summary;
    ByWeight (*collect)(Collector& collector);
};

const Table<SignalSource>& signals();

}  // namespace espalier::train
