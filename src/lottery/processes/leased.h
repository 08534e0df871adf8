// One stage under a lease, so that of several processes on one run only one does it.
#pragma once

#include <functional>

#include "espalier/lottery.h"
#include "store/lease.h"

namespace espalier::lottery {

/// Calls `body` with `options` while this process has the stage's lease; false if another process has it, or
/// has taken it over meanwhile.
bool with_lease(const store::Run& run, const StageSpec& stage, store::Leases& leases, StageOptions options,
                const std::function<void(const StageOptions& options)>& body);

}  // namespace espalier::lottery
