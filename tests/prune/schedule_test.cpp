// When and how often: schedules, spacings of rounds, and regrowth.
#include <numbers>

#include "prune/criterion.h"
#include "prune/scheduling/latent.h"
#include "prune/scheduling/schedule.h"
#include "prune/scheduling/spacing.h"
#include "support.h"

namespace espalier::prune {
namespace {

TEST(Spacing, GeometricTakesTheSameShareOfWhatIsLeft) {
    EXPECT_EQ(round_target({.rounds = 12, .rate = 0.2}, 7).rate, 0.2);
    const RoundSettings to_target{.rounds = 4, .sparsity = 0.9375};
    EXPECT_DOUBLE_EQ(*round_target(to_target, 1).sparsity, 0.5);
    EXPECT_DOUBLE_EQ(*round_target(to_target, 2).sparsity, 0.75);
    EXPECT_EQ(*round_target(to_target, 4).sparsity, 0.9375) << "exactly";
}

TEST(Spacing, LinearTakesTheSameNumber) {
    const RoundSettings to_target{.spacing = "linear", .rounds = 4, .sparsity = 0.9};
    EXPECT_DOUBLE_EQ(*round_target(to_target, 1).sparsity, 0.225);
    EXPECT_EQ(*round_target(to_target, 4).sparsity, 0.9);
    EXPECT_DOUBLE_EQ(*round_target({.spacing = "linear", .rounds = 4, .rate = 0.2}, 3).sparsity, 0.6);
    expect_refused([] { round_target({.spacing = "linear", .rounds = 5, .rate = 0.2}, 5); },
                   "rate 0.2 leaves nothing in round 5");
}

TEST(Spacing, OneShotHasOneRound) {
    EXPECT_EQ(round_target({.spacing = "one-shot", .sparsity = 0.9}, 1).sparsity, 0.9);
    EXPECT_EQ(round_target({.spacing = "one-shot", .rate = 0.9}, 1).rate, 0.9);
    expect_refused([] { round_target({.spacing = "one-shot", .rounds = 2, .rate = 0.9}, 1); },
                   "has one round, got 2");
}

TEST(Spacing, RefusesWhatMakesNoSense) {
    expect_refused([] { round_target({.rounds = 3, .rate = 0.2}, 4); }, "round 4 of 3 is out of range");
    expect_refused([] { round_target({.rounds = 3, .rate = 0.2}, 0); }, "round 0 of 3 is out of range");
    expect_refused([] { round_target({}, 1); }, "neither is given, expected one of rate and sparsity");
    expect_refused([] { round_target({.rate = 0.1, .sparsity = 0.2}, 1); },
                   "rate and sparsity are both given");
    expect_refused([] { round_target({.sparsity = 1.0}, 1); }, "sparsity = 1 is out of range");
    expect_refused([] { round_target({.spacing = "geometrical", .rate = 0.1}, 1); },
                   "did you mean \"geometric\"?");
}

TEST(Schedule, BeforeAndAfterTrainingCutOnce) {
    for (const std::string name : {"before-training", "after-training"}) {
        const ScheduleSettings settings{.schedule = name, .steps = 10, .sparsity = 0.8};
        for (std::int64_t step = 0; step <= 10; ++step) {
            const Action action = action_at(settings, step);
            const bool is_time = step == (name == "before-training" ? 0 : 10);
            EXPECT_EQ(action.kind, is_time ? Action::Kind::cut : Action::Kind::none) << name << " " << step;
            EXPECT_EQ(action.sparsity, is_time ? 0.8 : 0);
        }
    }
}

TEST(Schedule, AgpFollowsTheCubicCurve) {
    // s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3 with t0 = 100, n dt = 900 - 100, dt = 200.
    const ScheduleSettings settings{.schedule = "agp",
                                    .steps = 1000,
                                    .sparsity = 0.9,
                                    .initial_sparsity = 0.1,
                                    .begin = 100,
                                    .end = 900,
                                    .every = 200};
    std::map<std::int64_t, double> cuts;
    for (std::int64_t step = 0; step <= 1000; ++step) {
        const Action action = action_at(settings, step);
        if (action.kind == Action::Kind::cut) cuts[step] = action.sparsity;
    }
    ASSERT_EQ(cuts.size(), 5U);
    for (int n = 0; n <= 4; ++n) {
        EXPECT_NEAR(cuts.at(100 + 200 * n), 0.9 - 0.8 * std::pow(1 - n / 4.0, 3), 1e-12);
    }
}

TEST(Schedule, AgpEndsAtTheTargetEvenOffTheBeat) {
    const ScheduleSettings settings{
        .schedule = "agp", .steps = 1000, .sparsity = 0.9, .begin = 0, .end = 750, .every = 100};
    EXPECT_EQ(action_at(settings, 0).kind, Action::Kind::none) << "nothing to cut at sparsity 0";
    EXPECT_EQ(action_at(settings, 750).sparsity, 0.9);
    EXPECT_EQ(action_at(settings, 800).kind, Action::Kind::none);
    ScheduleSettings by_default = settings;
    by_default.end = 0;
    EXPECT_EQ(action_at(by_default, 750).sparsity, 0.9);
}

TEST(Schedule, RigLMovesLessAndLess) {
    const ScheduleSettings settings{
        .schedule = "rigl", .steps = 1000, .sparsity = 0.9, .every = 100, .drop_fraction = 0.3};
    EXPECT_EQ(action_at(settings, 0).kind, Action::Kind::cut);
    EXPECT_EQ(action_at(settings, 0).sparsity, 0.9);
    EXPECT_EQ(action_at(settings, 150).kind, Action::Kind::none);
    for (const std::int64_t step : {100, 300, 700}) {
        const Action action = action_at(settings, step);
        ASSERT_EQ(action.kind, Action::Kind::regrow);
        EXPECT_EQ(action.growth, "gradient");
        const double expected = 0.3 / 2 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / 750));
        EXPECT_NEAR(action.drop_fraction, expected, 1e-12);
    }
    EXPECT_EQ(action_at(settings, 800).kind, Action::Kind::none) << "T_end is three quarters of training";
}

