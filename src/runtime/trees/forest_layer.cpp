#include "runtime/trees/forest_layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "graph/trees/scores.h"
#include "kernels/forest_walk/ranked_trees.h"
#include "runtime/execute/reference_step.h"
#include "runtime/trees/pack_forest.h"

namespace espalier::runtime {
namespace {

// Of a step of the walk, from the first cache.
constexpr double kStepUs = 0.0006;

/// What of a site a kernel needs.
struct ForestSite {
    explicit ForestSite(const LoweringContext& site) {
        const Shape& x = site.operands[0].shape;
        columns = x.back();
        rows = x.size() == 1 ? 1 : x.front();
        const Node& node = site.node;
        const std::size_t place = node.op == "TreeEnsembleClassifier" ? 1 : 0;
        labels = place == 1 && !node.outputs[0].empty();
        scores = node.outputs.size() > place && !node.outputs[place].empty();
        scores_dtype = node.op == "TreeEnsemble" ? site.operands[0].dtype : DType::f32;
    }

    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool labels = false;  // which outputs are read
    bool scores = false;
    DType scores_dtype = DType::f32;
};

template <class T>
class ForestKernel final : public Kernel {
  public:
    ForestKernel(std::shared_ptr<const trees::Ensemble> ensemble,
                 std::shared_ptr<const kernels::Forest<T>> forest, const ForestSite& site, int threads)
        : ensemble_(std::move(ensemble)),
          forest_(std::move(forest)),
          site_(site),
          threads_(threads),
          direct_(site.scores && site.scores_dtype == dtype_of<T>) {}

    std::size_t scratch_bytes() const override {
        return sums_bytes() +
               kernels::forest_scratch_bytes(*forest_, site_.columns) * static_cast<std::size_t>(threads_);
    }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        T* sums = direct_ ? outputs[site_.labels ? 1 : 0].template as<T>() : reinterpret_cast<T*>(scratch);
        kernels::forest_walk(*forest_, site_.rows, site_.columns, inputs[0].template as<T>(), sums,
                             scratch + sums_bytes(), threads_);
        float* to = site_.scores && !direct_ ? outputs[site_.labels ? 1 : 0].f32() : nullptr;
        std::int64_t* labels = site_.labels ? outputs[0].as<std::int64_t>() : nullptr;
        const auto finish = [this, sums, to, labels](std::int64_t begin, std::int64_t end) {
            finish_rows(sums, to, labels, begin, end);
        };
        if (threads_ <= 1 || site_.rows < 256) return finish(0, site_.rows);
        parallel_for(site_.rows, threads_,
                     [&finish](std::int64_t begin, std::int64_t end) { finish(begin, end); });
    }

  private:
    std::size_t sums_bytes() const {
        if (direct_) return 0;
        return static_cast<std::size_t>(site_.rows * ensemble_->outputs) * sizeof(T) / 64 * 64 + 64;
    }

    void finish_rows(T* sums, float* to, std::int64_t* labels, std::int64_t begin, std::int64_t end) const {
        const auto outputs = static_cast<std::size_t>(ensemble_->outputs);
        std::vector<std::uint8_t> scored(outputs, forest_->leaves == kernels::ForestLeaves::all ? 1 : 0);
        for (const std::uint32_t output : forest_->output_of) scored[output] = 1;
        for (std::int64_t row = begin; row < end; ++row) {
            const std::span<T> of_row(sums + row * ensemble_->outputs, outputs);
            const std::int64_t label = trees::finish<T>(*ensemble_, of_row, scored);
            if (labels != nullptr) labels[row] = label;
            if (to == nullptr) continue;
            std::ranges::transform(of_row, to + row * ensemble_->outputs,
                                   [](T sum) { return static_cast<float>(sum); });
        }
    }

    std::shared_ptr<const trees::Ensemble> ensemble_;
    std::shared_ptr<const kernels::Forest<T>> forest_;
    ForestSite site_;
    int threads_;
    bool direct_ = false;  // sums lie in the output
};

template <class T>
std::vector<Candidate> candidates_of(const LoweringContext& site, trees::Ensemble ensemble) {
    auto forest = std::make_shared<const kernels::Forest<T>>(pack_forest<T>(ensemble));
    const double steps = kernels::forest_steps(*forest, kernels::ranked_lanes());
    // What finishing a row needs of it is little.
    ensemble.nodes = {};
    ensemble.weights = {};
    auto rest = std::make_shared<const trees::Ensemble>(std::move(ensemble));
    const Shape& x = site.operands[0].shape;
    const double rows = x.size() == 1 ? 1 : static_cast<double>(x.front());
    // Made at once: the site does not outlive this call.
    auto one = std::make_shared<const ForestSite>(site);
    const std::string name =
        forest->parts.empty() ? "forest_walk" : "ranked_trees " + kernels::ranked_trees_instruction_set();
    return {{.name = name,
             .single_us = rows * steps * kStepUs,
             .make = [rest, forest, one](int threads) -> std::shared_ptr<Kernel> {
                 return std::make_shared<ForestKernel<T>>(rest, forest, *one, threads);
             }}};
}

}  // namespace

bool takes_forest(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    const DType dtype = types.at(node.inputs[0]).dtype;
    return dtype == DType::f32 || dtype == DType::f64;
}

std::vector<Candidate> walked_forest(const LoweringContext& site) {
    trees::Ensemble ensemble = trees::ensemble_of(site.node);
    const std::int64_t columns = site.operands[0].shape.back();
    if (trees::features_read(ensemble) > columns)
        throw InvalidModel(fmt::format("{}: its trees test column {}, and the input has {}",
                                       describe(site.node), trees::features_read(ensemble) - 1, columns));
    if (!can_pack(ensemble)) return kEvaluated.candidates(site);
    return site.operands[0].dtype == DType::f64 ? candidates_of<double>(site, std::move(ensemble))
                                                : candidates_of<float>(site, std::move(ensemble));
}

}  // namespace espalier::runtime
