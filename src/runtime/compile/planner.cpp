#include "runtime/compile/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "runtime/compile/select_kernels.h"
#include "runtime/timing.h"

namespace espalier::runtime {
namespace {

constexpr double kWholeTrials = 5;  // as long for a whole program as for five candidates of a layer
constexpr double kTie = 0.98;       // dense wins ties, so that noise makes no network slower
constexpr std::size_t kDecisionRounds = 9;
constexpr double kPlain = 1.2;

/// Runs plans of one graph on random inputs, for timing. They run in turn, so they share all memory.
class Rehearsal {
  public:
    Rehearsal(const Plan& plan, const Setting& setting) {
        for (const Value& input : setting.graph.inputs) {
            Tensor tensor(input.type.dtype, shape_of(input.name, setting));
            if (tensor.dtype() == DType::f32) {
                Random random(1, "rehearsal");
                for (float& value : tensor.f32()) value = random.uniform();
            }
            inputs_.push_back(reinterpret_cast<const float*>(tensor.bytes().data()));
            tensors_.push_back(std::move(tensor));
        }
        for (const auto& [dtype, shape] : plan.outputs) {
            tensors_.emplace_back(dtype, shape);
            outputs_.push_back(reinterpret_cast<float*>(tensors_.back().bytes().data()));
        }
    }

    void run(Program& program) {
        program.rehearse(inputs_, outputs_, arena_.at_least(program.arena_bytes()));
    }

  private:
    std::vector<Tensor> tensors_;
    std::vector<const float*> inputs_;
    std::vector<float*> outputs_;
    Arena arena_;
};

/// One way to run the whole graph.
struct Variant {
    Chosen chosen;
    Wish wish;
    Plan plan = {};
    double us = 0;

    bool dense() const { return wish.choice == Options::Choice::dense; }
};

/// What to time as a whole: by layers the best choice, the best that is all dense, both on one thread, and
/// all of these with images in each layout. The sums over layers do not know how layers share caches, nor
/// what it takes to wake threads and move data between cores.
class Variants {
  public:
    Variants(const std::vector<Layer>& layers, const Chains& chains, const Setting& setting)
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
        const auto is_sparse = [](const Trial& trial) { return trial.candidate.sparse && trial.kernel; };
        return std::ranges::any_of(
            layers_, [&](const Layer& layer) { return std::ranges::any_of(layer.trials, is_sparse); });
    }

    /// The best layout of images, and others that may turn out to be better.
    void add(Options::Choice choice, int threads) {
        std::vector<Variant> all;
        for (const Layout images : {Layout::row_major, Layout::blocked, Layout::channels_last}) {
            const Wish wish{choice, threads, images};
            all.push_back({.chosen = choose(layers_, chains_, wish, setting_), .wish = wish});
        }
        std::ranges::stable_sort(all, {}, [](const Variant& variant) { return variant.chosen.us; });
        for (Variant& variant : all) {
            if (is_worth_timing(variant)) found_.push_back(std::move(variant));
        }
    }

    bool is_worth_timing(const Variant& variant) const {
        const double us = variant.chosen.us;
        return std::ranges::none_of(found_, [&](const Variant& known) {
            if (known.chosen.trials == variant.chosen.trials) return true;
            const bool same_kind =
                known.wish.choice == variant.wish.choice && known.wish.threads == variant.wish.threads;
            // Sums within one percent differ by noise, in layers that do not count.
            if (same_kind && us < kSame * known.chosen.us) return true;
            // Not of another number of threads: what shares the cores is known by whole runs only.
            return known.dense() == variant.dense() && known.wish.threads == variant.wish.threads &&
                   us > kHopeless * known.chosen.us;
        });
    }

    static constexpr double kSame = 1.01, kHopeless = 1.4;

    const std::vector<Layer>& layers_;
    const Chains& chains_;
    const Setting& setting_;
    std::vector<Variant> found_;
};

std::vector<Timing> time_variants(std::span<Variant* const> variants, std::size_t rounds,
                                  Rehearsal& rehearsal) {
    std::vector<std::function<void()>> bodies;
    for (Variant* variant : variants)
        bodies.emplace_back([&rehearsal, variant] { rehearsal.run(variant->plan.program); });
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
Variant& decide(std::vector<Variant>& all, const Setting& setting) {
    Rehearsal rehearsal(all.front().plan, setting);
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

}  // namespace

Plan make_plan(const Setting& setting) {
    std::vector<Layer> layers;
    for (const Group& group : fuse(setting.graph, setting.types)) layers.push_back(examine(group, setting));
    const Chains chains(layers, setting.graph);
    std::vector<Variant> all = Variants(layers, chains, setting).find();
    for (Variant& variant : all) variant.plan = assemble(layers, chains, variant.chosen.trials, setting);
    Variant& winner = all.size() > 1 ? decide(all, setting) : all.front();
    explain(winner, all);
    return std::move(winner.plan);
}

}  // namespace espalier::runtime
