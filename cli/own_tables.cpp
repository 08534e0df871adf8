#include "cli/own_tables.h"

#include "data/dataset_format.h"
#include "graph/op.h"
#include "models/model.h"
#include "prune/criterion.h"
#include "prune/granularity.h"
#include "prune/schedule.h"
#include "prune/scope.h"
#include "prune/spacing.h"
#include "prune/unit_norm.h"
#include "surgery/pass.h"

namespace espalier::cli {

std::vector<Listing> own_tables() {
    return {listing("networks", models::networks()), listing("initializations", models::initializations()),
            listing("datasets", data::datasets()),   listing("granularities", prune::granularities()),
            listing("criteria", prune::criteria()),  listing("unit_norms", prune::unit_norms()),
            listing("scopes", prune::scopes()),      listing("schedules", prune::schedules()),
            listing("decays", prune::decays()),      listing("spacings", prune::spacings()),
            listing("passes", surgery::passes()),    listing("operators", ops())};
}

}  // namespace espalier::cli
