// prune.permute of recipes: units of a search's network change places before its first cut, and nothing else
// about the search changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "graph/builder.h"
#include "lottery/pruning/search_order.h"
#include "lottery/ran.h"
#include "lottery/stage/sensitivity.h"
#include "tensor/axis_order.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

const std::string kFours = "granularity = \"4x1\"\nscope = \"layer-wise\"\n";
const std::string kTwoRounds = kFours + "rounds = 2\nrate = 0.5\n";
const std::string kRewind = "[retrain]\nto = \"3it\"\n";

SearchOrder order_of(const Ran& ran, std::size_t stage) {
    return load_order(ran.run().stage_folder(ran.spec(stage).hash) / "order.safetensors");
}

/// That undoes it.
AxisOrders inverse(const AxisOrders& orders) {
    AxisOrders out = orders;
    for (auto& [name, axes] : out) {
        for (auto& [axis, order] : axes) {
            const std::vector<std::int64_t> from = order;
            for (std::size_t i = 0; i < from.size(); ++i)
                order[static_cast<std::size_t>(from[i])] = static_cast<std::int64_t>(i);
        }
    }
    return out;
}

prune::MaskSet moved(const prune::MaskSet& masks, const AxisOrders& orders) {
    NamedTensors bits;
    for (const auto& [name, mask] : masks)
        bits.emplace(name, Tensor::of<float>(mask.shape(), mask.to_floats()));
    reorder(bits, orders);
    prune::MaskSet out;
    for (const auto& [name, tensor] : bits) {
        prune::Mask mask(tensor.shape(), false);
        for (std::int64_t i = 0; i < mask.count(); ++i)
            mask.set(i, tensor.f32()[static_cast<std::size_t>(i)] != 0);
        out.insert(name, std::move(mask));
    }
    return out;
}

double kept_magnitude(const Weights& weights, const prune::MaskSet& masks) {
    double sum = 0;
    for (const auto& [name, mask] : masks) {
        for (std::int64_t i = 0; i < mask.count(); ++i)
            sum += mask[i] ? std::abs(double{weights.at(name).f32()[static_cast<std::size_t>(i)]}) : 0;
    }
    return sum;
}

double squared_distance(const Tensor& a, const Tensor& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.f32().size(); ++i) {
        const double apart = double{a.f32()[i]} - double{b.f32()[i]};
        sum += apart * apart;
    }
    return sum;
}

/// Columns of four rows are there or not as a whole.
bool is_in_fours(const prune::Mask& mask) {
    const std::int64_t columns = mask.shape()[1];
    for (std::int64_t i = 0; i < mask.count(); ++i) {
        const std::int64_t row = i / columns;
        if (mask[i] != mask[(row / 4 * 4) * columns + i % columns]) return false;
    }
    return true;
}

std::vector<std::string> permutation_notes(const Ran& ran) {
    std::vector<std::string> notes;
    for (const auto& [key, text] : ran.run().facts()) {
        if (key.starts_with("note ") && text.starts_with("permutation: ")) notes.push_back(text);
    }
    return notes;
}

TEST(PermuteRun, KeepsMoreInTheSameGroups) {
    const Ran plain(kTwoRounds + kRewind);
    const Ran ran("permute = true\n" + kTwoRounds + kRewind);
    EXPECT_EQ(ran.spec(0).hash, plain.spec(0).hash);  // the dense network is the same
    EXPECT_NE(ran.spec(1).hash, plain.spec(1).hash);
    const SearchOrder order = order_of(ran, 1);
    EXPECT_FALSE(order.axes.empty());
    EXPECT_EQ(order_of(ran, 2).axes, order.axes);
    const prune::MaskSet first = ran.masks(1);
    const prune::MaskSet second = ran.masks(2);
    for (const auto& [name, mask] : second) {
        for (std::int64_t i = 0; i < mask.count(); ++i)
            ASSERT_TRUE(first.at(name)[i] || !mask[i]) << "what is gone stays gone";
    }
    for (const std::size_t level : {1, 2}) {
        const prune::MaskSet masks = ran.masks(level);
        for (const auto& [name, mask] : masks) {
            EXPECT_TRUE(is_in_fours(mask)) << name;
            // The last group of ten outputs has two.
            EXPECT_NEAR(static_cast<double>(mask.kept()),
                        static_cast<double>(plain.masks(level).at(name).kept()), 4);
        }
    }
    Weights dense = ran.weights(0, "weights.safetensors");
    const double as_it_lay = kept_magnitude(dense, plain.masks(1));
    reorder(dense, order.axes);
    EXPECT_GT(kept_magnitude(dense, ran.masks(1)), 1.02 * as_it_lay);
}

