#include "lottery/processes/leased.h"

#include "espalier/error.h"
#include "lottery/stage/stage_files.h"

namespace espalier::lottery {
namespace {

/// The machine had stood still for so long that another process went on in its place.
class TakenOver : public Error {
  public:
    using Error::Error;
};

}  // namespace

bool with_lease(const store::Run& run, const StageSpec& stage, store::Leases& leases, StageOptions options,
                const std::function<void(const StageOptions&)>& body) {
    const auto lease = leases.take(run.stage_folder(stage.hash), kStageLease);
    if (!lease) return false;
    options.on_progress = [&lease, own = std::move(options.on_progress)](const StageProgress& at) {
        if (!lease->is_held()) throw TakenOver("taken over by another process");
        if (own) own(at);
    };
    try {
        body(options);
    } catch (const TakenOver&) {
        return false;
    }
    return true;
}

}  // namespace espalier::lottery
