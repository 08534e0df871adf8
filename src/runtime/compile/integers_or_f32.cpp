// A quantised network runs on its integers, or as f32 that rounds where it quantises: with zeros to skip the
// latter may be faster, as sparse kernels are of f32.
#include <fmt/format.h>

#include "graph/precision/quantised.h"
#include "graph/precision/rounding.h"
#include "kernels/conv_i8_quads/conv_i8_quads.h"
#include "runtime/bytes/quads_left.h"
#include "runtime/compile/rehearsal.h"
#include "runtime/compile/shape_specialization.h"
#include "runtime/fusion/integer_layers.h"
#include "runtime/network.h"

namespace espalier::runtime {
namespace {

/// With fewer of the weights left f32 is taken without timing: on AVX2 sparse kernels of f32 do 16 products a
/// cycle at best, those of integers 32. Those of quads do 64 and more, and skip zeros that fill quads.
constexpr double kLeastLeft = 0.3;
constexpr double kLeastLeftOfQuads = 0.2;
constexpr double kSeconds = 0.02;

void fold(Network& network, const Options& options) {
    Specialised special(network.graph, network.kept);
    CompileLog log(options.without);
    log.time("fold-constants", [&] { special.fold(nullptr); });
    for (const CompileTime& time : log.times()) network.fold_us += time.us;
    network.folded = special.folded_nodes();
    special.keep();
}

std::shared_ptr<Network> rounding_network(Graph graph, const Options& options) {
    auto network = std::make_shared<Network>();
    dequantise_weights(graph, true);
    spell_integer_products(graph);
    spell_rounding(graph);
    network->graph = std::move(graph);
    fold(*network, options);
    return network;
}

/// Of the 8-bit weights, those that are not their zero point.
double share_left(const Graph& graph) {
    std::int64_t all = 0;
    std::int64_t left = 0;
    for (const QuantisedWeight& weight : quantised_weights(graph)) {
        const Tensor& integers = graph.initializers.at(weight.name);
        const std::vector<std::int64_t> zeros = zero_points(graph, weight);
        const bool is_signed = integers.dtype() == DType::i8;
        const auto bytes = integers.bytes();
        if (bytes.size() != zeros.size()) continue;
        for (std::size_t i = 0; i < zeros.size(); ++i) {
            const auto byte = static_cast<std::uint8_t>(bytes[i]);
            left += (is_signed ? static_cast<std::int8_t>(byte) : static_cast<std::int64_t>(byte)) != zeros[i]
                        ? 1
                        : 0;
        }
        all += std::ssize(zeros);
    }
    return all == 0 ? 1 : static_cast<double>(left) / static_cast<double>(all);
}

bool has_too_few_left(const Graph& graph) {
    const double left = share_left(graph);
    return kernels::byte_units().empty() ? left < kLeastLeft : left < kLeastLeftOfQuads * quads_left(graph);
}

/// Without timing. Where sparse kernels are asked for and there is none of integers, it is f32's.
bool is_f32_by_rule(const Graph& graph, const Options& options) {
    if (options.choice == Options::Choice::sparse)
        return kernels::byte_units().empty() || has_too_few_left(graph);
    return options.choice == Options::Choice::measured && options.tuning != Options::Tuning::full &&
           has_too_few_left(graph);
}

Network& rounding_of(Network& network, const Options& options) {
    if (network.rounding == nullptr) {
        network.rounding = rounding_network(std::move(*network.plain), options);
        network.rounding->tuning = network.tuning;
        network.plain.reset();
    }
    return *network.rounding;
}

/// Which of the two programs is known or found to be faster.
bool integers_win(Network& network, Plan& integers, Plan& rounding, const std::vector<Shape>& shapes,
                  const std::string& signature) {
    const TrialTimes* known = network.tuning->layer(signature);
    if (known != nullptr && known->us.contains("integers") && known->us.contains("f32"))
        return known->us.at("integers") <= known->us.at("f32");
    const auto timings = time_plans(integers, rounding, network.graph.inputs, shapes, kSeconds);
    network.tuning->set_layer(
        signature, {.us = {{"integers", timings[0].median_us}, {"f32", timings[1].median_us}}, .full = true});
    return timings[0].median_us <= timings[1].median_us;
}

}  // namespace

std::shared_ptr<Network> make_network(Graph graph, const Options& options) {
    if (!CompileLog(options.without).does("keep-integers"))
        return rounding_network(std::move(graph), options);
    const IntegerLayers layers(graph, infer_types(graph), Readers(graph), false);
    if (layers.weights().empty() && layers.products().empty())
        return rounding_network(std::move(graph), options);
    auto network = std::make_shared<Network>();
    network->kept = layers.weights();
    network->plain = graph;
    network->graph = std::move(graph);
    spell_integer_products(network->graph, layers.products());
    fold(*network, options);
    return network;
}

Plan make_fastest_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes) {
    if (!network.plain && network.rounding == nullptr) return make_plan(network, options, input_shapes);
    if (is_f32_by_rule(network.graph, options))
        return make_plan(rounding_of(network, options), options, input_shapes);
    Plan integers = make_plan(network, options, input_shapes);
    if (options.tuning != Options::Tuning::full || !integers.open.empty()) return integers;
    Plan rounding = make_plan(rounding_of(network, options), options, input_shapes);
    const std::string signature = signature_of("integers or f32", network, options, input_shapes);
    return integers_win(network, integers, rounding, input_shapes, signature) ? std::move(integers)
                                                                              : std::move(rounding);
}

}  // namespace espalier::runtime
