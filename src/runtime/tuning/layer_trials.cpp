#include "runtime/tuning/layer_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <set>
#include <tuple>

#include "espalier/error.h"
#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/sparse/panel_layout.h"
#include "runtime/tuning/timing.h"
#include "runtime/tuning/trial_memory.h"

namespace espalier::runtime {
namespace {

/// Sparse candidates are timed unless the layer is all but dense, or the model says that they take twice as
/// long as the dense one.
bool on_shortlist(const Candidate& candidate, const Candidate& dense, const LayerWeights* weights,
                  Options::Choice choice) {
    if (!candidate.sparse) return true;
    if (choice == Options::Choice::measured) {
        const bool thinned = weights == nullptr || weights->density() <= kMostLeft;
        return thinned && candidate.single_us < 2 * dense.single_us + 2;
    }
    return choice == Options::Choice::sparse;
}

/// The candidate on as many threads as seem useful, and on one.
std::vector<Trial> trials_of(const Candidate& candidate, bool wanted, int threads, std::size_t number = 0) {
    std::vector<Trial> trials;
    const int useful = useful_threads(candidate.single_us, threads);
    for (const int used : useful == 1 ? std::vector{1} : std::vector{useful, 1}) {
        trials.push_back({.candidate = candidate,
                          .number = number,
                          .threads = used,
                          .predicted_us = shared_us(candidate.single_us, used),
                          .wanted = wanted});
    }
    return trials;
}

/// "0 dense (oneDNN) rows>blocks Winograd x2": a trial among those of its layer.
std::string key_of(const Trial& trial) {
    const Candidate& candidate = trial.candidate;
    return fmt::format("{} {} {}>{} {}{}x{}", trial.number, candidate.name, describe(candidate.input),
                       describe(candidate.output), candidate.note, candidate.note.empty() ? "" : " ",
                       trial.threads);
}

std::vector<Trial*> wanted_of(std::vector<Trial>& trials) {
    std::vector<Trial*> wanted;
    for (Trial& trial : trials) {
        if (trial.wanted) wanted.push_back(&trial);
    }
    return wanted;
}

/// Dense kernels that take several times as long as another one on as many threads are not worth timing
/// well: a convolution on rows may take ten times as long as on blocks.
void drop_hopeless(std::span<Trial* const> trials, TrialMemory& memory) {
    constexpr double kHopeless = 2.5;
    constexpr double kSlackUs = 20;
    std::map<int, double> least;
    for (Trial* trial : trials) {
        if (trial->candidate.sparse) continue;
        const std::function<void()> body = memory.body(*trial);
        trial->us = std::min(time_once(body), time_once(body));
        const auto [best, first] = least.emplace(trial->threads, trial->us);
        best->second = std::min(best->second, trial->us);
    }
    for (Trial* trial : trials) {
        if (!trial->candidate.sparse)
            trial->wanted = trial->us <= kHopeless * least.at(trial->threads) + kSlackUs;
    }
}

/// Of kernels that can take each other's place only the fastest is kept: each has weights of its own.
void keep_fastest(std::span<Trial* const> trials) {
    const auto key = [](const Trial& trial) {
        return std::tuple(trial.candidate.sparse, trial.candidate.input, trial.candidate.output,
                          trial.threads);
    };
    for (Trial* trial : trials) {
        if (trial->candidate.sparse) continue;
        const auto beats = [&](const Trial* other) {
            return other->wanted && key(*other) == key(*trial) && other->us < trial->us;
        };
        if (std::ranges::any_of(trials, beats)) trial->wanted = false;
    }
}

/// Whether its weights come from memory in every run: each is used once or twice, and those of the whole
/// network fit into no cache. Timed again and again by itself they would come from there.
bool reads_from_memory(const Layer& layer, const CompileContext& setting) {
    constexpr std::int64_t kMostRows = 2;
    constexpr std::size_t kCacheBytes = std::size_t{32} << 20;
    constexpr std::int64_t kLeastWeights = 1 << 16;
    if (layer.weights == nullptr || layer.weights->count() < kLeastWeights) return false;
    const std::int64_t rows =
        element_count(shape_of(layer.group.output(), setting)) / layer.weights->outputs();
    if (rows > kMostRows) return false;
    std::size_t bytes = 0;
    for (const auto& constant : setting.graph.initializers) bytes += constant.second.bytes().size();
    return bytes > kCacheBytes;
}

/// A round in turn is a burst of runs, a cold one a single run, and what else reads memory at that moment
/// changes it by half: of three runs, equal layers of GPT-2 were dense after one tuning and sparse after
/// the next.
constexpr std::size_t kColdSamples = 4;

/// One trial is timed for the profile alone; several in turn, for so long each.
void time_trials(std::span<Trial* const> trials, TrialMemory& memory, double seconds, std::size_t rounds,
                 bool cold = false) {
    std::vector<std::function<void()>> bodies;
    bodies.reserve(trials.size());
    for (const Trial* trial : trials) bodies.push_back(memory.body(*trial));
    const bool choice = bodies.size() > 1;
    const auto timings =
        cold ? time_cold(bodies, rounds * kColdSamples)
             : time_in_turn(bodies, choice ? seconds * static_cast<double>(bodies.size()) : 0, rounds);
    for (std::size_t i = 0; i < trials.size(); ++i) trials[i]->us = timings[i].low_us;
}

std::vector<Trial> changes_of(Layout from, std::int64_t batch, std::int64_t features, int threads) {
    return trials_of(change_layout(from, batch, features), true, threads);
}

Trial cheapest_of(const std::vector<Trial>& trials) {
    return *std::ranges::min_element(trials, {}, &Trial::cost);
}

/// How thoroughly a layer is timed.
struct Effort {
    double seconds;           // a trial
    std::size_t rounds;       // at least
    double longest = 1e9;     // times the best predicted: what seems to take longer is not timed
    bool single = true;       // a trial without an alternative is timed, for the profile
    double budget_us = 1e12;  // of all layers
};

constexpr Effort kFull = {.seconds = kTrialSeconds, .rounds = kLeastRounds};
constexpr Effort kQuick = {.seconds = 0, .rounds = 1, .longest = 1.15, .single = false, .budget_us = 200'000};

/// Drops what the model says is slow, compared with the best dense one that can be made; sparse ones are kept
/// where they are asked for.
void trust_model(std::vector<Trial>& trials, double longest, bool keep_sparse) {
    double most = 0;
    for (bool all_made = false; !all_made;) {
        double best = std::numeric_limits<double>::infinity();
        for (const Trial& trial : trials) {
            if (trial.wanted && !trial.candidate.sparse) best = std::min(best, trial.predicted_us);
        }
        most = longest * best;
        all_made = true;
        for (Trial& trial : trials) {
            if (trial.wanted && trial.predicted_us <= most) all_made &= trial.make();
        }
    }
    for (Trial& trial : trials)
        trial.wanted &= trial.predicted_us <= most || (keep_sparse && trial.candidate.sparse);
}

/// Predictions of what was not timed, in the measure of what was.
void scale_predictions(std::vector<Trial>& trials) {
    double measured = 0;
    double predicted = 0;
    for (const Trial& trial : trials) {
        if (trial.us <= 0 || trial.candidate.sparse) continue;
        measured += trial.us;
        predicted += trial.predicted_us;
    }
    if (!(measured > 0 && predicted > 0)) return;
    for (Trial& trial : trials) {
        if (trial.us <= 0) trial.predicted_us *= measured / predicted;
    }
}

/// Times of the layer, and of changing its layout to panels and back where it may run on them.
void measure(Layer& layer, const LoweringContext& site, const CompileContext& setting, const Effort& effort) {
    std::erase_if(layer.trials, [](Trial& trial) { return trial.wanted && !trial.make(); });
    std::vector<Trial*> trials = wanted_of(layer.trials);
    TrialMemory memory(site, layer);
    if (layer.trials.size() > 2 && effort.single) {
        drop_hopeless(trials, memory);
        trials = wanted_of(layer.trials);
    }
    if (trials.size() < 2 && !effort.single) return;
    time_trials(trials, memory, effort.seconds, effort.rounds, reads_from_memory(layer, setting));
    keep_fastest(trials);
    const auto on_panels = [](const Trial* trial) { return trial->candidate.input == Layout::panel; };
    if (std::ranges::none_of(trials, on_panels)) return;
    const auto best_change = [&](Layout from, std::int64_t features) {
        std::vector<Trial> changes = changes_of(from, layer.batch, features, setting.threads);
        for (Trial& change : changes) change.make();
        time_trials(wanted_of(changes), memory, effort.seconds, effort.rounds);
        return cheapest_of(changes);
    };
    layer.pack = best_change(Layout::row_major, layer.weights->inputs());
    layer.unpack = best_change(Layout::panel, layer.weights->outputs());
}

/// From times that were taken of an equal layer; false if they are of other candidates.
bool recall(Layer& layer, const TrialTimes& times) {
    const auto time_of = [&](const std::string& key) {
        const auto found = times.us.find(key);
        return found == times.us.end() ? 0 : found->second;
    };
    const auto is_known = [&](const Trial& trial) { return time_of(key_of(trial)) > 0; };
    const auto is_missed = [&](Trial& trial) {
        if (!trial.wanted || !trial.candidate.sparse || is_known(trial)) return false;
        // What cannot be made of these weights was not timed.
        return !times.ruled_out.contains(key_of(trial)) && trial.make();
    };
    const bool dense = times.us.empty() || std::ranges::any_of(layer.trials, [&](const Trial& trial) {
                           return !trial.candidate.sparse && is_known(trial);
                       });
    if (!dense || std::ranges::any_of(layer.trials, is_missed)) return false;
    for (Trial& trial : layer.trials) {
        if (times.us.empty()) {  // the model left nothing to choose from
            trial.wanted &= !times.ruled_out.contains(key_of(trial));
            continue;
        }
        trial.us = time_of(key_of(trial));
        trial.wanted &= trial.us > 0;
    }
    layer.pack.us = time_of("pack");
    layer.unpack.us = time_of("unpack");
    return true;
}

TrialTimes times_of(const Layer& layer, bool full) {
    TrialTimes times{.us = {}, .full = full};
    for (const Trial& trial : layer.trials) {
        if (trial.wanted && trial.us > 0) times.us[key_of(trial)] = trial.us;
    }
    if (layer.pack.us > 0) times.us["pack"] = layer.pack.us;
    if (layer.unpack.us > 0) times.us["unpack"] = layer.unpack.us;
    return times;
}

void add_predicted_changes(Layer& layer, int threads) {
    if (!layer.has_panels()) return;
    layer.pack = cheapest_of(changes_of(Layout::row_major, layer.batch, layer.weights->inputs(), threads));
    layer.unpack = cheapest_of(changes_of(Layout::panel, layer.batch, layer.weights->outputs(), threads));
}

void tune(Layer& layer, const LoweringContext& site, const CompileContext& setting) {
    const TrialTimes* known = setting.table.layer(layer.signature);
    const bool full = setting.tuning == Options::Tuning::full;
    if (known != nullptr && (known->full || !full) && recall(layer, *known)) return;
    if (setting.tuning == Options::Tuning::none) return;
    const Effort& effort = full ? kFull : kQuick;
    if (setting.table.spent_us() > effort.budget_us) return;
    std::set<std::string> ruled_out;
    if (effort.longest < 1e6) {
        const std::vector<Trial*> before = wanted_of(layer.trials);
        trust_model(layer.trials, effort.longest, setting.choice == Options::Choice::sparse);
        for (const Trial* trial : before) {
            if (!trial->wanted) ruled_out.insert(key_of(*trial));
        }
        if (wanted_of(layer.trials).size() < 2) {
            TrialTimes times = known == nullptr ? TrialTimes() : *known;
            times.ruled_out.merge(ruled_out);
            setting.table.set_layer(layer.signature, std::move(times));
            return;
        }
    }
    const auto start = std::chrono::steady_clock::now();
    measure(layer, site, setting, effort);
    scale_predictions(layer.trials);
    setting.table.spend(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    TrialTimes times = times_of(layer, full);
    if (times.us.empty()) return;
    if (known != nullptr && !full) {  // of other candidates
        times.us.insert(known->us.begin(), known->us.end());
        times.full = known->full;
        ruled_out.insert(known->ruled_out.begin(), known->ruled_out.end());
    }
    times.ruled_out = std::move(ruled_out);
    setting.table.set_layer(layer.signature, std::move(times));
}

}  // namespace

bool Trial::make() {
    if (kernel == nullptr) kernel = candidate.make(threads);
    wanted &= kernel != nullptr;
    return kernel != nullptr;
}

Layout layout_read(const std::string& value, const Layer& layer, const Candidate& candidate,
                   const CompileContext& setting) {
    if (candidate.input == Layout::panel) return candidate.input;
    const std::size_t rank = setting.types.at(layer.group.output()).dims.size();
    const bool follows =
        !setting.graph.initializers.contains(value) && setting.types.at(value).dims.size() == rank;
    if (!follows) return Layout::row_major;
    const auto adds = [&](const PostNodes& behind) { return behind.added == value; };
    return std::ranges::any_of(layer.group.behind, adds) ? candidate.output : candidate.input;
}

const Trial* Layer::fastest(bool sparse) const {
    const Trial* best = nullptr;
    for (const Trial& trial : trials) {
        const bool counts = trial.candidate.sparse == sparse && (sparse || trial.wanted || trial.us > 0);
        if (counts && (best == nullptr || trial.cost() < best->cost())) best = &trial;
    }
    return best;
}

void Layer::want_first_again() {
    const auto is_left = [](const Trial& trial) { return trial.wanted && !trial.candidate.sparse; };
    if (std::ranges::any_of(trials, is_left)) return;
    for (Trial& trial : trials) trial.wanted |= trial.number == 0;
}

Layer examine(const Group& group, const CompileContext& setting) try {
    Layer layer{.group = group};
    const bool all_outputs = group.lowering->all_outputs;
    const std::int64_t count = all_outputs ? 0 : element_count(shape_of(group.output(), setting));
    if (!all_outputs && (group.lowering->view || count == 0)) return layer;
    layer.site = std::make_shared<const LoweringContext>(site_of(group, setting));
    const std::vector<Candidate> candidates = group.lowering->candidates(*layer.site);
    if (all_outputs) {  // there is one way, which is not timed
        layer.trials = trials_of(candidates.front(), true, setting.threads);
        layer.trials.resize(1);
        return layer;
    }
    layer.weights = layer.site->weights.get();  // made with the candidates
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool wanted = on_shortlist(candidates[i], candidates.front(), layer.weights, setting.choice);
        for (Trial& trial : trials_of(candidates[i], wanted, setting.threads, i))
            layer.trials.push_back(std::move(trial));
    }
    const auto reads_panels = [](const Candidate& candidate) { return candidate.input == Layout::panel; };
    if (std::ranges::any_of(candidates, reads_panels)) layer.batch = count / layer.weights->outputs();
    layer.signature = signature_of(group, *layer.site);
    if (reads_from_memory(layer, setting)) layer.signature += " from memory";
    add_predicted_changes(layer, setting.threads);
    tune(layer, *layer.site, setting);
    layer.want_first_again();
    return layer;
} catch (const dnnl::error& error) {
    throw Unsupported(fmt::format("{}: oneDNN cannot compute this {}: {}", describe(*group.node),
                                  group.node->op, error.what()));
}

}  // namespace espalier::runtime
