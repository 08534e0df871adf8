#include "calibrate/reconstruct.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/text/numbers.h"
#include "calibrate/biases.h"
#include "calibrate/choose/column_groups.h"
#include "calibrate/layer_matrix.h"
#include "calibrate/walk/layer_rows.h"
#include "espalier/error.h"
#include "espalier/surgery.h"
#include "prune/units/arrange.h"

namespace espalier::calibrate {
namespace {

class Reconstructor {
  public:
    Reconstructor(Graph& graph, const Reconstruct& how, const Batches& batches)
        : graph_(graph), how_(how), batches_(batches), grain_(prune::parse_grain(how.granularity)) {
        for (const std::string& name : how.methods) methods_.push_back(&reconstructions().get(name));
        result_.masks = how.plan->masks;
    }

    Reconstructed run() {
        for (const prune::Candidate& candidate : surgery::candidates(graph_, graph_.initializers)) {
            prune::Candidate shape = candidate;
            shape.weight = {};
            candidates_.emplace(candidate.name, shape);
        }
        const std::set<std::string> weights = planned_weights();
        if (std::ranges::any_of(methods_, [](const auto* method) { return method->shifts; }))
            give_biases(graph_, weights);
        Walk walk(graph_, weights, batches_, how_.threads);
        for (std::size_t done = 1; !walk.is_done(); ++done) {
            walk.advance();
            for (const Site& site : walk.sites()) {
                if (site.is_first) prune(walk, site);
                if (how_.progress)
                    how_.progress(static_cast<double>(result_.layers.size()) /
                                  static_cast<double>(how_.plan->layers.size()));
            }
        }
        for (std::size_t batch = 0; batch < batches_.size(); ++batch)
            result_.outputs.push_back(walk.outputs(batch));
        return std::move(result_);
    }

  private:
    std::set<std::string> planned_weights() const {
        std::set<std::string> layers;
        for (const prune::LayerPlan& layer : how_.plan->layers) layers.insert(layer.name);
        std::set<std::string> weights;
        for (const auto& [name, candidate] : candidates_) {
            for (std::size_t part = 0; part < parts_of(candidate); ++part) {
                if (layers.contains(part_name(candidate, part))) weights.insert(name);
            }
        }
        return weights;
    }

    std::vector<Gram> grams_of(const Walk& walk, const Site& site, ColumnOrder order) const {
        std::vector<Gram> grams;
        LayerRows layer(graph_, walk, site, how_.threads);
        for (const Node* reader : site.readers) {
            for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
                const InputRows rows = layer.of(*reader, batch, order);
                if (rows.width() > kWidest)
                    throw InvalidArgument(
                        fmt::format("\"{}\" has {} inputs an output, and X'X is taken of at most {}: --keep "
                                    "leaves it whole, "
                                    "criterion \"wanda\" alone has no such limit",
                                    site.weight, with_commas(rows.width()), with_commas(kWidest)));
                add_rows(rows, grams, how_.threads);
            }
        }
        for (const Gram& gram : grams) {
            const double size = gram.mean_square();
            if (std::isfinite(size) && (size > 0 || grams.size() > 1)) continue;
            throw BadData(
                fmt::format("calibration: the inputs of \"{}\" are {}; --keep leaves it whole", site.weight,
                            size == 0 ? "all zero once the layers before it are pruned" : "not finite"));
        }
        return grams;
    }

    /// Zeros alone, where X'X is too large to measure what they cost.
    void prune_unmeasured(const Site& site) {
        const prune::Mask& mask = how_.plan->masks.at(site.weight);
        mask.apply(graph_.initializers.at(site.weight).f32());
        result_.layers.push_back({.layer = site.weight,
                                  .kept = mask.kept(),
                                  .relative = std::numeric_limits<double>::quiet_NaN()});
    }

    void prune(const Walk& walk, const Site& site) {
        const prune::Candidate& candidate = candidates_.at(site.weight);
        const LayerMatrix first(candidate, 0, grain_);
        if (methods_.empty() && first.inputs() > kWidest) return prune_unmeasured(site);
        const std::vector<Gram> grams = grams_of(walk, site, first.order());
        prune::Mask mask = how_.plan->masks.at(site.weight);
        std::vector<double> shift;
        const std::size_t parts = parts_of(candidate);
        for (std::size_t part = 0; part < parts; ++part) {
            const LayerMatrix matrix(candidate, part, grain_);
            // Gates of a direction see its states; those of both the same inputs.
            const std::size_t gram = matrix.groups() > 1 ? 0 : part * grams.size() / parts;
            prune_part(site, part_name(candidate, part), matrix, std::span(grams).subspan(gram), mask, shift);
        }
        warn_of_few_rows(site.weight);
        if (!shift.empty()) add_shift(site, shift);
        result_.masks.insert(site.weight, std::move(mask));
    }

