#include "runtime/compile/layer_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>

#include "base/random.h"
#include "espalier/error.h"
#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/execute/memory_plan.h"
#include "runtime/sparse/panel_layout.h"
#include "runtime/timing.h"

namespace espalier::runtime {
namespace {

Operand operand_of(const std::string& value, const Setting& setting) {
    const auto constant = setting.graph.initializers.find(value);
    return {.shape = shape_of(value, setting),
            .constant = constant == setting.graph.initializers.end() ? nullptr : &constant->second,
            .dtype = setting.types.at(value).dtype};
}

/// `function` behind what the weights take in already, of so many channels.
void compose(std::optional<ChannelAffine>& affine, const Function& function, std::int64_t channels) {
    const auto count = static_cast<std::size_t>(channels);
    if (!affine)
        affine = {.scale = std::vector<float>(count, 1.0F), .shift = std::vector<float>(count, 0.0F)};
    for (float& scale : affine->scale) scale *= function.alpha;
    for (float& shift : affine->shift) shift = function.alpha * shift + function.beta;
}

WeightSlot& slot_of(const Group& group, const Setting& setting) {
    WeightCache::Key key = group.absorbed(setting.graph);
    const bool is_shared =
        std::ranges::none_of(key, [&](const std::string& value) { return setting.computed.contains(value); });
    return (is_shared ? setting.weights : setting.own_weights).at(key);
}

Site site_of(const Group& group, const Setting& setting) {
    const std::string& output = group.node->outputs.front();
    Site site{.node = *group.node,
              .operands = {},
              .output = output.empty() ? Shape() : shape_of(output, setting),
              .outputs = {},
              .added = {},
              .norm = {},
              .after = {},
              .summands = {},
              .weights = slot_of(group, setting),
              .graph = setting.graph};
    if (group.add != nullptr) site.added = constant_operand(*group.add, setting.graph);
    if (group.norm != nullptr) site.norm = channel_affine(*group.norm, setting.graph);
    for (const Behind& behind : group.linear) compose(site.norm, behind.functions.front(), site.output[1]);
    for (const std::string& name : group.node->outputs) {
        if (!name.empty()) site.outputs.push_back(shape_of(name, setting));
    }
    for (const std::string& input : group.node->inputs) {
        if (!input.empty()) site.operands.push_back(operand_of(input, setting));
    }
    site.after = steps_of(group.behind, site.operands.size());
    for (const Behind& behind : group.behind) {
        if (!behind.added.empty()) site.summands.push_back(operand_of(behind.added, setting));
    }
    return site;
}

/// With more of its weights left a layer has too few zeros for a sparse kernel to win.
constexpr double kMostLeft = 0.9;

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

/// The candidate on one thread, and on as many as seem useful.
std::vector<Trial> trials_of(const Candidate& candidate, bool wanted, int threads) {
    std::vector<Trial> trials;
    const int useful = useful_threads(candidate.single_us, threads);
    for (const int used : useful == 1 ? std::vector{1} : std::vector{useful, 1}) {
        Trial trial{
            .candidate = candidate, .threads = used, .predicted_us = shared_us(candidate.single_us, used)};
        if (wanted) trial.kernel = candidate.make(used);
        if (trial.kernel != nullptr || !wanted) trials.push_back(std::move(trial));
    }
    return trials;
}

/// Memory for timing a layer by itself: operands, output and scratch. What is not constant is random.
class Bench {
  public:
    Bench(const Site& site, const Layer& layer) {
        std::size_t floats = 0;
        const auto reserve = [&](std::int64_t count) {
            const std::size_t at = floats;
            floats += (static_cast<std::size_t>(count) + 15) / 16 * 16;
            return at;
        };
        std::vector<Operand> operands = site.operands;
        operands.insert(operands.end(), site.summands.begin(), site.summands.end());
        std::vector<std::size_t> starts;
        for (const Operand& operand : operands) {
            const bool varies = operand.constant == nullptr;
            starts.push_back(reserve(varies ? std::max(most(operand.shape), activation(layer)) : 0));
        }
        const std::size_t output = reserve(std::max(most(site.output), activation(layer)));
        float* memory = reinterpret_cast<float*>(data_.at_least(floats * sizeof(float)));
        Random random(1, "bench");
        for (std::size_t i = 0; i < output; ++i) memory[i] = random.uniform();
        for (std::size_t i = 0; i < starts.size(); ++i) {
            const Tensor* constant = operands[i].constant;
            operands_.push_back(constant == nullptr
                                    ? memory + starts[i]
                                    : reinterpret_cast<const float*>(constant->bytes().data()));
        }
        output_ = memory + output;
    }