TEST(Schedule, SetMovesAtRandomAtAConstantRate) {
    ScheduleSettings settings{
        .schedule = "set", .steps = 1000, .sparsity = 0.9, .every = 100, .drop_fraction = 0.3};
    const Action action = action_at(settings, 900);
    EXPECT_EQ(action.kind, Action::Kind::regrow);
    EXPECT_EQ(action.growth, "random");
    EXPECT_TRUE(action.by_sign);
    EXPECT_EQ(action.drop_fraction, 0.3);
    EXPECT_EQ(action_at(settings, 1000).kind, Action::Kind::none);
    settings.decay = "linear";
    EXPECT_DOUBLE_EQ(action_at(settings, 900).drop_fraction, 0.3 * (1 - 0.9));
}

TEST(Schedule, EveryOneSaysInWhichModeItsOwnSignalsAreTaken) {
    for (const Schedule* schedule : schedules()) {
        ASSERT_NE(schedule->signals_mode, SignalsMode::unset) << schedule->name;
        const ScheduleSettings settings{
            .schedule = std::string(schedule->name), .steps = 100, .sparsity = 0.5, .every = 10};
        SignalsMode expected = SignalsMode::none;
        for (std::int64_t step = 0; step <= settings.steps; ++step) {
            const Action action = action_at(settings, step);
            for (const std::string_view criterion : {action.growth, action.drop}) {
                if (action.growth.empty()) continue;
                const SignalsMode mode = criteria().get(criterion).signals_mode;
                if (mode != SignalsMode::none) expected = mode;
            }
        }
        EXPECT_EQ(schedule->signals_mode, expected) << schedule->name;
    }
    EXPECT_EQ(schedules().get("rigl").signals_mode, SignalsMode::training);
}

TEST(Schedule, GraNetCutsAsAgpAndMovesAsRigL) {
    ScheduleSettings settings{.schedule = "granet",
                              .steps = 1000,
                              .sparsity = 0.9,
                              .initial_sparsity = 0.5,
                              .end = 800,
                              .every = 200,
                              .drop_fraction = 0.4};
    // 0.9 - 0.4 (1 - t / 800)^3, and 0.2 (1 + cos(pi t / 800))
    const double sparsities[] = {0.5, 0.73125, 0.85, 0.89375, 0.9};
    const double drops[] = {0, 0.2 * (1 + std::numbers::sqrt2 / 2), 0.2, 0.2 * (1 - std::numbers::sqrt2 / 2),
                            0};
    for (std::int64_t i = 0; i < 5; ++i) {
        const Action action = action_at(settings, 200 * i);
        ASSERT_EQ(action.kind, Action::Kind::cut);
        EXPECT_NEAR(action.sparsity, sparsities[i], 1e-12);
        EXPECT_NEAR(action.drop_fraction, drops[i], 1e-12);
        EXPECT_EQ(action.growth, drops[i] > 0 ? "gradient" : "");
    }
    EXPECT_EQ(action_at(settings, 300).kind, Action::Kind::none);
    EXPECT_EQ(action_at(settings, 900).kind, Action::Kind::none);
}

