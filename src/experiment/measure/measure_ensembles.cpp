// Ensembles of tickets: p = mean over members of softmax(z), the class that p is greatest of. Plain
// ensembling; Yin et al. 2023, "Lottery Pools", ask what tickets that an iterative search leaves behind are
// worth together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "store/tables/ensemble_fact.h"

namespace espalier::experiment {
namespace {

constexpr const char* kMembers = "ensembles of";  // the tickets that were measured

/// Several networks over the same examples.
class Votes {
  public:
    explicit Votes(const data::Examples& examples) : examples_(examples) {}

    void add(const Classified& one) {
        classes_ = one.outputs.shape()[1];
        const auto logits = one.outputs.f32();
        sums_.resize(logits.size());
        for (std::size_t row = 0; row < logits.size(); row += static_cast<std::size_t>(classes_))
            add_softmax(logits.subspan(row, static_cast<std::size_t>(classes_)), row);
        accuracies_ += one.accuracy;
        ++members_;
    }

    store::EnsembleFact of(int level, int replicate) const {
        std::int64_t correct = 0;
        double loss = 0;
        const auto classes = static_cast<std::size_t>(classes_);
        const auto labels = examples_.classes();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto row = std::span(sums_).subspan(i * classes, classes);
            const auto label = static_cast<std::size_t>(labels[i]);
            correct += std::ranges::max_element(row) - row.begin() == labels[i] ? 1 : 0;
            loss -= std::log(std::max(row[label] / members_, 1e-300));
        }
        const auto count = static_cast<double>(labels.size());
        return {.level = level,
                .replicate = replicate,
                .members = members_,
                .accuracy = static_cast<double>(correct) / count,
                .members_accuracy = accuracies_ / members_,
                .loss = loss / count};
    }

    int members() const { return members_; }

  private:
    void add_softmax(std::span<const float> logits, std::size_t at) {
        const double most = double{std::ranges::max(logits)};
        double sum = 0;
        for (const float z : logits) sum += std::exp(double{z} - most);
        for (std::size_t k = 0; k < logits.size(); ++k)
            sums_[at + k] += std::exp(double{logits[k]} - most) / sum;
    }

    const data::Examples& examples_;
    std::int64_t classes_ = 0;
    std::vector<double> sums_;  // of softmax, [examples, classes]
    double accuracies_ = 0;
    int members_ = 0;
};

std::string hash_of(const std::vector<store::Stage>& tickets) {
    std::string text;
    for (const store::Stage& stage : tickets)
        text += fmt::format("{} {} {}\n", stage.hash, stage.level, stage.replicate);
    return hash_hex(text);
}

}  // namespace

void measure_ensembles(const Recipe& recipe, store::Run& run, const Watch& watch) {
    if (!recipe.experiment.ensembles) return;
    std::vector<store::Stage> tickets;
    for (store::Stage& stage : run.stages()) {
        if (stage.arm == "ticket") tickets.push_back(std::move(stage));
    }
    const std::string members = hash_of(tickets);
    const auto facts = run.facts();
    if (const auto known = facts.find(kMembers); known != facts.end() && known->second == members) return;

    const data::Dataset dataset =
        data::load({.dataset = recipe.data.dataset,
                    .path = recipe.data.path,
                    .validation = 0,
                    .test = recipe.data.test,
                    .split_seed = static_cast<std::uint64_t>(recipe.experiment.seed),
                    .normalize = recipe.data.normalize});
    std::map<int, Votes> by_level;
    std::map<int, Votes> by_replicate;
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        const store::Stage& stage = tickets[i];
        if (watch.is_stopped())
            throw Interrupted("stopped while measuring; the same command goes on from there");
        if (watch.progress) {
            watch.progress(static_cast<double>(i) / static_cast<double>(tickets.size()),
                           fmt::format("ensembles: level {} · replicate {}", stage.level, stage.replicate));
        }
        const Graph graph = onnx::read(run.ticket_path(stage.level, stage.replicate));
        runtime::Session session =
            runtime::compile(graph, {.threads = static_cast<int>(recipe.bench.threads)});
        const Classified one = classify(graph, session, dataset.test, dataset.normalization,
                                        {recipe.model.output, recipe.model.class_axis});
        by_level.try_emplace(stage.level, dataset.test).first->second.add(one);
        if (stage.level > 0) by_replicate.try_emplace(stage.replicate, dataset.test).first->second.add(one);
    }
    const auto keep = [&](const Votes& votes, int level, int replicate) {
        if (votes.members() < 2) return;
        const auto [key, value] = store::to_fact(votes.of(level, replicate));
        run.set_fact(key, value);
    };
    for (const auto& [level, votes] : by_level) keep(votes, level, -1);
    for (const auto& [replicate, votes] : by_replicate) keep(votes, -1, replicate);
    run.set_fact(kMembers, members);
}

}  // namespace espalier::experiment