TEST(PermuteRun, SaysWhatItGained) {
    const Ran ran("permute = true\n" + kTwoRounds + kRewind);
    const std::vector<std::string> notes = permutation_notes(ran);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].find("% of the magnitude kept instead of"), std::string::npos) << notes[0];
    EXPECT_EQ(order_of(ran, 1).said, notes[0]);
    for (const int level : {1, 2}) {
        const Graph ticket = onnx::read(ran.run().ticket_path(level, 0));
        EXPECT_TRUE(ticket.metadata.at("espalier.permutation").starts_with("granularity 4x1: 0."));
    }
    EXPECT_FALSE(onnx::read(ran.run().ticket_path(0, 0)).metadata.contains("espalier.permutation"));
}

/// A ticket that rewinds is, but for the order of sums, the one of the dense network's own weights under the
/// mask as it would lie there.
TEST(PermuteRun, RewindingIsThatOfTheUnpermutedNetwork) {
    for (const std::string retrain :
         {"to = \"3it\"\n", "mode = \"reset\"\n", "mode = \"rewind-learning-rate\"\n"}) {
        const Ran ran("permute = true\n" + kFours + "rounds = 1\nrate = 0.5\n[retrain]\n" + retrain);
        const StageSpec& ticket = ran.spec(1);
        const AxisOrders order = order_of(ran, 1).axes;
        const bool as_pruned = retrain.find("rate") != std::string::npos;
        const bool is_reset = retrain.find("reset") != std::string::npos;
        const prune::MaskSet masks = moved(ran.masks(1), inverse(order));
        const std::uint64_t seed = replicate_seed(ran.recipe(), 0);
        const train::Outcome expected =
            train::run({.graph = network(ran.recipe(), ran.dataset(), seed),
                        .dataset = ran.dataset(),
                        .recipe = ran.recipe(),
                        .weights = ran.weights(0, as_pruned  ? "weights.safetensors"
                                                  : is_reset ? "step-0.safetensors"
                                                             : "step-3.safetensors"),
                        .masks = &masks,
                        .seed = seed,
                        .first_step = ticket.first_step,
                        .last_step = ticket.last_step});
        Weights wanted = expected.weights;
        reorder(wanted, order);
        for (const auto& [name, weight] : ran.weights(1, "weights.safetensors")) {
            for (std::size_t i = 0; i < weight.f32().size(); ++i)
                ASSERT_NEAR(weight.f32()[i], wanted.at(name).f32()[i], 1e-3) << retrain << name << ' ' << i;
        }
        EXPECT_NEAR(ran.record(1).test_accuracy, expected.test.score, 0.02);
    }
}

TEST(PermuteRun, LevelsCutAtOnceHaveTheSameOrder) {
    const Ran ran("permute = true\none_shot = true\n" + kTwoRounds + kRewind);
    EXPECT_EQ(order_of(ran, 1).axes, order_of(ran, 2).axes);
    EXPECT_EQ(permutation_notes(ran).size(), 2U);
}