TEST(Schedule, MestMovesLinearlyLessAndLess) {
    const ScheduleSettings settings{
        .schedule = "mest", .steps = 1000, .sparsity = 0.9, .every = 100, .drop_fraction = 0.4};
    EXPECT_EQ(action_at(settings, 0).kind, Action::Kind::cut);
    const Action action = action_at(settings, 300);
    ASSERT_EQ(action.kind, Action::Kind::regrow);
    EXPECT_EQ(action.growth, "random");
    EXPECT_EQ(action.drop, "weight-and-gradient");
    EXPECT_NEAR(action.drop_fraction, 0.4 * (1 - 300.0 / 750), 1e-12);
}

TEST(Schedule, SRigLMovesAsRigLWithEqualFanIn) {
    const ScheduleSettings settings{
        .schedule = "srigl", .steps = 1000, .sparsity = 0.9, .every = 100, .drop_fraction = 0.3};
    ScheduleSettings rigl = settings;
    rigl.schedule = "rigl";
    for (const std::int64_t step : {0, 100, 150, 700, 800}) {
        const Action action = action_at(settings, step);
        EXPECT_EQ(action.kind, action_at(rigl, step).kind) << step;
        EXPECT_EQ(action.drop_fraction, action_at(rigl, step).drop_fraction) << step;
        EXPECT_EQ(action.fan_in, action.kind != Action::Kind::none) << step;
    }
}

TEST(Schedule, OfLatentsSaysOnceHowManyTakePart) {
    for (const Schedule* schedule : schedules()) {
        if (schedule->latent.empty()) continue;
        EXPECT_NE(latents().find(schedule->latent), nullptr) << schedule->name;
        const ScheduleSettings settings{
            .schedule = std::string(schedule->name), .steps = 100, .sparsity = 0.5, .every = 10};
        EXPECT_EQ(action_at(settings, 0).kind, Action::Kind::cut);
        EXPECT_EQ(action_at(settings, 0).sparsity, 0.5);
        for (std::int64_t step = 1; step <= 100; ++step)
            EXPECT_EQ(action_at(settings, step).kind, Action::Kind::none);
    }
}

TEST(Schedule, RefusesToNeverMove) {
    for (const std::string name : {"granet", "rigl", "set", "mest", "srigl"}) {
        ScheduleSettings settings{.schedule = name, .steps = 200, .sparsity = 0.5, .every = 50};
        settings.end = 51;
        EXPECT_NO_THROW(action_at(settings, 0));
        settings.end = 50;
        expect_refused([&] { action_at(settings, 0); },
                       "every = 50 is out of range, expected less than the 50 steps from begin to end, or "
                       "no weight ever moves");
    }
}

TEST(Schedule, RefusesWhatMakesNoSense) {
    const auto refused = [](const ScheduleSettings& settings, std::int64_t step, const std::string& why) {
        expect_refused([&] { action_at(settings, step); }, why);
    };
    const ScheduleSettings good{.schedule = "rigl", .steps = 100, .sparsity = 0.5, .every = 10};
    ScheduleSettings bad = good;
    bad.schedule = "rigel";
    refused(bad, 0, "schedule \"rigel\" is not known; did you mean \"rigl\"?");
    bad = good;
    bad.sparsity = 1;
    refused(bad, 0, "schedule: sparsity = 1 is out of range");
    refused(good, 101, "schedule: step = 101 is out of range, expected 0 to steps = 100");
    bad = good;
    bad.begin = 80;
    refused(bad, 0, "schedule: begin = 80 is out of range, expected 0 to below end = 75");
    bad = good;
    bad.end = 200;
    refused(bad, 0, "schedule: end = 200 is out of range");
    bad = good;
    bad.every = 0;
    refused(bad, 0, "schedule: every = 0 is out of range");
    bad = good;
    bad.drop_fraction = 1;
    refused(bad, 0, "schedule: drop_fraction = 1 is out of range");
    bad = good;
    bad.initial_sparsity = 0.6;
    refused(bad, 0, "schedule: initial_sparsity = 0.6 is out of range, expected 0 to sparsity = 0.5");
    bad = good;
    bad.decay = "cosinus";
    refused(bad, 10, "did you mean \"cosine\"?");
}

TEST(Schedule, EveryEntryIsTestedHere) {
    EXPECT_EQ(schedules().names(),
              (std::vector<std::string>{"after-training", "agp", "before-training", "bernoulli-gates",
                                        "edge-popup", "granet", "mest", "rigl", "set", "srigl", "top-kast"}));
    EXPECT_EQ(spacings().names(), (std::vector<std::string>{"geometric", "linear", "one-shot"}));
    EXPECT_EQ(decays().names(), (std::vector<std::string>{"constant", "cosine", "linear"}));
}

