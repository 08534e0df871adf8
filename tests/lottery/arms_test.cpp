// Other ways through the experiment: one-shot arms, every control, stability.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "espalier/prune.h"
#include "espalier/surgery.h"
#include "lottery/control.h"
#include "lottery/matching/unit_activations.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/ran.h"
#include "surgery/permutation/matching.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

constexpr const char* kPrune = "rounds = 2\nrate = 0.5\n";

std::size_t index_of(const Ran& ran, const std::string& arm, int level) {
    for (std::size_t i = 0; i < ran.count(); ++i) {
        if (std::ranges::count(ran.spec(i).places, Place{arm, level}) > 0) return i;
    }
    throw std::logic_error("no such stage: " + arm);
}

TEST(Arms, OneShotCutsTheDenseNetworkToTheSameCounts) {
    const Ran ran(kPrune, "[arms.one-shot]\nprune.one_shot = true\n");
    const auto ticket = ran.masks(index_of(ran, "ticket", 2));
    const auto at_once = ran.masks(index_of(ran, "one-shot", 2));
    EXPECT_NE(ticket, at_once);
    for (const auto& [name, mask] : ticket) EXPECT_EQ(at_once.at(name).kept(), mask.kept()) << name;

    // The largest weights of the trained dense network, by hand.
    const Weights dense = ran.weights(0, "weights.safetensors");
    for (const auto& [name, mask] : at_once) {
        const auto values = dense.at(name).f32();
        float least_kept = INFINITY;
        float most_cut = 0;
        for (std::int64_t i = 0; i < mask.count(); ++i) {
            const float size = std::abs(values[static_cast<std::size_t>(i)]);
            if (mask[i]) {
                least_kept = std::min(least_kept, size);
            } else {
                most_cut = std::max(most_cut, size);
            }
        }
        EXPECT_GE(least_kept, most_cut) << name;
    }
    // Level 1 is the same stage for both, and recorded for both.
    EXPECT_EQ(index_of(ran, "ticket", 1), index_of(ran, "one-shot", 1));
    const auto stages = ran.run().stages();
    EXPECT_EQ(std::ranges::count(stages, std::string("one-shot"), &store::Stage::arm), 3);
    EXPECT_EQ(stages.size(), 6U);
}

TEST(Arms, WithoutRetrainingOnlyTheMaskActs) {
    const Ran ran(kPrune, "[arms.bare]\nprune.one_shot = true\nretrain.mode = \"none\"\n");
    const std::size_t bare = index_of(ran, "bare", 2);
    Weights expected = ran.weights(0, "weights.safetensors");
    ran.masks(bare).apply(expected);
    EXPECT_EQ(ran.weights(bare, "weights.safetensors"), expected);
}

TEST(Arms, TheirOwnRegularisationTrainsTheirOwnDenseNetwork) {
    const Ran ran("rounds = 1\nrate = 0.5\n", "[arms.lasso]\nregularize.l1 = 0.01\n");
    const auto sum = [&](const std::string& arm) {
        double total = 0;
        const Weights weights = ran.weights(index_of(ran, arm, 0), "weights.safetensors");
        for (const auto& [name, tensor] : weights) {
            for (const float w : tensor.f32()) total += std::abs(double{w});
        }
        return total;
    };
    EXPECT_LT(sum("lasso"), 0.9 * sum("ticket"));
}

/// A run with every control at level 2, but for one that needs a longer training.
const Ran& everything() {
    static const Ran ran = [] {
        std::string names;
        for (const Control* control : controls()) {
            if (!control->needs_other_replicate && control->least_epochs == 0)
                names += (names.empty() ? "" : ", ") + ("\"" + std::string(control->name) + "\"");
        }
        return Ran(kPrune, "control_levels = [2]\ncontrols = [" + names + "]\n[retrain]\nto = \"3it\"\n");
    }();
    return ran;
}

prune::MaskSet masks_of(const std::string& arm) { return everything().masks(index_of(everything(), arm, 2)); }

TEST(Controls, KeepAsManyWeightsAsTheTicket) {
    const auto ticket = masks_of("ticket");
    for (const Control* control : controls()) {
        if (control->needs_other_replicate || control->least_epochs > 0 || control->name == "no-mask")
            continue;
        SCOPED_TRACE(std::string(control->name));
        const auto masks = masks_of(std::string(control->name));
        EXPECT_EQ(masks.kept(), ticket.kept());
        if (control->name == "random-mask-global") continue;
        for (const auto& [name, mask] : ticket) EXPECT_EQ(masks.at(name).kept(), mask.kept()) << name;
    }
    EXPECT_EQ(masks_of("no-mask").kept(), ticket.count());
}

