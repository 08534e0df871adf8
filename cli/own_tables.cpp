#include "cli/listing.h"

#include "data/dataset_format.h"
#include "graph/op.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/ranking/unit_norm.h"
#include "prune/request/signal.h"
#include "prune/scheduling/schedule.h"
#include "prune/scheduling/spacing.h"
#include "prune/scope.h"
#include "prune/units/granularity.h"
#include "surgery/pass.h"
#include "trees/method.h"

namespace espalier::cli {

std::vector<Listing> own_tables() {
    return {listing("networks", models::networks()),    listing("initializations", models::initializations()),
            listing("datasets", data::datasets()),      listing("granularities", prune::granularities()),
            listing("criteria", prune::criteria()),     listing("signals", prune::signals()),
            listing("unit_norms", prune::unit_norms()), listing("scopes", prune::scopes()),
            listing("schedules", prune::schedules()),   listing("decays", prune::decays()),
            listing("spacings", prune::spacings()),     listing("passes", surgery::passes()),
            listing("tree-methods", trees::methods()),  listing("operators", ops())};
}

}  // namespace espalier::cli