TEST(PermuteRun, ControlsAndStabilityLieAsTheTicketDoes) {
    const Ran ran("permute = true\n" + kFours + "rounds = 1\nrate = 0.5\n" + kRewind,
                  "controls = [\"initial-mask\", \"random-mask\", \"no-mask\", \"constant-signs\"]\n"
                  "stability = [\"3it\"]\nstability_levels = [0, 1]\nstability_points = 3\n");
    Weights initial = ran.weights(0, "step-0.safetensors");
    reorder(initial, order_of(ran, 1).axes);
    for (std::size_t i = 2; i < ran.count(); ++i) {
        if (ran.spec(i).kind != StageSpec::Kind::control) continue;
        EXPECT_GT(ran.record(i).test_accuracy, 0.3) << ran.spec(i).arm();
        if (ran.spec(i).arm() != "initial-mask") continue;
        // The mask is that of the reordered network, of which it keeps the largest.
        const prune::MaskSet masks = ran.masks(i);
        const prune::Mask& mask = masks.at("fc2.weight");
        EXPECT_TRUE(is_in_fours(mask));
        double least_kept = 1e9;
        double most_cut = 0;
        const std::span<const float> values = initial.at("fc2.weight").f32();
        const std::int64_t columns = mask.shape()[1];
        for (std::int64_t at = 0; at < mask.count(); ++at) {
            if (at / columns % 4 != 0) continue;
            double group = 0;
            for (std::int64_t row = 0; row < 4; ++row)
                group += std::abs(double{values[static_cast<std::size_t>(at + row * columns)]});
            if (mask[at])
                least_kept = std::min(least_kept, group);
            else
                most_cut = std::max(most_cut, group);
        }
        EXPECT_GE(least_kept, most_cut - 1e-6);
    }
    EXPECT_EQ(ran.run().stabilities().size(), 2U);
}

TEST(PermuteRun, WhatIsMissingIsMadeAgain) {
    Ran ran("permute = true\n" + kTwoRounds + kRewind);
    const auto path = ran.run().ticket_path(1, 0);
    const Graph before = onnx::read(path);
    std::filesystem::remove(path);
    ran.run_all();
    EXPECT_EQ(onnx::read(path).initializers, before.initializers);
    EXPECT_EQ(onnx::read(path).metadata, before.metadata);
    const auto order = ran.run().stage_folder(ran.spec(1).hash) / "order.safetensors";
    std::filesystem::remove(order);
    ran.run_all();
    EXPECT_TRUE(std::filesystem::exists(order));
    EXPECT_EQ(onnx::read(path).initializers, before.initializers);
}

/// Two convolutions whose channels a residual sum couples, with normalisation and a constant for each channel
/// that is no parameter.
Graph residual() {
    GraphBuilder builder("residual", 5);
    std::string x =
        builder.conv("first", builder.input("x", {Dim("N"), 1, 6, 6}), 16, {.size = 3, .pad = 1}, false);
    x = builder.relu("relu1", builder.batch_norm("norm1", x));
    const std::string inner = builder.relu("relu2", builder.conv("inner", x, 32, {.size = 3, .pad = 1}));
    const std::string y =
        builder.batch_norm("norm2", builder.conv("outer", inner, 16, {.size = 3, .pad = 1}, false));
    x = builder.relu("relu3", builder.add("sum", x, y));
    builder.output(
        builder.linear("last", builder.flatten("flat", builder.global_average_pool("pool", x)), 16, 10));
    Graph graph = std::move(builder).finish();
    Random random(3, "statistics");
    for (auto& [name, tensor] : graph.initializers) {
        if (!name.starts_with("norm")) continue;
        for (float& value : tensor.f32()) value = 0.5F + random.uniform();
    }
    return graph;
}

