#include "calibrate/slopes/squared_gradients.h"

namespace espalier::calibrate {

std::map<std::string, std::vector<float>> squared_gradients(const Graph& graph,
                                                            const std::set<std::string>& weights,
                                                            const Batches& batches, std::uint64_t seed,
                                                            int threads, const Progress& progress) {
    const std::vector<std::string> names(weights.begin(), weights.end());
    std::vector<std::vector<double>> sums;
    for (const std::string& name : names)
        sums.emplace_back(static_cast<std::size_t>(graph.initializers.at(name).count()));
    SlopeRequest request{
        .values = names, .finish = {}, .take = {}, .seed = seed, .threads = threads, .progress = progress};
    request.finish = [&](Gradients& gradients) {
        for (const std::string& name : names) {
            const Shape& shape = graph.initializers.at(name).shape();
            gradients.graph.outputs.push_back({gradients.of.at(name), {DType::f32, to_dims(shape)}});
        }
    };
    request.take = [&](const std::vector<Tensor>& slopes) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            double* sum = sums[i].data();
            for (const float slope : slopes[i].f32()) *sum++ += static_cast<double>(slope) * slope;
        }
    };
    const auto runs = static_cast<double>(slopes(graph, batches, request));
    std::map<std::string, std::vector<float>> means;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::vector<float>& mean = means[names[i]];
        for (const double sum : sums[i]) mean.push_back(static_cast<float>(sum / runs));
    }
    return means;
}

}  // namespace espalier::calibrate
