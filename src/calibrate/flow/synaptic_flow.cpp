// R grows with depth like a product of layer norms: to 4e72 in ResNet-50, beyond f32. Every value has a scale
// of its own therefore (value_scales.h), and flow, a quotient, keeps none.
#include "calibrate/flow/synaptic_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "calibrate/flow/value_scales.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/analysis/input_shapes.h"
#include "graph/analysis/readers.h"
#include "graph/analysis/unbounded.h"
#include "graph/analysis/weight_forms.h"
#include "graph/bodies/inlined.h"
#include "graph/fresh_names.h"
#include "graph/gradient/gradient.h"
#include "tensor/convert.h"

namespace espalier::calibrate {
namespace {

Tensor filled(DType dtype, const Shape& shape, double value) {
    Tensor tensor(DType::f64, shape);
    std::ranges::fill(tensor.as<double>(), value);
    return converted(tensor, dtype);
}

/// With what a last Softmax or the like reads for an output, as what it gives adds up to one whatever it
/// reads, and with what a last Cast, Reshape, ... reads, as they add up to the same.
Graph with_unbounded_outputs(Graph graph) {
    constexpr std::string_view kPassed[] = {"Cast", "Dropout", "LogSoftmax", "Sigmoid", "Softmax"};
    const auto types = infer_types(graph);
    for (Value& output : graph.outputs) {
        const auto is_real = [&](const std::string& value) {
            const DType dtype = types.at(value).dtype;
            return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16 || dtype == DType::f64;
        };
        for (const Node* maker = maker_of(graph, output.name); maker != nullptr;
             maker = maker_of(graph, output.name)) {
            const bool is_passed =
                only_moves(maker->op) || std::ranges::find(kPassed, maker->op) != std::end(kPassed);
            if (!is_passed || !is_real(output.name) || !is_real(maker->inputs[0])) break;
            output = {maker->inputs[0], types.at(maker->inputs[0])};
        }
    }
    return graph;
}

/// With a batch of 1, and rounds of bodies one after another.
Graph sized(Graph graph) {
    std::map<std::string, Shape> shapes;
    for (const Value& input : graph.inputs) {
        Shape& shape = shapes[input.name];
        for (const Dim& dim : input.type.dims) shape.push_back(dim.is_fixed() ? dim.size() : 1);
    }
    const std::string open = open_dimensions(graph);
    if (!open.empty())
        throw InvalidArgument(fmt::format("synaptic flow is of one size: {} is open, --shape sets it", open));
    set_input_shapes(graph, shapes);
    return has_bodies(graph) ? with_bodies_inlined(graph) : graph;
}

/// Constants that only Where reads choose, and are no weights.
bool is_chosen(const std::string& name, const Readers& readers) {
    const auto& all = readers.of(name);
    return !all.empty() && std::ranges::all_of(all, [](const Node* node) { return node->op == "Where"; });
}

/// Also scalars that values are multiplied with.
std::set<std::string> factors(const Graph& graph, const Readers& readers) {
    std::set<std::string> names = parameters(graph);
    for (const auto& [name, tensor] : graph.initializers) {
        const auto& all = readers.of(name);
        const bool multiplies = !all.empty() && std::ranges::all_of(all, [](const Node* node) {
            return node->op == "Mul" || node->op == "Div";
        });
        if (multiplies) names.insert(name);
        if (is_chosen(name, readers)) names.erase(name);
    }
    return names;
}

Graph positive(const Graph& graph) {
    Graph network = with_unbounded_outputs(without_bounds(sized(graph)));
    const Readers readers(network);
    const std::set<std::string> added = offsets(network);
    for (const std::string& name : factors(network, readers)) {
        Tensor& tensor = network.initializers.at(name);
        if (tensor.dtype() != DType::f32) continue;
        const float sign = added.contains(name) ? 0 : 1;
        for (float& value : tensor.f32()) value = sign * std::abs(value);
    }
    return network;
}

/// What a run of the scaled network says.
struct Passes {
    double total = 0;                           // R, at the scale of the largest output
    std::vector<Tensor> slopes;                 // of R by each weight
    std::vector<std::pair<float, float>> ends;  // of each layer: the largest that it takes and gives
};

class Network {
  public:
    Network(const ScaledNetwork& scaled, const std::vector<std::string>& weights)
        : scaled_(scaled),
          gradients_(with_gradients(scaled.graph, weights)),
          names_(gradients_.graph),
          weights_(weights) {}

    Passes run(int threads) && {
        if (gradients_.seeds.empty())
            throw Unsupported("synaptic flow: no output of the network holds real numbers");
        for (const auto& [output, seed] : gradients_.seeds)
            largest_ = std::max(largest_, scaled_.exponent_of(output));
        NamedTensors inputs = ones();
        Graph& graph = gradients_.graph;
        const std::vector<Value> outputs = graph.outputs;
        for (const std::string& name : weights_) {
            const Shape& shape = graph.initializers.at(name).shape();
            graph.outputs.push_back({gradients_.of.at(name), {DType::f32, to_dims(shape)}});
        }
        for (const ScaledNetwork::Layer& layer : scaled_.layers) {
            add_largest(layer.input);
            add_largest(layer.output);
        }
        runtime::Session session =
            runtime::compile(std::move(graph), {.threads = threads,
                                                .choice = runtime::Options::Choice::dense,
                                                .tuning = runtime::Options::Tuning::none});
        std::vector<Tensor> results = session.run(inputs);
        Passes passes;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (gradients_.seeds.contains(outputs[i].name))
                passes.total += scale_of(outputs[i].name) * sum_of(results[i]);
        }
        const auto slopes = results.begin() + static_cast<std::ptrdiff_t>(outputs.size());
        const auto ends = slopes + static_cast<std::ptrdiff_t>(weights_.size());
        passes.slopes.assign(std::make_move_iterator(slopes), std::make_move_iterator(ends));
        for (auto end = ends; end != results.end(); end += 2)
            passes.ends.emplace_back(end[0].f32()[0], end[1].f32()[0]);
        return passes;
    }

