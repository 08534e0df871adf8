// What RigL grows and what GraSP cuts on a network with batch normalisation, against an independent
// computation in double: the network written out by hand, its derivatives by central differences of the loss
// under the batches' own statistics.
#include "lottery/pruning/pruner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.h"
#include "espalier/surgery.h"
#include "graph/builder.h"
#include "prune/criterion.h"
#include "prune/scheduling/schedule.h"
#include "train/blobs.h"

namespace espalier::lottery {
namespace {

constexpr std::int64_t kIn = 4;
constexpr std::int64_t kHidden = 5;
constexpr std::int64_t kClasses = 3;
constexpr std::int64_t kExamples = 12;
constexpr std::int64_t kBatch = 4;
constexpr std::uint64_t kSeed = 3;

using Doubles = std::map<std::string, std::vector<double>>;
enum class Mode : std::uint8_t { evaluation, training };

class PrunerModes : public ::testing::Test {
  protected:
    PrunerModes() {
        GraphBuilder builder("normalised", 3);
        std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(2), Dim(2)});
        x = builder.batch_norm("norm", builder.linear("a", builder.flatten("flatten", x), kIn, kHidden));
        builder.output(builder.linear("b", builder.relu("relu", x), kHidden, kClasses));
        graph_ = std::move(builder).finish();
        const auto set = [&](const char* name, std::vector<float> values) {
            std::ranges::copy(values, graph_.initializers.at(name).f32().begin());
        };
        // Far from what the batches have, so that the two modes disagree.
        set("norm.mean", {2, -1, 0.5F, -2, 1});
        set("norm.variance", {4, 0.1F, 9, 0.5F, 2});
        set("norm.scale", {1, 0.5F, 2, 1.5F, 0.8F});
        set("norm.bias", {0.3F, 0.1F, -0.1F, 0.2F, 0.4F});
        dataset_ = testing::blob_dataset(kExamples, kClasses, 2);
        recipe_ = Recipe::from_text(
            "[train]\nbatch_size = 4\n[prune]\nsparsity = 0.5\nscope = \"global\"\nrounds = 1\n", "r.toml");
        for (const auto& [name, tensor] : graph_.initializers)
            parameters_[name] = {tensor.f32().begin(), tensor.f32().end()};
    }

    double pixel(std::uint32_t example, std::int64_t k) const {
        const double byte =
            dataset_.train.images()
                .as<std::uint8_t>()[static_cast<std::size_t>(std::int64_t{example} * kIn + k)];
        return (byte / 255 - double{dataset_.normalization.mean[0]}) /
               double{dataset_.normalization.deviation[0]};
    }

    static double at(const Doubles& p, const char* name, std::int64_t i) {
        return p.at(name)[static_cast<std::size_t>(i)];
    }

    /// The mean cross-entropy of one batch, of its outputs over `temperature`.
    double loss(const Doubles& p, std::span<const std::uint32_t> batch, Mode mode, double temperature) const {
        const auto n = static_cast<std::int64_t>(batch.size());
        std::vector<double> h(static_cast<std::size_t>(n * kHidden));
        for (std::int64_t o = 0; o < kHidden; ++o) {
            double mean = at(p, "norm.mean", o);
            double variance = at(p, "norm.variance", o);
            std::vector<double> z;
            for (const std::uint32_t example : batch) {
                z.push_back(at(p, "a.bias", o));
                for (std::int64_t i = 0; i < kIn; ++i)
                    z.back() += at(p, "a.weight", o * kIn + i) * pixel(example, i);
            }
            if (mode == Mode::training) {
                mean = std::accumulate(z.begin(), z.end(), 0.0) / static_cast<double>(n);
                variance = 0;
                for (const double v : z) variance += (v - mean) * (v - mean) / static_cast<double>(n);
            }
            for (std::int64_t e = 0; e < n; ++e) {
                const double normal = (z[static_cast<std::size_t>(e)] - mean) / std::sqrt(variance + 1e-5);
                h[static_cast<std::size_t>(e * kHidden + o)] =
                    std::max(0.0, normal * at(p, "norm.scale", o) + at(p, "norm.bias", o));
            }
        }
        double sum = 0;
        for (std::int64_t e = 0; e < n; ++e) {
            double normaliser = 0;
            double own = 0;
            for (std::int64_t c = 0; c < kClasses; ++c) {
                double z = at(p, "b.bias", c);
                for (std::int64_t i = 0; i < kHidden; ++i)
                    z += at(p, "b.weight", c * kHidden + i) * h[static_cast<std::size_t>(e * kHidden + i)];
                normaliser += std::exp(z / temperature);
                if (c == dataset_.train.classes()[batch[static_cast<std::size_t>(e)]]) own = z / temperature;
            }
            sum += std::log(normaliser) - own;
        }
        return sum / static_cast<double>(n);
    }

