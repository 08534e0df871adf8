// Tables for the scopes "sensitivity" and "by-time", measured with calibration data and no labels: each layer
// alone is cut to a few sparsities, and the outputs tell what that costs.
#pragma once

#include "espalier/experiment.h"

namespace espalier::experiment {

/// Whether the scope reads a table that can be measured.
bool reads_table(std::string_view scope);

/// By weight, for `request` with its signals. Loss is the relative error |y - y0| / |y0| of the outputs over
/// the first examples of how.calibration; for scope by-time its square for each microsecond that the layer's
/// product gains on one thread. Cuts weights of `graph` and restores them. Throws InvalidArgument for a layer
/// whose time cannot be told, and Interrupted.
prune::Sensitivity measured_table(Graph& graph, const Cut& how, const prune::Request& request,
                                  const Watch& watch);

/// Points whose loss is what each microsecond costs: `us[i]` is the time at points[i]. Made to rise by the
/// lower convex hull of loss^2 over time gained; what gains nothing costs most.
std::vector<prune::SensitivityPoint> costs_of_time(const std::vector<prune::SensitivityPoint>& points,
                                                   const std::vector<double>& us);

}  // namespace espalier::experiment