TEST(Controls, HaveTheTicketsMaskOrNot) {
    const auto ticket = masks_of("ticket");
    for (const char* same :
         {"reinitialize", "reinitialize-signs", "constant-signs", "scratch-double", "signs-and-norms"})
        EXPECT_EQ(masks_of(same), ticket) << same;
    for (const char* other :
         {"random-mask", "random-mask-global", "shuffled-mask", "initial-mask", "single-cycle"})
        EXPECT_NE(masks_of(other), ticket) << other;
}

TEST(Controls, ShuffledRowsAreThoseOfTheTicket) {
    const auto counts = [](const prune::Mask& mask) {
        std::vector<std::int64_t> rows(static_cast<std::size_t>(mask.shape()[0]), 0);
        for (std::int64_t i = 0; i < mask.count(); ++i)
            rows[static_cast<std::size_t>(i / mask.shape()[1])] += mask[i];
        std::ranges::sort(rows);
        return rows;
    };
    const auto ticket = masks_of("ticket");
    for (const auto& [name, mask] : masks_of("shuffled-mask"))
        EXPECT_EQ(counts(mask), counts(ticket.at(name)));
}

TEST(Controls, TrainForTheirOwnSteps) {
    const auto steps = [](const std::string& arm) {
        const StageSpec& stage = everything().spec(index_of(everything(), arm, 2));
        return std::pair(stage.first_step, stage.last_step);
    };
    using Steps = std::pair<std::int64_t, std::int64_t>;
    EXPECT_EQ(steps("ticket"), Steps(3, 24));
    EXPECT_EQ(steps("random-mask"), Steps(3, 24));
    EXPECT_EQ(steps("reinitialize"), Steps(0, 24));
    EXPECT_EQ(steps("scratch-double"), Steps(0, 48));
    EXPECT_EQ(steps("no-mask"), Steps(24, 45));
    EXPECT_EQ(steps("single-cycle"), Steps(0, 24));
}

/// What a control begins with, without training it.
Start start_of(const std::string& arm) {
    const Ran& ran = everything();
    StageContext context(ran.specs(), index_of(ran, arm, 2), ran.recipe(), ran.dataset(), ran.run());
    Ticket ticket(context);
    return controls().get(arm).start(ticket);
}

TEST(Controls, SignsAreTheTicketsOwn) {
    const Weights initial = everything().weights(0, "step-0.safetensors");
    for (const char* arm : {"reinitialize-signs", "constant-signs"}) {
        const Start start = start_of(arm);
        for (const auto& [name, mask] : start.masks) {
            const auto values = start.weights.at(name).f32();
            const auto signs = initial.at(name).f32();
            for (std::size_t i = 0; i < values.size(); ++i)
                ASSERT_EQ(std::signbit(values[i]), std::signbit(signs[i]));
        }
    }
    const auto constants = start_of("constant-signs").weights.at("fc1.weight");
    for (const float w : constants.f32()) ASSERT_EQ(std::abs(w), std::abs(constants.f32()[0]));
    // Glorot's deviation of a 300 x 36 layer is sqrt(2 / 336).
    EXPECT_NEAR(std::abs(constants.f32()[0]), std::sqrt(2.0 / 336), 0.003);
    EXPECT_NE(start_of("reinitialize-signs").weights, initial);
}

TEST(Controls, SignsAndNormsAreThoseOfTheTrainedTicket) {
    const Weights trained = everything().weights(index_of(everything(), "ticket", 2), "weights.safetensors");
    const Start start = start_of("signs-and-norms");
    for (const auto& [name, mask] : start.masks) {
        const auto values = start.weights.at(name).f32();
        const auto signs = trained.at(name).f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!mask[static_cast<std::int64_t>(i)]) continue;
            ASSERT_EQ(std::signbit(values[i]), std::signbit(signs[i]));
        }
    }
    EXPECT_NE(start.weights.at("fc1.weight"), trained.at("fc1.weight"));
}

