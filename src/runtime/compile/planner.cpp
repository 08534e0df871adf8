#include "runtime/compile/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "runtime/compile/rehearsal.h"
#include "runtime/compile/select_kernels.h"
#include "runtime/compile/verify_steps.h"
#include "runtime/tuning/timing.h"

namespace espalier::runtime {
namespace {

constexpr double kWholeTrials = 5;  // as long for a whole program as for five candidates of a layer
constexpr double kTie = 0.98;       // dense wins ties, so that noise makes no network slower
constexpr std::size_t kDecisionRounds = 9;
constexpr double kPlain = 1.2;

/// One way to run the whole graph.
struct Variant {
    Selection chosen;
    Preference preference;
    Plan plan = {};
    double us = 0;

    bool dense() const { return preference.choice == Options::Choice::dense; }
};

/// Makes the kernels that are chosen. False if one cannot be made, which is no longer wanted then. Layers on
/// panels are made with their chain.
bool make_chosen(std::vector<Layer>& layers, const Selection& chosen) {
    bool made = true;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].trials.empty()) continue;
        Trial& trial = layers[i].trials[chosen.trials[i]];
        if (trial.candidate.input == Layout::panel || trial.make()) continue;
        layers[i].want_first_again();
        made = false;
    }
    return made;
}

Variant variant_of(const Preference& preference, std::vector<Layer>& layers, const Chains& chains,
                   const CompileContext& setting) {
    return setting.log.time("select-kernels", [&] {
        Variant variant{.chosen = choose(layers, chains, preference, setting), .preference = preference};
        while (!make_chosen(layers, variant.chosen))
            variant.chosen = choose(layers, chains, preference, setting);
        if constexpr (kVerifySteps) verify_selection(layers, variant.chosen.trials);
        return variant;
    });
}

/// In which the images of a whole network may lie.
std::vector<Layout> image_layouts(const CompileContext& setting) {
    if (!setting.log.does("lay-out-images")) return {Layout::row_major};
    return {Layout::row_major, Layout::blocked, Layout::channels_last};
}

/// What to time as a whole: by layers the best choice, the best that is all dense, both on one thread, and
/// all of these with images in each layout. The sums over layers do not know how layers share caches, nor
/// what it takes to wake threads and move data between cores.
class Variants {
  public:
    Variants(std::vector<Layer>& layers, const Chains& chains, const CompileContext& setting)
        : layers_(layers), chains_(chains), setting_(setting) {}

    std::vector<Variant> find() {
        std::vector<Options::Choice> choices = {setting_.choice};
        // Dense first: what is chosen freely and equals it is not timed again, and counts as dense.
        if (setting_.choice == Options::Choice::measured) {
            choices = {Options::Choice::dense};
            if (any_sparse()) choices.push_back(Options::Choice::measured);
        }
        for (const Options::Choice choice : choices) {
            add(choice, setting_.threads);
            if (setting_.threads > 1) add(choice, 1);
        }
        return std::move(found_);
    }

  private:
    bool any_sparse() const {
        const auto is_sparse = [](const Trial& trial) { return trial.candidate.sparse && trial.wanted; };
        return std::ranges::any_of(
            layers_, [&](const Layer& layer) { return std::ranges::any_of(layer.trials, is_sparse); });
    }

    /// The best layout of images, and others that may turn out to be better.
    void add(Options::Choice choice, int threads) {
        std::vector<Variant> all;
        for (const Layout images : image_layouts(setting_))
            all.push_back(variant_of({choice, threads, images}, layers_, chains_, setting_));
        std::ranges::stable_sort(all, {}, [](const Variant& variant) { return variant.chosen.us; });
        for (Variant& variant : all) {
            if (is_worth_timing(variant)) found_.push_back(std::move(variant));
        }
    }

    bool is_worth_timing(const Variant& variant) const {
        const double us = variant.chosen.us;
        return std::ranges::none_of(found_, [&](const Variant& known) {
            if (known.chosen.trials == variant.chosen.trials) return true;
            const bool same_kind = known.preference.choice == variant.preference.choice &&
                                   known.preference.threads == variant.preference.threads;
            // Sums within one percent differ by noise, in layers that do not count.
            if (same_kind && us < kSame * known.chosen.us) return true;
            // Not of another number of threads: what shares the cores is known by whole runs only.
            return known.dense() == variant.dense() &&
                   known.preference.threads == variant.preference.threads && us > kHopeless * known.chosen.us;
        });
    }

    static constexpr double kSame = 1.01, kHopeless = 1.4;

    std::vector<Layer>& layers_;
    const Chains& chains_;
    const CompileContext& setting_;
    std::vector<Variant> found_;
};

std::vector<Timing> time_variants(std::span<Variant* const> variants, std::size_t rounds,
                                  Rehearsal& rehearsal) {
    std::vector<std::function<void()>> bodies;
    for (Variant* variant : variants)
        bodies.emplace_back([&rehearsal, variant] { rehearsal.run(variant->plan); });
    return time_in_turn(bodies, kWholeTrials * kTrialSeconds * static_cast<double>(variants.size()), rounds);
}

/// The fastest that is dense or not, null if there is none.
Variant* fastest(std::vector<Variant>& all, bool dense) {
    Variant* best = nullptr;
    for (Variant& variant : all) {
        if (variant.dense() == dense && (best == nullptr || variant.us < best->us)) best = &variant;
    }
    return best;
}

