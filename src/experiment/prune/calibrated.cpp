#include "experiment/prune/calibrated.h"

#include <algorithm>

#include "calibrate/flow/synaptic_flow.h"
#include "calibrate/input_norms.h"
#include "calibrate/output_error.h"
#include "calibrate/output_metric.h"
#include "calibrate/reconstruct.h"
#include "calibrate/slopes/squared_gradients.h"
#include "espalier/error.h"
#include "experiment/measure/evaluate.h"
#include "experiment/prune/measured_tables.h"
#include "experiment/prune/own_signals.h"
#include "experiment/prune/scored.h"

namespace espalier::experiment {
namespace {

calibrate::Progress part_of(const Watch& watch, double from, double to, const char* what) {
    return [&watch, from, to, what](double share) {
        if (watch.is_stopped()) throw Interrupted("stopped; nothing was written");
        if (watch.progress) watch.progress(from + share * (to - from), what);
    };
}

std::vector<std::string> methods_of(const Cut& how) {
    std::vector<std::string> methods;
    if (chooses_by_layer(how)) methods.push_back(how.criterion);
    for (const std::string& name : how.reconstruct) {
        if (calibrate::reconstructions().get(name).chooses)
            throw InvalidArgument("\"" + name + "\" chooses what stays: it is a criterion, --criterion " +
                                  name);
        methods.push_back(name);
    }
    return methods;
}

/// Before anything takes time.
void check_metrics(const Cut& how) {
    for (const std::string& name : how.metrics) {
        if (calibrate::output_metrics().get(name).needs_expected)
            throw InvalidArgument("prune: metric \"" + name +
                                  "\" needs what is right of the outputs: espalier run --metric takes it");
    }
}

}  // namespace

bool chooses_by_layer(const Cut& how) {
    const calibrate::Reconstruction* method = calibrate::reconstructions().find(how.criterion);
    return method != nullptr && method->chooses;
}

prune::Plan cut_calibrated(Graph& graph, const Cut& how, prune::Request request, CalibrationError* error,
                           const Watch& watch) {
    const std::vector<std::string> methods = methods_of(how);
    check_metrics(how);
    const std::set<std::string> weights = names_of(request);
    calibrate::Observed observed =
        calibrate::observe(graph, weights, *how.calibration, 0, part_of(watch, 0, 0.1, "calibration"));
    SignalValues shown{{"input-norm", std::move(observed.norms)}};
    if (needs(request.criterion, "squared-gradient")) {
        shown["squared-gradient"] = calibrate::squared_gradients(graph, weights, *how.calibration, how.seed,
                                                                 0, part_of(watch, 0.1, 0.2, "gradients"));
    }
    if (request.scope == "by-time" && !request.sensitivity.empty()) {
        throw InvalidArgument(
            "scope \"by-time\" measures its own tables, which have times: without --sensitivity, or scope "
            "\"sensitivity\" with it");
    }
    if (reads_table(request.scope) && request.sensitivity.empty()) {
        SignalValues whole = shown;
        if (needs(request.criterion, "flow")) whole["flow"] = calibrate::synaptic_flow(graph, weights, 0);
        const OwnSignals signals(graph, request, how.include, std::move(whole));
        signals.attach(request.weights);
        request.sensitivity = measured_table(graph, how, request, watch);
    }
    const prune::MaskSet* const before = request.current;
    prune::Plan plan = plan_scored(graph, how, std::move(request), std::move(shown), {.stop = watch.stop});
    calibrate::Reconstructed done =
        calibrate::reconstruct(graph,
                               {.methods = methods,
                                .granularity = how.granularity,
                                .plan = &plan,
                                .before = before,
                                .progress = part_of(watch, 0.2, 1, "layer by layer")},
                               *how.calibration);
    plan.masks = std::move(done.masks);
    for (prune::LayerPlan& layer : plan.layers) {
        const auto found = std::ranges::find(done.layers, layer.name, &calibrate::LayerError::layer);
        if (found != done.layers.end()) layer.kept = found->kept;
    }
    plan.notes.insert(plan.notes.end(), done.notes.begin(), done.notes.end());
    if (error == nullptr) return plan;
    for (const calibrate::LayerError& layer : done.layers)
        error->layers.push_back({layer.layer, layer.relative, layer.rows, layer.inputs, layer.seconds});
    error->outputs = calibrate::relative_error(observed.outputs, done.outputs);
    error->metrics = compare_outputs(how.metrics, graph, observed.outputs, done.outputs);
    return plan;
}

}  // namespace espalier::experiment