TEST(Controls, NormalisationIsThatOfTheTrainedTicket) {
    const Ran ran("rounds = 1\nrate = 0.5\n",
                  "controls = [\"signs-and-norms\"]\n[model]\nnetwork = \"resnet-20\"\n", 1,
                  {"train.steps=2it", "experiment.evaluate_every=2it", "train.batch_size=20"});
    const std::size_t at = index_of(ran, "signs-and-norms", 1);
    StageContext context(ran.specs(), at, ran.recipe(), ran.dataset(), ran.run());
    Ticket ticket(context);
    const Start start = controls().get("signs-and-norms").start(ticket);
    const Weights trained = ticket.trained();
    int norms = 0;
    for (const auto& [name, tensor] : start.weights) {
        if (!name.ends_with(".scale")) continue;
        EXPECT_EQ(tensor, trained.at(name)) << name;
        ++norms;
    }
    EXPECT_GE(norms, 19);
}

TEST(Controls, TheSingleCycleFollowsTheCubicCurve) {
    // 24 steps: cut from step 1 to 18, to 1 - (1 - t / 18)^3 of what the ticket has cut in every layer.
    const Ran& ran = everything();
    StageContext context(ran.specs(), index_of(ran, "single-cycle", 2), ran.recipe(), ran.dataset(),
                         ran.run());
    Ticket ticket(context);
    const Reprune reprune = controls().get("single-cycle").reprune(ticket);
    const Weights weights = ticket.initial();
    prune::MaskSet masks = ticket.all_kept();
    const prune::MaskSet goal = ticket.masks();
    for (std::int64_t step = 0; step <= 24; ++step) {
        const auto next = reprune(step, [&]() -> train::TrainingState {
            return {.step = step, .weights = weights, .masks = masks, .movement = {}};
        });
        EXPECT_EQ(next.has_value(), step >= 1 && step <= 18) << step;
        if (!next) continue;
        EXPECT_EQ((*next - masks).kept(), 0) << "what is gone stays gone";
        masks = *next;
        const double way = 1 - std::pow(1 - static_cast<double>(step) / 18, 3);
        for (const auto& [name, mask] : masks) {
            const auto gone = static_cast<double>(goal.at(name).count() - goal.at(name).kept());
            EXPECT_EQ(mask.count() - mask.kept(), static_cast<std::int64_t>(std::floor(way * gone + 1e-9)))
                << name << " " << step;
        }
    }
}

TEST(Controls, MasksFromInitialWeightsKeepTheLargestOfThem) {
    const Weights initial = everything().weights(0, "step-0.safetensors");
    for (const auto& [name, mask] : start_of("initial-mask").masks) {
        float least_kept = INFINITY;
        float most_cut = 0;
        for (std::int64_t i = 0; i < mask.count(); ++i) {
            const float size = std::abs(initial.at(name).f32()[static_cast<std::size_t>(i)]);
            (mask[i] ? least_kept : most_cut) =
                mask[i] ? std::min(least_kept, size) : std::max(most_cut, size);
        }
        EXPECT_GE(least_kept, most_cut) << name;
    }
}

TEST(Controls, AnEarlyBirdSaysWhenItsMaskSettled) {
    const Ran ran("rounds = 1\nrate = 0.5\n", "controls = [\"early-bird\"]\n", 1, {"train.steps=7ep"});
    EXPECT_EQ(ran.masks(index_of(ran, "early-bird", 1)).kept(), ran.masks(1).kept());
    bool found = false;
    for (const auto& [key, fact] : ran.run().facts())
        found |= fact.find("early-bird at level 1: ") != std::string::npos;
    EXPECT_TRUE(found);
}

TEST(Controls, MasksOfAnotherReplicateAreThose) {
    const Ran ran("rounds = 1\nrate = 0.5\n", "controls = [\"other-mask\"]\n", 2);
    for (std::size_t i = 0; i < ran.count(); ++i) {
        if (ran.spec(i).arm() != "other-mask") continue;
        EXPECT_EQ(ran.masks(i), ran.masks(static_cast<std::size_t>(ran.spec(i).other)));
        EXPECT_NE(ran.masks(i), ran.masks(static_cast<std::size_t>(ran.spec(i).parent)));
    }
}