/// Whether every round says so plainly, so that more of them would not change the choice.
bool is_plain(const Ratio& ratio) { return ratio.low > kPlain || ratio.high < 1; }

/// The fastest dense one, unless another is faster beyond doubt: the two run in turn, and in the interval of
/// their ratio nothing speaks for dense.
Variant& decide(std::vector<Variant>& all, const CompileContext& setting) {
    std::vector<Shape> shapes;
    for (const Value& input : setting.graph.inputs) shapes.push_back(shape_of(input.name, setting));
    Rehearsal rehearsal(all.front().plan, setting.graph.inputs, shapes);
    std::vector<Variant*> each;
    for (Variant& variant : all) each.push_back(&variant);
    const auto timings = time_variants(each, kLeastRounds, rehearsal);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].us = timings[i].median_us;
    Variant* const dense = fastest(all, true);
    Variant* const other = fastest(all, false);
    if (dense == nullptr || other == nullptr) return dense == nullptr ? *other : *dense;
    const auto timing_of = [&](const Variant* variant) {
        return timings[static_cast<std::size_t>(variant - all.data())];
    };
    Ratio ratio = ratio_of(timing_of(dense), timing_of(other));
    if (!is_plain(ratio)) {
        const std::array both = {dense, other};
        const auto decisive = time_variants(both, kDecisionRounds, rehearsal);
        for (std::size_t i = 0; i < both.size(); ++i) both[i]->us = decisive[i].median_us;
        ratio = ratio_of(decisive[0], decisive[1]);
    }
    return ratio.low > 1 && ratio.median * kTie > 1 ? *other : *dense;
}

/// When the whole network is faster dense although layers by themselves are not, its profile says so.
void explain(Variant& winner, const std::vector<Variant>& all) {
    double sparse_us = std::numeric_limits<double>::infinity();
    for (const Variant& variant : all) {
        if (!variant.dense()) sparse_us = std::min(sparse_us, variant.us);
    }
    if (!winner.dense() || std::isinf(sparse_us)) return;
    for (const std::size_t index : winner.plan.choices) {
        winner.plan.profile[index].why = fmt::format(
            "the whole network takes {:.3g} us dense, {:.3g} us with sparse layers", winner.us, sparse_us);
    }
}

/// By the sums over layers alone. Sparse layers must be better by a margin, as sums of what was not timed may
/// be wrong by so much.
Preference wish_by_sums(const std::vector<Layer>& layers, const Chains& chains,
                        const CompileContext& setting) {
    constexpr double kMargin = 0.9;
    std::vector<Options::Choice> choices = {setting.choice};
    if (setting.choice == Options::Choice::measured)
        choices = {Options::Choice::dense, Options::Choice::measured};
    Preference best{choices.front(), setting.threads};
    double least = std::numeric_limits<double>::infinity();
    for (const Options::Choice choice : choices) {
        const double margin = choice == choices.front() ? 1 : kMargin;
        double best_here = least * margin;
        for (const Layout images : image_layouts(setting)) {
            const Preference preference{choice, setting.threads, images};
            const double us = choose(layers, chains, preference, setting).us;
            if (us >= best_here) continue;
            best_here = least = us;
            best = preference;
        }
    }
    return best;
}

/// All layers in their order, with what is asked for.
std::string signature_of(const std::vector<Layer>& layers, const CompileContext& setting) {
    std::string text = fmt::format("{} {}", setting.threads, static_cast<int>(setting.choice));
    if (setting.precision != Precision::f32) text += ' ' + mark_of(setting.precision);
    for (const Layer& layer : layers) text += '\n' + layer.group.node->op + ' ' + layer.signature;
    return hash_hex(text);
}

Plan measured_plan(std::vector<Layer>& layers, const Chains& chains, const CompileContext& setting,
                   const std::string& signature) {
    std::vector<Variant> all = Variants(layers, chains, setting).find();
    for (Variant& variant : all) variant.plan = assemble(layers, chains, variant.chosen.trials, setting);
    Variant& winner = all.size() > 1 ? decide(all, setting) : all.front();
    explain(winner, all);
    setting.table.set_program(
        signature, {winner.preference.choice, winner.preference.threads, winner.preference.images});
    return std::move(winner.plan);
}

}  // namespace

Plan make_plan(const CompileContext& setting) {
    setting.table.begin_plan();
    std::vector<Layer> layers;
    const std::vector<Group> groups = fuse(setting.graph, setting.types, setting.log, setting.precision);
    if constexpr (kVerifySteps) verify_groups(setting.graph, groups);
    for (const Group& group : groups) {
        setting.log.time("tune-layers", [&] { layers.push_back(examine(group, setting)); });
        if (setting.progress)
            setting.progress(static_cast<double>(layers.size()) / static_cast<double>(groups.size()));
    }
    const Chains chains = setting.log.does("link-panels")
                              ? setting.log.time("link-panels", [&] { return Chains(layers, setting.graph); })
                              : Chains(layers.size());
    const std::string signature = signature_of(layers, setting);
    const std::optional<ProgramChoice> known = setting.table.program(signature);
    if (!known && setting.tuning == Options::Tuning::full)
        return measured_plan(layers, chains, setting, signature);
    const Preference preference =
        known ? Preference{known->choice, std::min(known->threads, setting.threads), known->images}
              : wish_by_sums(layers, chains, setting);
    const Variant variant = variant_of(preference, layers, chains, setting);
    return assemble(layers, chains, variant.chosen.trials, setting);
}

}  // namespace espalier::runtime