TEST(Regrow, ByHand) {
    //                                  kept                      pruned
    const std::vector<float> weight = {1, -5, 3, 4, 2, 6, 0, 0, 0, 0};
    const std::vector<float> gradient = {0.1F, 0, 0, 0, 0, 0, 3, -7, 0.5F, 1};
    Mask mask({10});
    for (int i = 6; i < 10; ++i) mask.set(i, false);
    MaskSet current;
    current.insert("w", mask);
    RegrowRequest request;
    request.weights = {{.name = "w", .shape = {10}, .weight = weight, .signals = {{"gradient", gradient}}}};
    request.current = &current;
    request.drop_fraction = 0.34;  // of 6: 2
    const MaskSet grown = regrow(request);
    EXPECT_EQ(grown.at("w").to_floats(), (std::vector<float>{0, 1, 1, 1, 0, 1, 1, 1, 0, 0}));
    EXPECT_EQ((grown - current).at("w").kept(), 2) << "what is new";
}

TEST(Regrow, WhatWasDroppedMayGrowAgain) {
    const std::vector<float> weight = {1, 2, 0};
    const std::vector<float> gradient = {9, 0, 1};
    Mask mask({3});
    mask.set(2, false);
    MaskSet current;
    current.insert("w", mask);
    RegrowRequest request;
    request.weights = {{.name = "w", .shape = {3}, .weight = weight, .signals = {{"gradient", gradient}}}};
    request.current = &current;
    request.drop_fraction = 0.5;
    EXPECT_EQ(regrow(request).at("w"), mask);
}

TEST(Regrow, KeepsTheCountOfEveryLayer) {
    const auto layers = lenet();
    Request request = request_for(layers);
    request.scope = "erk";
    request.criterion = "random";
    request.target.sparsity = 0.9;
    const MaskSet before = plan(request).masks;
    for (const std::string growth : {"random", "gradient"}) {
        RegrowRequest move;
        move.weights = request.weights;
        for (Candidate& candidate : move.weights) candidate.signals["gradient"] = candidate.weight;
        move.current = &before;
        move.growth = growth;
        move.drop_fraction = 0.3;
        const MaskSet after = regrow(move);
        for (const auto& [name, mask] : before) {
            EXPECT_EQ(after.at(name).kept(), mask.kept()) << name;
            if (mask.kept() == mask.count()) continue;  // fc3 is dense, and cannot but grow what it dropped
            // Those of the largest gradient are new; of random ones, a few are what was dropped.
            const auto moved = static_cast<double>((mask - after.at(name)).kept());
            EXPECT_NEAR(moved / static_cast<double>(mask.kept()), 0.3, 0.1) << growth << " " << name;
        }
        move.seed = 1;
        EXPECT_EQ(regrow(move) == after, growth == "gradient") << "a seed moves what is random";
    }
}

TEST(Regrow, SetDropsOfBothSignsAlike) {
    // Jointly the four smallest are all negative; by sign two of each go.
    const std::vector<float> weight = {-0.1F, -0.2F, -0.3F, -0.4F, 1, 2, 3, 4};
    Mask mask({2, 8});
    for (std::int64_t i = 8; i < 16; ++i) mask.set(i, false);
    std::vector<float> all = weight;
    all.resize(16);
    MaskSet current;
    current.insert("w", mask);
    RegrowRequest request;
    request.weights = {{.name = "w", .shape = {2, 8}, .weight = all, .signals = {{"gradient", all}}}};
    request.current = &current;
    request.drop_fraction = 0.5;
    // Where nothing is left the gradient says nothing: what grows is chosen to be none of the dropped.
    std::vector<float> gradient(16, 0);
    for (std::size_t i = 8; i < 12; ++i) gradient[i] = 1;
    request.weights[0].signals["gradient"] = gradient;
    const auto left = [&] {
        std::vector<float> kept = regrow(request).at("w").to_floats();
        return std::vector<float>(kept.begin(), kept.begin() + 8);
    };
    EXPECT_EQ(left(), (std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}));
    request.by_sign = true;
    EXPECT_EQ(left(), (std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1}));
    EXPECT_EQ(regrow(request).at("w").kept(), 8);
}

TEST(Regrow, RefusesWhatIsMissing) {
    const auto layers = network({{"w", {4, 4}}});
    RegrowRequest request;
    request.weights = request_for(layers).weights;
    expect_refused([&] { regrow(request); }, "regrow needs the current masks, got none");
    MaskSet current;
    request.current = &current;
    request.growth = "random";
    expect_refused([&] { regrow(request); }, "mask \"w\" is not known");
    current.insert("w", Mask({4, 4}));
    request.growth = "gradient";
    expect_refused([&] { regrow(request); },
                   "criterion \"gradient\" needs the gradient of \"w\", and none is given");
    request.drop_fraction = 1;
    expect_refused([&] { regrow(request); }, "drop_fraction = 1 is out of range");
}

}  // namespace
}  // namespace espalier::prune
