#include "experiment/prune/measured_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "calibrate/output_error.h"
#include "espalier/error.h"
#include "espalier/runtime.h"

namespace espalier::experiment {
namespace {

constexpr std::int64_t kMostExamples = 16;

/// Runs of the first examples.
std::vector<const NamedTensors*> first_of(const std::vector<NamedTensors>& data) {
    std::vector<const NamedTensors*> runs;
    std::int64_t examples = 0;
    for (const NamedTensors& run : data) {
        if (examples >= kMostExamples) break;
        runs.push_back(&run);
        const Shape& shape = run.begin()->second.shape();
        examples += shape.empty() ? 1 : shape.front();
    }
    return runs;
}

/// Around what is asked for, so that some layers may go further than others.
std::vector<double> grid_for(const prune::Request& request) {
    const prune::Target& target = request.target;
    double middle = target.sparsity.value_or(0.5);
    if (target.macs) middle = 1 - *target.macs;
    middle = std::clamp(middle, 0.04, 0.99);
    return {middle / 2, middle, (1 + middle) / 2, 1 - (1 - middle) / 8};
}

/// A weight that is changed for a while.
class Changed {
  public:
    explicit Changed(Tensor& weight) : weight_(weight), before_(weight) {}
    Changed(const Changed&) = delete;
    Changed& operator=(const Changed&) = delete;
    ~Changed() { restore(); }
    void restore() { std::ranges::copy(before_.f32(), weight_.f32().begin()); }

  private:
    Tensor& weight_;
    Tensor before_;
};

class Measurement {
  public:
    Measurement(Graph& graph, const Cut& how, const prune::Request& request, const Watch& watch)
        : graph_(graph),
          request_(request),
          watch_(watch),
          runs_(first_of(*how.calibration)),
          grid_(grid_for(request)) {}

    prune::Sensitivity run(bool by_time) {
        const auto before = outputs();
        prune::Sensitivity table;
        for (const prune::Candidate& layer : request_.weights) {
            const std::vector<prune::Mask> masks = masks_of(layer);
            std::vector<prune::SensitivityPoint>& points = table[layer.name];
            points.push_back({});
            Tensor& weight = graph_.initializers.at(layer.name);
            Changed changed(weight);
            for (std::size_t i = 0; i < grid_.size(); ++i) {
                tell(static_cast<double>(table.size() - 1) / static_cast<double>(request_.weights.size()));
                masks[i].apply(weight.f32());
                points.push_back({grid_[i], calibrate::relative_error(before, outputs()), 0});
                changed.restore();
            }
        }
        if (!by_time) return table;
        const std::vector<std::map<std::string, double>> times = times_of_layers();
        for (auto& [name, points] : table) {
            std::vector<double> us;
            for (const auto& at : times) us.push_back(at.at(name));
            points = costs_of_time(points, us);
        }
        return table;
    }

  private:
    void tell(double share) const {
        if (watch_.is_stopped()) throw Interrupted("stopped; nothing was written");
        if (watch_.progress) watch_.progress(share, "sensitivity, layer by layer");
    }

    /// Of the layer alone, at every sparsity of the grid.
    std::vector<prune::Mask> masks_of(const prune::Candidate& layer) const {
        prune::Request alone = request_;
        alone.weights = {layer};
        alone.scope = "layer-wise";
        alone.layer_targets.clear();
        alone.sensitivity.clear();
        std::vector<prune::Mask> masks;
        for (const double sparsity : grid_) {
            alone.target = {.sparsity = sparsity};
            masks.push_back(prune::plan(alone).masks.at(layer.name));
        }
        return masks;
    }

    static std::string name_of(const Node& node) {
        const auto named = std::ranges::find_if(node.outputs, [](const auto& name) { return !name.empty(); });
        return named == node.outputs.end() ? "" : *named;
    }

    runtime::Session session(int threads, runtime::Options::Tuning tuning,
                             runtime::Options::Choice choice) const {
        Graph named = graph_;  // names of nodes may be empty, or one for several; those of outputs are not
        for (Node& node : named.nodes) node.name = name_of(node);
        return runtime::compile(std::move(named), {.threads = threads,
                                                   .choice = choice,
                                                   .tuning = tuning,
                                                   .most_plans = std::max<std::size_t>(1, runs_.size())});
    }

