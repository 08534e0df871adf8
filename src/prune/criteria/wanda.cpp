// score = |w_oi| * ||x_i||_2
// Sun et al. 2024, "A Simple and Effective Pruning Approach for Large Language Models": by how much the
// layer's output changes, over the chosen batches, without the weight. For the paper's ranking within each
// output take scope "output-wise".
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::wanda_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"input-norm"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const Layout& layout = scored.layout;
    const std::span<const float> norm = scored.candidate.signal("input-norm");
    const bool by_position = static_cast<std::int64_t>(norm.size()) != layout.inputs();
    std::int64_t row = first / layout.cols;
    std::int64_t col = first % layout.cols;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        std::int64_t input = layout.output_axis == 0 ? col : row * layout.kernel + col % layout.kernel;
        if (!by_position) input /= layout.kernel;
        const float weight = scored.candidate.weight[static_cast<std::size_t>(first) + i];
        scores[i] = std::abs(weight) * norm[static_cast<std::size_t>(input)];
        if (++col == layout.cols) {
            col = 0;
            ++row;
        }
    }
}

}  // namespace

extern const Criterion wanda{.name = "wanda",
                             .summary = "size of the weight times the norm of its input",
                             .formula = "|w| * ||x||",
                             .source = "Sun et al. 2024, A Simple and Effective Pruning Approach for LLMs",
                             .needs = kNeeds,
                             .signals_mode = SignalsMode::evaluation,
                             .score = score,
                             .reads = kReads};

}  // namespace espalier::prune::criteria_::wanda_