  private:
    double scale_of(const std::string& output) const {
        return std::ldexp(1.0, scaled_.exponent_of(output) - largest_);
    }

    NamedTensors ones() const {
        std::map<std::string, std::string> output_of;
        for (const auto& [output, seed] : gradients_.seeds) output_of.emplace(seed, output);
        NamedTensors inputs;
        for (const Value& input : gradients_.graph.inputs) {
            Shape shape;
            for (const Dim& dim : input.type.dims) shape.push_back(dim.size());
            const auto output = output_of.find(input.name);
            const double value = output == output_of.end() ? 1 : scale_of(output->second);
            inputs.emplace(input.name, filled(input.type.dtype, shape, value));
        }
        return inputs;
    }

    void add_largest(const std::string& value) {
        Graph& graph = gradients_.graph;
        const std::string name = names_.fresh(value + ".largest");
        graph.nodes.push_back({name, "ReduceMax", {value}, {name}, {{"keepdims", std::int64_t{0}}}});
        graph.outputs.push_back({name, {DType::f32, {}}});
    }

    static double sum_of(const Tensor& tensor) {
        double sum = 0;
        const Tensor values = converted(tensor, DType::f64);
        for (const double value : values.as<double>()) sum += value;
        return sum;
    }

    const ScaledNetwork& scaled_;
    Gradients gradients_;
    FreshNames names_;
    const std::vector<std::string>& weights_;
    int largest_ = std::numeric_limits<int>::min();
};

constexpr int kNear = 30;  // powers of two about 1 in which values are at home

bool is_known(float value) { return std::isfinite(value) && value > 0; }

/// Brings values near to 1 where some are not.
class Correction {
  public:
    /// False if nothing is far, or what is cannot be corrected. Gains are what a layer took and gave, which
    /// no scale before it changes, so they are set once; what sums grow by beside that, the first layer
    /// that is far takes off.
    bool run(const ScaledNetwork& network, const Passes& passes, Gains& gains) {
        const auto is_far = [](float given) {
            return given != 0 && (!is_known(given) || std::abs(std::ilogb(given)) > kNear);
        };
        if (std::ranges::none_of(passes.ends, is_far, &std::pair<float, float>::second)) return false;
        bool changes = false;
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const auto [taken, given] = passes.ends[i];
            const std::string& weight = network.layers[i].weight;
            if (!is_known(taken) || !is_known(given) || !measured_.insert(weight).second) continue;
            const int by = std::ilogb(given) - std::ilogb(taken);
            gains.at(weight) += by;
            changes |= by != 0;
        }
        const bool is_finite = std::isfinite(passes.total) && passes.total > 0;
        for (std::size_t i = 0; i < network.layers.size() && !changes && !is_finite; ++i) {
            const float given = passes.ends[i].second;
            if (!is_far(given) || !is_known(given)) continue;
            gains.at(network.layers[i].weight) += std::ilogb(given);
            changes = true;
        }
        return changes;
    }

  private:
    std::set<std::string> measured_;  // layers
};

/// Where values stop being numbers, for a message.
std::string first_lost(const ScaledNetwork& network, const Passes& passes) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!std::isfinite(passes.ends[i].second))
            return fmt::format(", from the layer of \"{}\" on", network.layers[i].weight);
    }
    return "";
}

constexpr int kMostRuns = 64;  // each brings layers up to a factor of 2^120 or so into range

}  // namespace

std::map<std::string, std::vector<float>> synaptic_flow(const Graph& graph,
                                                        const std::set<std::string>& weights, int threads,
                                                        Gains* gains) {
    const std::vector<std::string> names(weights.begin(), weights.end());
    const Graph network = positive(graph);
    Gains own;
    Gains& known = gains == nullptr ? own : *gains;
    Correction correction;
    for (int runs = 0;; ++runs) {
        const ScaledNetwork scaled = with_scaled_values(network, known);
        const Passes passes = Network(scaled, names).run(threads);
        if (correction.run(scaled, passes, known) && runs + 1 < kMostRuns) continue;
        if (!std::isfinite(passes.total))
            throw BadData("synaptic flow: the network is not finite for inputs of ones" +
                          first_lost(scaled, passes));
        if (!(passes.total > 0))
            throw BadData("synaptic flow: nothing reaches the outputs, every way is cut");
        std::map<std::string, std::vector<float>> flow;
        for (std::size_t i = 0; i < names.size(); ++i) {
            // d/d(2^e w) = 2^-e d/dw
            const double factor = std::ldexp(1 / passes.total, -scaled.exponent_of(names[i]));
            const auto slopes = passes.slopes[i].f32();
            std::vector<float>& values = flow[names[i]];
            values.resize(slopes.size());
            std::ranges::transform(slopes, values.begin(),
                                   [&](float slope) { return static_cast<float>(slope * factor); });
        }
        return flow;
    }
}

}  // namespace espalier::calibrate
