// score = (|w_oi| / sum_k |w_ok| + |w_oi| / sum_k |w_ki|) * ||x_i||_2^a, a = 1/2
// Zhang et al. 2024, "Plug-and-Play: An Efficient Post-training Pruning Method for Large Language Models": a
// weight matters by its share of its output and of its input, so that no input or output loses all of its
// weights. In a convolution every place in the kernel is an input.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::ria_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"input-norm", "input-sum", "output-sum"};

float share(float part, float whole) { return whole > 0 ? part / whole : 0; }

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const Layout& layout = scored.layout;
    const auto by_input = [&](std::string_view name, std::int64_t input) {
        const std::span<const float> values = scored.candidate.signal(name);
        const bool by_place = static_cast<std::int64_t>(values.size()) != layout.inputs();
        return values[static_cast<std::size_t>(by_place ? input : input / layout.kernel)];
    };
    const std::span<const float> outputs = scored.candidate.signal("output-sum");
    std::int64_t row = first / layout.cols;
    std::int64_t col = first % layout.cols;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const bool is_stored = layout.output_axis == 0;
        const std::int64_t output = is_stored ? row : col / layout.kernel;
        const std::int64_t input = is_stored ? col : row * layout.kernel + col % layout.kernel;
        const float weight = std::abs(scored.candidate.weight[static_cast<std::size_t>(first) + i]);
        scores[i] = (share(weight, outputs[static_cast<std::size_t>(output)]) +
                     share(weight, by_input("input-sum", input))) *
                    std::sqrt(by_input("input-norm", input));
        if (++col == layout.cols) {
            col = 0;
            ++row;
        }
    }
}

}  // namespace

extern const Criterion ria{
    .name = "ria",
    .summary = "share of the weight in its output and its input, times the input's norm",
    .formula = "(|w| / sum over output + |w| / sum over input) * ||x||^(1/2)",
    .source = "Zhang et al. 2024, Plug-and-Play",
    .needs = kNeeds,
    .signals_mode = SignalsMode::evaluation,
    .score = score,
    .reads = kReads};

}  // namespace espalier::prune::criteria_::ria_