/// As it came, cut at once: what the order does is all that happens to level 1.
TEST(PermuteRun, AnImportedNetworkComputesTheSame) {
    const testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", residual());
    const std::vector<std::string> changes = {"model.onnx=" + (folder / "m.onnx").string(),
                                              "train.steps=0it"};
    for (const std::string granularity : {"4x1", "2:4", "1x4"}) {
        const std::string target = granularity == "2:4" ? "" : "sparsity = 0.5\n";
        const Ran ran("permute = true\nrounds = 1\ngranularity = \"" + granularity + "\"\n" + target +
                          "[retrain]\nmode = \"none\"\nbatch_norm_batches = 0\n",
                      "", 1, changes);
        const Graph dense = onnx::read(ran.run().ticket_path(0, 0));
        const AxisOrders order = order_of(ran, 1).axes;
        EXPECT_FALSE(order.empty()) << granularity;
        Graph reordered = dense;
        reorder(reordered.initializers, order);
        EXPECT_NE(reordered.initializers, dense.initializers);
        const auto outputs = [&](const Graph& graph) {
            return train::predict(graph, {}, ran.dataset().test, ran.dataset().normalization, 1);
        };
        const Tensor expected = outputs(dense);
        const Tensor got = outputs(reordered);
        for (std::size_t i = 0; i < expected.f32().size(); ++i)
            ASSERT_NEAR(got.f32()[i], expected.f32()[i], 1e-4) << granularity;
        Weights cut = reordered.initializers;
        ran.masks(1).apply(cut);
        const Graph ticket = onnx::read(ran.run().ticket_path(1, 0));
        for (const auto& [name, tensor] : ticket.initializers) EXPECT_EQ(tensor, cut.at(name)) << name;
    }
}

TEST(PermuteRun, SchedulesBeginInTheOrder) {
    const Ran before("permute = true\nschedule = \"before-training\"\nrounds = 1\nrate = 0.5\n" + kFours);
    EXPECT_FALSE(order_of(before, 1).axes.empty());
    const prune::MaskSet masks = before.masks(1);
    for (const auto& [name, mask] : masks) EXPECT_TRUE(is_in_fours(mask)) << name;
    EXPECT_GT(before.record(1).test_accuracy, 0.5);

    const testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", residual());
    const Ran gradual(
        "permute = true\nschedule = \"agp\"\nrounds = 1\nsparsity = 0.5\nevery = \"4it\"\n" + kFours, "", 1,
        {"model.onnx=" + (folder / "m.onnx").string()});
    EXPECT_FALSE(order_of(gradual, 1).axes.empty());
    const Weights end = gradual.weights(1, "weights.safetensors");
    const prune::MaskSet left = gradual.masks(1);
    const auto distance = [&](Weights initial) {
        left.apply(initial);
        return squared_distance(initial.at("inner.weight"), end.at("inner.weight"));
    };
    Weights initial = gradual.weights(0, "step-0.safetensors");
    const double as_it_lay = distance(initial);
    reorder(initial, order_of(gradual, 1).axes);
    EXPECT_LT(distance(initial), 0.5 * as_it_lay);
}

TEST(PermuteRun, WhatCannotBeIsRefused) {
    const auto refuse = [](const std::string& prune) {
        check_names(Recipe::from_text("[prune]\npermute = true\n" + prune, "r.toml"));
    };
    EXPECT_ERROR(BadRecipe, "prune.permute = true: granularity \"element\" has no groups", refuse(""));
    EXPECT_ERROR(BadRecipe, "granularity \"filter\" has no groups",
                 refuse("granularity = \"filter\"\nremove = true\n"));
    EXPECT_ERROR(BadRecipe, "the order of random ones would be found",
                 refuse("granularity = \"4x1\"\nschedule = \"agp\"\nrounds = 1\nsparsity = 0.5\n"));
    EXPECT_NO_THROW(refuse("granularity = \"4x1\"\n"));
    EXPECT_NO_THROW(refuse("rounds = 0\n"));
    EXPECT_ERROR(BadRecipe, "layers as they lie",
                 check_sensitivity(
                     Recipe::from_text("[prune]\npermute = true\ngranularity = \"4x1\"\n", "r.toml"), {0.5}));
}

}  // namespace
}  // namespace espalier::lottery