    std::vector<std::vector<Tensor>> outputs() const {
        auto network = session(0, runtime::Options::Tuning::none, runtime::Options::Choice::dense);
        std::vector<std::vector<Tensor>> all;
        for (const NamedTensors* run : runs_) all.push_back(network.run(*run));
        return all;
    }

    /// By weight, as it is and with all layers at each sparsity of the grid: what its product takes on one
    /// thread, with the changes of layout around it, for the first run.
    std::vector<std::map<std::string, double>> times_of_layers() {
        std::vector<std::map<std::string, double>> all = {layer_times()};
        for (std::size_t i = 0; i < grid_.size(); ++i) {
            tell(1);
            std::vector<std::unique_ptr<Changed>> changed;
            for (const prune::Candidate& layer : request_.weights) {
                Tensor& weight = graph_.initializers.at(layer.name);
                const prune::Mask mask = masks_of(layer)[i];
                changed.push_back(std::make_unique<Changed>(weight));
                mask.apply(weight.f32());
            }
            all.push_back(layer_times());
        }
        return all;
    }

    std::map<std::string, double> layer_times() const {
        auto network = session(1, runtime::Options::Tuning::full, runtime::Options::Choice::measured);
        std::map<std::string, Shape> shapes;
        for (const auto& [name, tensor] : *runs_.front()) shapes.emplace(name, tensor.shape());
        network.prepare(shapes);
        std::map<std::string, double> of_node;
        for (const runtime::LayerProfile& layer : network.profile()) of_node[layer.node] += layer.measured_us;
        std::map<std::string, double> of_weight;
        for (const Node& node : graph_.nodes) {
            for (const std::string& input : node.inputs) {
                const auto found = of_node.find(name_of(node));
                if (found != of_node.end() && graph_.initializers.contains(input))
                    of_weight[input] += found->second;
            }
        }
        for (const prune::Candidate& layer : request_.weights) {
            const auto found = of_weight.find(layer.name);
            if (found == of_weight.end() || found->second == 0)
                throw InvalidArgument(
                    fmt::format("scope \"by-time\": no node by itself reads \"{}\", so that its time cannot "
                                "be told; --keep leaves it whole, scope \"sensitivity\" needs no times",
                                layer.name));
        }
        return of_weight;
    }

    Graph& graph_;
    const prune::Request& request_;
    const Watch& watch_;
    std::vector<const NamedTensors*> runs_;
    std::vector<double> grid_;
};

}  // namespace

bool reads_table(std::string_view scope) { return scope == "sensitivity" || scope == "by-time"; }

prune::Sensitivity measured_table(Graph& graph, const Cut& how, const prune::Request& request,
                                  const Watch& watch) {
    return Measurement(graph, how, request, watch).run(request.scope == "by-time");
}

std::vector<prune::SensitivityPoint> costs_of_time(const std::vector<prune::SensitivityPoint>& points,
                                                   const std::vector<double>& us) {
    struct Place {
        double sparsity, gain, cost;
    };
    constexpr double kLeastGain =
        1e-4;  // of the layer's time, for all of its weights: so that nothing is free
    std::vector<Place> hull;
    double gain = 0;
    double cost = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        gain = std::max(gain, us.front() - us[i]);
        cost = std::max(cost, points[i].loss * points[i].loss);
        const Place next{points[i].sparsity, gain + kLeastGain * us.front() * points[i].sparsity, cost};
        const auto slope = [](const Place& a, const Place& b) {
            return (b.cost - a.cost) / (b.gain - a.gain);
        };
        while (hull.size() > 1 && slope(hull.back(), next) <= slope(hull[hull.size() - 2], hull.back()))
            hull.pop_back();
        hull.push_back(next);
    }
    std::vector<prune::SensitivityPoint> costs = {{hull.front().sparsity, 0, 0}};
    for (std::size_t i = 1; i < hull.size(); ++i)
        costs.push_back(
            {hull[i].sparsity, (hull[i].cost - hull[i - 1].cost) / (hull[i].gain - hull[i - 1].gain), 0});
    return costs;
}

}  // namespace espalier::experiment