    std::function<void()> body(const Trial& trial) {
        std::byte* scratch = scratch_.emplace_back().at_least(trial.kernel->scratch_bytes());
        return [this, &trial, scratch] { trial.kernel->run(operands_, output_, scratch); };
    }

  private:
    /// Floats of a value in its largest layout.
    static std::int64_t most(const Shape& shape) {
        if (!is_image(shape)) return element_count(shape);
        return static_cast<std::int64_t>(bytes_in(Layout::blocked, shape) / sizeof(float));
    }

    /// Enough for the input and the output of a layer with weights, in either layout: changes of layout are
    /// timed in the same memory.
    static std::int64_t activation(const Layer& layer) {
        if (layer.weights == nullptr) return 0;
        return floats_in(Layout::panel, layer.batch,
                         std::max(layer.weights->inputs(), layer.weights->outputs()));
    }

    Arena data_;
    std::vector<Arena> scratch_;
    std::vector<const float*> operands_;
    float* output_ = nullptr;
};

/// Dense kernels that take several times as long as another one on as many threads are not worth timing
/// well: a convolution on rows may take ten times as long as on blocks.
void drop_hopeless(std::vector<Trial>& trials, Bench& bench) {
    constexpr double kHopeless = 2.5;
    constexpr double kSlackUs = 20;
    std::map<int, double> least;
    for (Trial& trial : trials) {
        if (trial.kernel == nullptr || trial.candidate.sparse) continue;
        const std::function<void()> body = bench.body(trial);
        trial.us = std::min(time_once(body), time_once(body));
        const auto [best, first] = least.emplace(trial.threads, trial.us);
        best->second = std::min(best->second, trial.us);
    }
    for (Trial& trial : trials) {
        if (trial.kernel == nullptr || trial.candidate.sparse) continue;
        if (trial.us > kHopeless * least.at(trial.threads) + kSlackUs) trial.kernel = nullptr;
    }
}

/// Of kernels that can take each other's place only the fastest is kept: each has weights of its own.
void keep_fastest(std::vector<Trial>& trials) {
    const auto key = [](const Trial& trial) {
        return std::tuple(trial.candidate.sparse, trial.candidate.input, trial.candidate.output,
                          trial.threads);
    };
    for (Trial& trial : trials) {
        if (trial.kernel == nullptr || trial.candidate.sparse) continue;
        const auto beats = [&](const Trial& other) {
            return other.kernel != nullptr && key(other) == key(trial) && other.us < trial.us;
        };
        if (std::ranges::any_of(trials, beats)) trial.kernel = nullptr;
    }
}

void time_trials(std::span<Trial* const> trials, Bench& bench) {
    std::vector<std::function<void()>> bodies;
    bodies.reserve(trials.size());
    for (const Trial* trial : trials) bodies.push_back(bench.body(*trial));
    const bool choice = bodies.size() > 1;
    const auto timings =
        time_in_turn(bodies, choice ? kTrialSeconds * static_cast<double>(bodies.size()) : 0);
    for (std::size_t i = 0; i < trials.size(); ++i) trials[i]->us = timings[i].low_us;
}

/// The faster number of threads.
Trial best_change(Layout from, std::int64_t batch, std::int64_t features, int threads, Bench& bench) {
    std::vector<Trial> trials = trials_of(change_layout(from, batch, features), true, threads);
    std::vector<Trial*> timed;
    for (Trial& trial : trials) timed.push_back(&trial);
    time_trials(timed, bench);
    return *std::min_element(trials.begin(), trials.end(),
                             [](const Trial& a, const Trial& b) { return a.us < b.us; });
}

}  // namespace

Shape shape_of(const std::string& value, const Setting& setting) {
    const Dims& dims = setting.types.at(value).dims;
    Shape shape;
    for (const Dim& dim : dims) {
        if (!dim.is_fixed()) {
            throw Unsupported(
                fmt::format("value \"{}\" has shape {}, which the input shapes do not determine", value,
                            to_string(dims)));
        }
        shape.push_back(dim.size());
    }
    return shape;
}

Layout layout_read(const std::string& value, const Layer& layer, const Candidate& candidate,
                   const Setting& setting) {
    if (candidate.input == Layout::panel) return candidate.input;
    const std::size_t rank = setting.types.at(layer.group.output()).dims.size();
    const bool follows =
        !setting.graph.initializers.contains(value) && setting.types.at(value).dims.size() == rank;
    if (!follows) return Layout::row_major;
    const auto adds = [&](const Behind& behind) { return behind.added == value; };
    return std::ranges::any_of(layer.group.behind, adds) ? candidate.output : candidate.input;
}

const Trial* Layer::fastest(bool sparse) const {
    const auto us = [](const Trial& trial) { return trial.us > 0 ? trial.us : trial.predicted_us; };
    const Trial* best = nullptr;
    for (const Trial& trial : trials) {
        if (trial.candidate.sparse == sparse && (best == nullptr || us(trial) < us(*best))) best = &trial;
    }
    return best;
}

Layer examine(const Group& group, const Setting& setting) try {
    Layer layer{.group = group};
    if (group.lowering->all_outputs) {  // there is one way, which is not timed
        const auto candidates = group.lowering->candidates(site_of(group, setting));
        layer.trials = trials_of(candidates.front(), true, setting.threads);
        return layer;
    }
    const std::int64_t count = element_count(shape_of(group.output(), setting));
    if (group.lowering->view || count == 0) return layer;
    const Site site = site_of(group, setting);
    const std::vector<Candidate> candidates = group.lowering->candidates(site);
    layer.weights = site.weights.linear();  // made with the candidates
    layer.convolution = site.weights.convolution();
    for (const Candidate& candidate : candidates) {
        const bool wanted = on_shortlist(candidate, candidates.front(), layer.weights, setting.choice);
        for (Trial& trial : trials_of(candidate, wanted, setting.threads))
            layer.trials.push_back(std::move(trial));
    }
    if (layer.weights != nullptr) layer.batch = count / layer.weights->outputs();
    Bench bench(site, layer);
    if (layer.trials.size() > 2) drop_hopeless(layer.trials, bench);
    std::vector<Trial*> timed;
    bool panels = false;
    for (Trial& trial : layer.trials) {
        if (trial.kernel == nullptr) continue;
        timed.push_back(&trial);
        panels |= trial.candidate.input == Layout::panel;
    }
    time_trials(timed, bench);
    keep_fastest(layer.trials);
    if (panels) {
        layer.pack =
            best_change(Layout::row_major, layer.batch, layer.weights->inputs(), setting.threads, bench);
        layer.unpack =
            best_change(Layout::panel, layer.batch, layer.weights->outputs(), setting.threads, bench);
    }
    return layer;
} catch (const dnnl::error& error) {
    throw Unsupported(fmt::format("{}: oneDNN cannot compute this {}: {}", describe(*group.node),
                                  group.node->op, error.what()));
}

}  // namespace espalier::runtime
