#include "trees/choose/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/error.h"

namespace espalier::trees {
namespace {

Ensemble cut_to(const Method& method, const Grown& grown, const Evidence& evidence, double amount) {
    const Decision decision = method.decide(grown, evidence, amount);
    return pruned(grown, decision);
}

/// Adds a part's loss; spreads within parts are put together in the end.
struct Sums {
    double loss = 0, squares = 0, rows = 0;

    void add(const Loss& part, double count) {
        loss += part.mean * count;
        squares +=
            (part.standard_error * part.standard_error * std::max(0.0, count - 1) + part.mean * part.mean) *
            count;
        rows += count;
    }
    Loss whole() const {
        const double mean = loss / rows;
        return {mean, rows > 1 ? std::sqrt(std::max(0.0, squares / rows - mean * mean) / (rows - 1)) : 0};
    }
};

void choose(Validated& validated) {
    const auto& trials = validated.trials;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (trials[i].loss.mean <= trials[validated.least].loss.mean) validated.least = i;
    }
    const Loss& best = trials[validated.least].loss;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (trials[i].loss.mean <= best.mean + best.standard_error) validated.chosen = i;
    }
}

}  // namespace

Validated validate(const Method& method, const Ensemble& ensemble, const Examples& examples,
                   std::optional<Impurity> impurity, int folds, std::uint64_t seed,
                   const std::function<void(double share)>& progress) {
    if (folds < 2 || folds > examples.rows())
        throw InvalidArgument(fmt::format("{} folds of {} rows", folds, examples.rows()));
    const auto grow = [&](const Examples& part) {
        return impurity ? grown(ensemble, part, *impurity) : grown(ensemble, part);
    };
    const Grown whole = grow(examples);
    // Rows that a method decides on come out of those that it sees: a fold more.
    if (method.needs_held_out && folds < 3)
        throw InvalidArgument(
            fmt::format("{} takes a fold to decide on: expected 3 folds or more", method.name));
    double done = 0;
    const auto pause = [&] {
        if (progress) progress(done);
    };
    const Evidence all{
        .examples = examples, .held_out = method.needs_held_out ? &examples : nullptr, .pause = pause};
    const std::vector<double> amounts = method.amounts(whole, all);
    Validated validated;
    for (const double amount : amounts)
        validated.trials.push_back(
            {amount, {}, static_cast<std::int64_t>(cut_to(method, whole, all, amount).nodes.size())});
    std::vector<int> fold_of(at(examples.rows()));
    Random random(seed, "folds");
    const std::vector<std::uint32_t> order =
        random_permutation(static_cast<std::uint32_t>(fold_of.size()), random);
    for (std::size_t i = 0; i < fold_of.size(); ++i) fold_of[order[i]] = static_cast<int>(i % at(folds));
    std::vector<Sums> sums(amounts.size());
    for (int fold = 0; fold < folds; ++fold) {
        const auto part_of = [&](const auto& wanted) {
            std::vector<std::uint8_t> rows(fold_of.size());
            std::ranges::transform(fold_of, rows.begin(),
                                   [&](int of) -> std::uint8_t { return wanted(of) ? 1 : 0; });
            return examples.subset(rows);
        };
        const int next = method.needs_held_out ? (fold + 1) % folds : fold;
        const Examples held = part_of([&](int of) { return of == fold; });
        const Examples seen = part_of([&](int of) { return of != fold && of != next; });
        const Examples decides = part_of([&](int of) { return of == next; });
        Grown part = grow(seen);
        part.predicts = whole.predicts;
        if (part.predicts) fit_leaves(part, seen);
        const Evidence evidence{
            .examples = seen, .held_out = method.needs_held_out ? &decides : nullptr, .pause = pause};
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            sums[i].add(loss_of(cut_to(method, part, evidence, amounts[i]), held),
                        static_cast<double>(held.rows()));
            done = (fold + static_cast<double>(i + 1) / static_cast<double>(amounts.size())) / folds;
            pause();
        }
    }
    for (std::size_t i = 0; i < amounts.size(); ++i) validated.trials[i].loss = sums[i].whole();
    choose(validated);
    return validated;
}

Validated validate(const Method& method, const Grown& grown, const Evidence& evidence,
                   const Examples& validation) {
    Validated validated;
    for (const double amount : method.amounts(grown, evidence)) {
        const Ensemble cut = cut_to(method, grown, evidence, amount);
        validated.trials.push_back(
            {amount, loss_of(cut, validation), static_cast<std::int64_t>(cut.nodes.size())});
    }
    choose(validated);
    return validated;
}

}  // namespace espalier::trees