    /// Changes the part's weights and its places in `mask`; of a method that shifts, `shift`.
    void prune_part(const Site& site, const std::string& name, const LayerMatrix& matrix,
                    std::span<const Gram> grams, prune::Mask& mask, std::vector<double>& shift) {
        const auto start = std::chrono::steady_clock::now();
        Tensor& weight = graph_.initializers.at(site.weight);
        const prune::Mask& planned = how_.plan->masks.at(site.weight);
        const bool chooses = !methods_.empty() && methods_.front()->chooses;
        const std::int64_t kept = matrix.kept(planned);
        const std::int64_t groups = matrix.groups();
        Squares squares;
        for (std::int64_t group = 0; group < groups; ++group) {
            LayerProblem problem;
            problem.name = name;
            problem.outputs = matrix.outputs();
            problem.inputs = matrix.inputs();
            problem.before = matrix.values(group, weight.f32());
            problem.weight = problem.before;
            problem.keep = matrix.bits(group, chooses ? how_.before->at(site.weight) : planned);
            problem.gram = &grams[static_cast<std::size_t>(group)];
            problem.units = matrix.units();
            problem.kept = kept * (group + 1) / groups - kept * group / groups;
            problem.threads = how_.threads;
            solve(problem);
            const Squares own = squares_of(problem);
            squares.error += own.error;
            squares.output += own.output;
            if (!problem.shift.empty()) {  // a group without inputs has none
                shift.resize(static_cast<std::size_t>(groups * matrix.outputs()), 0.0);
                std::ranges::copy(problem.shift, shift.begin() + group * matrix.outputs());
            }
            matrix.write(group, problem, weight.f32(), mask);
            result_.notes.insert(result_.notes.end(), problem.notes.begin(), problem.notes.end());
        }
        result_.layers.push_back(
            {.layer = name,
             .kept = matrix.kept(mask),
             .relative = squares.output > 0 ? std::sqrt(squares.error / squares.output) : 0,
             .rows = grams.front().rows,
             .inputs = matrix.inputs(),
             .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
    }

    void add_shift(const Site& site, const std::vector<double>& shift) {
        if (!site.is_plain()) {
            result_.notes.push_back(fmt::format(
                "\"{}\" has no bias of its own outputs that could take what they lose in the mean",
                site.weight));
            return;
        }
        for (const Node* reader : site.readers) shift_outputs(graph_, *reader, shift);
    }

    void solve(LayerProblem& problem) const {
        apply_mask(problem);
        // Of a group whose inputs are all zero any mask is right: the largest weights stay.
        if (problem.gram->mean_square() == 0) {
            if (methods_.empty() || !methods_.front()->chooses) return;
            std::vector<float> squares = problem.weight;
            for (float& value : squares) value *= value;
            const auto left = std::accumulate(problem.keep.begin(), problem.keep.end(), std::int64_t{0});
            choose(problem, 0, problem.inputs, squares, std::max<std::int64_t>(0, left - problem.kept));
            return apply_mask(problem);
        }
        for (const Reconstruction* method : methods_) {
            method->run(problem);
            apply_mask(problem);
        }
    }

    void warn_of_few_rows(const std::string& weight) {
        const LayerError& layer = result_.layers.back();
        if (layer.rows >= layer.inputs || methods_.empty()) return;
        result_.notes.push_back(fmt::format(
            "\"{}\": {} rows of calibration for {} inputs are too few to tell them apart; what is not "
            "known of them is left to damping of 1 % of their mean square",
            weight, with_commas(layer.rows), with_commas(layer.inputs)));
    }

    static std::size_t parts_of(const prune::Candidate& candidate) {
        return std::max<std::size_t>(1, candidate.form.parts.size());
    }

    Graph& graph_;
    const Reconstruct& how_;
    const Batches& batches_;
    prune::Grain grain_;
    std::vector<const Reconstruction*> methods_;
    std::map<std::string, prune::Candidate> candidates_;  // without values
    Reconstructed result_;
};

}  // namespace

Reconstructed reconstruct(Graph& graph, const Reconstruct& how, const Batches& batches) {
    return Reconstructor(graph, how, batches).run();
}

}  // namespace espalier::calibrate