TEST(Controls, MatchedMasksAreThoseOfTheOtherReplicateInAnotherOrder) {
    const Ran ran("rounds = 1\nrate = 0.5\n",
                  "controls = [\"other-mask\", \"matched-mask\", \"activation-matched-mask\"]\n", 2);
    for (std::size_t i = 0; i < ran.count(); ++i) {
        if (!ran.spec(i).arm().ends_with("matched-mask")) continue;
        const auto masks = ran.masks(i);
        const auto other = ran.masks(static_cast<std::size_t>(ran.spec(i).other));
        EXPECT_NE(masks, other);
        for (const auto& [name, mask] : masks) {
            EXPECT_EQ(mask.kept(), other.at(name).kept());
            // Outputs of the network stand where they are; each keeps as many.
            if (name != "fc3.weight") continue;
            for (std::int64_t row = 0; row < mask.shape()[0]; ++row) {
                std::int64_t difference = 0;
                for (std::int64_t c = 0; c < mask.shape()[1]; ++c)
                    difference += static_cast<std::int64_t>(mask[row * mask.shape()[1] + c]) -
                                  static_cast<std::int64_t>(other.at(name)[row * mask.shape()[1] + c]);
                EXPECT_EQ(difference, 0);
            }
        }
        EXPECT_EQ(ran.spec(i).first_step, 0);
    }
}

TEST(Controls, ANetworkIsMatchedToItsOwnPermutation) {
    // Both ways find the order in which a permuted copy of the trained network stands.
    const Ran ran("rounds = 1\nrate = 0.5\n", "controls = [\"matched-mask\"]\n", 2);
    StageContext context(ran.specs(), index_of(ran, "matched-mask", 1), ran.recipe(), ran.dataset(),
                         ran.run());
    Ticket ticket(context);
    const Weights own = ticket.dense();
    surgery::Matching order(ticket.graph());
    order.match([](const surgery::Matching::Kind& kind) {
        const std::size_t n = kind.units.size();
        std::vector<double> worth(n * n);
        for (std::size_t i = 0; i < n; ++i) worth[i * n + (i + 1) % n] = 1;  // everyone moves one on
        return worth;
    });
    const Weights moved = order.moved(own);
    surgery::Matching by_weights(ticket.graph());
    by_weights.match_weights(own, moved);
    EXPECT_EQ(by_weights.moved(moved), own);
    surgery::Matching by_activations(ticket.graph());
    const UnitActivations ours(ticket, own);
    const UnitActivations theirs(ticket, moved);
    by_activations.match([&](const auto& kind) { return correlations(kind, ours, theirs); });
    EXPECT_GT(by_activations.likeness(own, moved), 0.99)
        << "units that are never active cannot be told apart";
}

TEST(Stability, MeasuresTheLineBetweenTwoOrdersOfTheData) {
    const Ran ran("rounds = 1\nrate = 0.5\n", "stability = [\"0it\", \"20it\"]\n");
    const auto all = ran.run().stabilities();
    ASSERT_EQ(all.size(), 4U);  // two levels, two steps
    for (const store::Stability& one : all) {
        ASSERT_EQ(one.points.size(), 30U);
        EXPECT_EQ(one.points.front().alpha, 0);
        EXPECT_EQ(one.points.back().alpha, 1);
    }
    // The ends are the two copies: trained again by hand they have the same error.
    const std::size_t index = [&] {
        for (std::size_t i = 0; i < ran.count(); ++i) {
            if (ran.spec(i).hash == all[0].hash) return i;
        }
        throw std::logic_error("no such stage");
    }();
    const Weights first = ran.weights(index, "copy-1.safetensors");
    EXPECT_NE(first, ran.weights(index, "copy-2.safetensors"));
    const Graph graph = network(ran.recipe(), ran.dataset(), replicate_seed(ran.recipe(), 0));
    const auto evaluated =
        train::evaluate(graph, first, ran.dataset().test, ran.dataset().normalization, ran.recipe(), 1);
    EXPECT_EQ(all[0].points.back().test_error, 1 - evaluated.score);
}

TEST(Stability, BarrierIsTheMostAboveTheMeanOfTheEnds) {
    store::Stability one;
    one.points = {{0, 0.1, 0.2}, {0.5, 0.4, 0.2}, {1, 0.3, 0.4}};
    EXPECT_NEAR(one.train_barrier(), 0.2, 1e-12);
    EXPECT_NEAR(one.test_barrier(), 0.1, 1e-12);
}

}  // namespace
}  // namespace espalier::lottery
