#include "calibrate/slopes/output_slopes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/analysis/input_shapes.h"
#include "graph/analysis/readers.h"
#include "graph/bodies/inlined.h"
#include "tensor/convert.h"

namespace espalier::calibrate {
namespace {

using Shapes = std::map<std::string, Shape>;

Tensor signs(const Tensor& output, Random& random) {
    double squares = 0;
    const Tensor values = converted(output, DType::f64);
    for (const double value : values.as<double>()) squares += value * value;
    if (!std::isfinite(squares)) throw BadData("calibration: outputs are not finite over these data");
    const double size = squares > 0 ? 1 / std::sqrt(squares) : 0;
    Tensor tensor(DType::f64, output.shape());
    for (double& value : tensor.as<double>()) value = (random.next_u32() & 1) != 0 ? size : -size;
    return converted(tensor, output.dtype());
}

/// With outputs that a last Cast makes halves as what it reads.
Graph with_real_outputs(Graph graph) {
    const auto types = infer_types(graph);
    for (Value& output : graph.outputs) {
        const Node* const maker = maker_of(graph, output.name);
        if (!is_half(output.type.dtype) || maker == nullptr || maker->op != "Cast") continue;
        output = {maker->inputs[0], types.at(maker->inputs[0])};
    }
    return graph;
}

void check_finite(const std::vector<Tensor>& slopes) {
    for (const Tensor& tensor : slopes) {
        if (!std::ranges::all_of(tensor.f32(), [](float slope) { return std::isfinite(slope); }))
            throw BadData("calibration: slopes of the outputs are not finite over these data");
    }
}

struct Compiled {
    runtime::Session session;
    std::map<std::string, std::string> seeds;
};

Compiled compiled(const Graph& graph, const Shapes& shapes, const SlopeRequest& request) {
    Graph sized = graph;
    set_input_shapes(sized, shapes);
    if (has_bodies(sized)) sized = with_bodies_inlined(sized);
    Gradients gradients = with_gradients(std::move(sized), request.values);
    if (gradients.seeds.empty())
        throw Unsupported("slopes of the outputs: no output of the network holds real numbers");
    gradients.graph.outputs.clear();
    request.finish(gradients);
    return {runtime::compile(std::move(gradients.graph), {.threads = request.threads,
                                                          .choice = runtime::Options::Choice::dense,
                                                          .tuning = runtime::Options::Tuning::none}),
            std::move(gradients.seeds)};
}

/// Of few examples each is asked several times, so that chance averages out.
constexpr std::size_t kFewestRuns = 64;

}  // namespace

std::int64_t slopes(const Graph& network, const Batches& batches, const SlopeRequest& request) {
    if (batches.empty()) throw InvalidArgument("calibration: there are no data");
    const Graph graph = with_real_outputs(network);
    Batches single;
    for (const NamedTensors& batch : batches) {
        for (NamedTensors& part : divided(graph, batch, 1)) single.push_back(std::move(part));
    }
    const auto outputs = outputs_of(graph, single, request.threads);
    const std::size_t times = (kFewestRuns + single.size() - 1) / single.size();
    // Sessions hold weights of their own: one at a time.
    std::map<Shapes, std::vector<std::size_t>> by_shapes;
    for (std::size_t i = 0; i < single.size(); ++i) by_shapes[shapes_of(single[i])].push_back(i);
    std::size_t done = 0;
    for (const auto& [shapes, examples] : by_shapes) {
        Compiled now = compiled(graph, shapes, request);
        for (const std::size_t i : examples) {
            Random random(request.seed, fmt::format("output-slopes/{}", i));
            NamedTensors inputs = single[i];
            for (std::size_t time = 0; time < times; ++time) {
                for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
                    const auto seed = now.seeds.find(graph.outputs[o].name);
                    if (seed != now.seeds.end())
                        inputs.insert_or_assign(seed->second, signs(outputs[i][o], random));
                }
                const std::vector<Tensor> slopes = now.session.run(inputs);
                check_finite(slopes);
                request.take(slopes);
            }
            if (request.progress)
                request.progress(static_cast<double>(++done) / static_cast<double>(single.size()));
        }
    }
    return static_cast<std::int64_t>(single.size() * times);
}

}  // namespace espalier::calibrate
