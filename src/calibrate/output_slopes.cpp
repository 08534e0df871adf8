#include "calibrate/output_slopes.h"

#include <cmath>
#include <map>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::calibrate {
namespace {

using Shapes = std::map<std::string, Shape>;

Tensor signs(const Tensor& output, Random& random) {
    double squares = 0;
    for (const float value : output.f32()) squares += static_cast<double>(value) * value;
    if (!std::isfinite(squares)) throw BadData("calibration: outputs are not finite over these data");
    const float size = squares > 0 ? static_cast<float>(1 / std::sqrt(squares)) : 0;
    Tensor tensor(DType::f32, output.shape());
    for (float& value : tensor.f32()) value = (random.next_u32() & 1) != 0 ? size : -size;
    return tensor;
}

struct Compiled {
    runtime::Session session;
    std::map<std::string, std::string> seeds;
};

Compiled compiled(const Graph& graph, const Shapes& shapes, const SlopeRequest& request) {
    Graph sized = graph;
    set_input_shapes(sized, shapes);
    Gradients gradients = with_gradients(std::move(sized), request.values);
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

std::int64_t slopes(const Graph& graph, const Batches& batches, const SlopeRequest& request) {
    if (batches.empty()) throw InvalidArgument("calibration: there are no data");
    Batches single;
    for (const NamedTensors& batch : batches) {
        for (NamedTensors& part : divided(graph, batch, 1)) single.push_back(std::move(part));
    }
    const auto outputs = outputs_of(graph, single, request.threads);
    const std::size_t times = (kFewestRuns + single.size() - 1) / single.size();
    Random random(request.seed, "output-slopes");
    std::map<Shapes, Compiled> by_shapes;
    for (std::size_t i = 0; i < single.size(); ++i) {
        Shapes shapes;
        for (const auto& [name, tensor] : single[i]) shapes.emplace(name, tensor.shape());
        auto at = by_shapes.find(shapes);
        if (at == by_shapes.end()) at = by_shapes.emplace(shapes, compiled(graph, shapes, request)).first;
        NamedTensors inputs = single[i];
        for (std::size_t time = 0; time < times; ++time) {
            for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
                const auto seed = at->second.seeds.find(graph.outputs[o].name);
                if (seed != at->second.seeds.end())
                    inputs.insert_or_assign(seed->second, signs(outputs[i][o], random));
            }
            request.take(at->second.session.run(inputs));
        }
        if (request.progress)
            request.progress(static_cast<double>(i + 1) / static_cast<double>(single.size()));
    }
    return static_cast<std::int64_t>(single.size() * times);
}

}  // namespace espalier::calibrate