    /// Over the first epoch of a data order.
    double mean_loss(const Doubles& p, std::uint64_t seed, Mode mode, double temperature) const {
        const auto order = data::epoch_order(seed, 0, kExamples);
        double sum = 0;
        for (std::int64_t first = 0; first < kExamples; first += kBatch) {
            sum +=
                loss(p, std::span(order).subspan(static_cast<std::size_t>(first), kBatch), mode, temperature);
        }
        return sum * kBatch / kExamples;
    }

    template <class F>
    static double slope(Doubles p, const std::string& name, std::size_t index, double step, F&& f) {
        p.at(name)[index] += step;
        const double up = f(p);
        p.at(name)[index] -= 2 * step;
        return (up - f(p)) / (2 * step);
    }

    Doubles gradient(const Doubles& p, std::uint64_t seed, Mode mode, double temperature) const {
        Doubles g;
        for (const auto& [name, values] : p) {
            if (name == "norm.mean" || name == "norm.variance") continue;
            for (std::size_t i = 0; i < values.size(); ++i) {
                g[name].push_back(slope(p, name, i, 1e-4, [&](const Doubles& q) {
                    return mean_loss(q, seed, mode, temperature);
                }));
            }
        }
        return g;
    }

    static std::map<std::string, std::vector<float>> as_floats(const Doubles& values) {
        std::map<std::string, std::vector<float>> out;
        for (const auto& [name, numbers] : values) out[name] = {numbers.begin(), numbers.end()};
        return out;
    }

    Graph graph_;
    data::Dataset dataset_;
    Recipe recipe_;
    Doubles parameters_;
};

TEST_F(PrunerModes, GraspCutsByTheLossOfTraining) {
    recipe_.prune.criterion = "grasp";
    const auto expected = [&](Mode mode, double temperature) {
        // d/dw_i (|g|^2 / 2) = (H g)_i.
        const auto half_square = [&](const Doubles& p) {
            double sum = 0;
            for (const auto& [name, g] : gradient(p, kSeed, mode, temperature))
                for (const double one : g) sum += one * one / 2;
            return sum;
        };
        Doubles product;
        auto candidates = surgery::candidates(graph_, graph_.initializers);
        for (const prune::Candidate& candidate : candidates) {
            for (std::size_t i = 0; i < candidate.weight.size(); ++i)
                product[candidate.name].push_back(slope(parameters_, candidate.name, i, 1e-3, half_square));
        }
        const auto floats = as_floats(product);
        for (prune::Candidate& candidate : candidates)
            candidate.signals["hessian-gradient"] = floats.at(candidate.name);
        prune::Request request;
        request.weights = std::move(candidates);
        request.criterion = "grasp";
        request.target.sparsity = 0.5;
        return prune::plan(request).masks;
    };
    const prune::MaskSet kept = surgery::all_kept(graph_);
    Pruner pruner(recipe_, graph_, dataset_, kSeed);
    const prune::MaskSet masks = pruner.cut(
        {.weights = graph_.initializers, .masks = kept, .initial = graph_.initializers, .movement = nullptr},
        {.sparsity = 0.5}, "level 1");
    EXPECT_EQ(masks, expected(Mode::training, 200));
    EXPECT_NE(masks, expected(Mode::evaluation, 200));
    EXPECT_NE(masks, expected(Mode::training, 1));
}

TEST_F(PrunerModes, RiglGrowsByTheLossOfTraining) {
    prune::MaskSet kept;
    Weights weights = graph_.initializers;
    for (const std::string& name : prunable_weights(graph_)) {
        prune::Mask mask(weights.at(name).shape());
        for (std::int64_t i = 0; i < mask.count(); i += 2) mask.set(i, false);
        kept.insert(name, std::move(mask));
    }
    kept.apply(weights);
    for (auto& [name, values] : parameters_)
        values = {weights.at(name).f32().begin(), weights.at(name).f32().end()};
    const std::uint64_t seed = hash_u64("prune/step 100", kSeed);
    const auto expected = [&](Mode mode) {
        const auto floats = as_floats(gradient(parameters_, seed, mode, 1));
        prune::RegrowRequest request;
        request.weights = surgery::candidates(graph_, weights);
        for (prune::Candidate& candidate : request.weights)
            candidate.signals["gradient"] = floats.at(candidate.name);
        request.current = &kept;
        request.drop_fraction = 0.4;
        return prune::regrow(request);
    };
    Pruner pruner(recipe_, graph_, dataset_, kSeed);
    const Weights before = weights;
    const prune::Action action = prune::action_at(
        {.schedule = "rigl", .steps = 1000, .sparsity = 0.5, .drop_fraction = 0.4, .decay = "constant"}, 100);
    const prune::MaskSet masks = pruner.regrow(
        {.weights = weights, .masks = kept, .initial = graph_.initializers, .movement = nullptr}, action,
        "step 100");
    EXPECT_EQ(masks, expected(Mode::training));
    EXPECT_NE(masks, expected(Mode::evaluation));
    EXPECT_EQ(weights, before);
}

}  // namespace
}  // namespace espalier::lottery
