#include "runtime/compile/select_kernels.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"

namespace espalier::runtime {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr Layout kLayouts[] = {Layout::row_major, Layout::panel};

std::size_t index_of(Layout layout) { return static_cast<std::size_t>(layout); }

/// The best way through the first stages that ends in each layout.
struct Path {
    double us = kNever;
    std::vector<std::size_t> options;
};

/// Whether the trial may be chosen. What is preferred gives way where the layer has nothing like it.
bool is_possible(const Layer& layer, const Trial& trial, const Preference& preference) {
    const auto suits_kind = [&](const Trial& one) {
        if (preference.choice == Options::Choice::measured) return true;
        return one.candidate.sparse == (preference.choice == Options::Choice::sparse);
    };
    const auto suits = [&](const Trial& one) { return suits_kind(one) && one.threads <= preference.threads; };
    const auto has = [&](const auto& like) {
        return std::ranges::any_of(layer.trials, [&](const Trial& one) { return one.wanted && like(one); });
    };
    if (!trial.wanted) return false;
    if (has(suits)) return suits(trial);
    return !has(suits_kind) || suits_kind(trial);
}

/// Options are numbered as the layer's trials; those that may not be chosen take forever. Between the layers
/// of a chain lie panels or rows of f32.
Stage stage_of(const Layer& layer, const Preference& preference, const CompileContext& setting) {
    Stage stage{.options = {}, .pack_us = layer.pack.cost(), .unpack_us = layer.unpack.cost()};
    for (const Trial& trial : layer.trials) {
        const Candidate& candidate = trial.candidate;
        double us = trial.cost();
        if (is_bf16(candidate.input)) {
            const std::int64_t features = layer.weights->inputs() + layer.weights->outputs();
            us += predict_reorder_us(layer.batch * features) / setting.threads;
        }
        if (!is_possible(layer, trial, preference) || is_bf16(candidate.output)) us = kNever;
        stage.options.push_back({order_of(candidate.input), order_of(candidate.output), us});
    }
    return stage;
}

/// Values that a layer behind would read in bf16: its operation gains from that, or what it gives is read so.
std::set<std::string> wanted_in_bf16(const std::vector<Layer>& layers, const CompileContext& setting) {
    std::set<std::string> wanted;
    if (setting.precision != Precision::bf16) return wanted;
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        if (layer->group.lowering->all_outputs) continue;
        for (const Trial& trial : layer->trials) {
            const bool useful = !is_bf16(trial.candidate.output) || wanted.contains(layer->group.output());
            if (!trial.wanted || !is_bf16(trial.candidate.input) || !useful) continue;
            for (const std::string& value : layer->group.reads()) {
                if (is_bf16(layout_read(value, *layer, trial.candidate, setting))) wanted.insert(value);
            }
        }
    }
    return wanted;
}

/// Chooses trials of single layers in order, knowing how the values before them lie.
class ImageChoice {
  public:
    ImageChoice(const Preference& preference, std::set<std::string> wanted_in_bf16,
                const CompileContext& setting)
        : wish_(preference), bf16_(std::move(wanted_in_bf16)), setting_(setting) {}

    /// What the layer reads and gives is row-major.
    void pass(const Layer& layer) {
        for (const std::string& value : layer.group.reads()) us_ += read(value, Layout::row_major);
    }

    std::size_t pick(const Layer& layer) {
        std::size_t best = 0;
        double least = kNever;
        for (std::size_t i = 0; i < layer.trials.size(); ++i) {
            const double us = cost(layer, layer.trials[i]);
            if (us >= least) continue;
            least = us;
            best = i;
        }
        const Trial& trial = layer.trials[best];
        us_ += trial.cost();
        for (const std::string& value : layer.group.reads())
            us_ += read(value, layout_read(value, layer, trial.candidate, setting_));
        lies_[layer.group.output()] = {trial.candidate.output};
        return best;
    }

    double us() const { return us_; }

  private:
    double cost(const Layer& layer, const Trial& trial) const {
        if (!is_possible(layer, trial, wish_)) return kNever;
        double us = trial.cost();
        for (const std::string& value : layer.group.reads())
            us += change(value, layout_read(value, layer, trial.candidate, setting_));
        const Shape shape = shape_of(layer.group.output(), setting_);
        const Layout given = trial.candidate.output;
        if (setting_.precision == Precision::bf16) {
            const bool wanted = bf16_.contains(layer.group.output());
            if (is_bf16(given) && !wanted) return kNever;
            if (!is_bf16(given) && wanted) us += change_us(shape);
        }
        const bool as_wished = !is_image(shape) || same_bytes(shape, order_of(given), wish_.images);
        // A tenth is within what neighbours on the machine make of two equal times.
        return as_wished ? us : 1.1 * us + change_us(shape);
    }

    double change_us(const Shape& shape) const {
        return predict_reorder_us(element_count(shape)) / wish_.threads;
    }

    /// Of having the value in this layout.
    double change(const std::string& value, Layout layout) const {
        const auto found = lies_.find(value);
        if (found == lies_.end() && layout == Layout::row_major) return 0;
        const Shape shape = shape_of(value, setting_);
        const auto serves = [&](Layout known) { return same_bytes(shape, known, layout); };
        const bool lies_so =
            found == lies_.end() ? serves(Layout::row_major) : std::ranges::any_of(found->second, serves);
        return lies_so ? 0 : change_us(shape);
    }

    double read(const std::string& value, Layout layout) {
        const double us = change(value, layout);
        auto& known = lies_[value];
        if (known.empty()) known.insert(Layout::row_major);
        known.insert(layout);
        return us;
    }

    const Preference& wish_;
    std::set<std::string> bf16_;
    const CompileContext& setting_;
    std::map<std::string, std::set<Layout>> lies_;  // row-major alone where there is nothing
    double us_ = 0;
};

}  // namespace

std::vector<std::size_t> cheapest(std::span<const Stage> chain) {
    std::array<Path, 2> best;
    best[index_of(Layout::row_major)].us = 0;
    double unpack_us = kNever;  // of what the stage before gives; the chain starts with rows
    for (const Stage& stage : chain) {
        std::array<Path, 2> next;
        for (std::size_t i = 0; i < stage.options.size(); ++i) {
            const Stage::Option& option = stage.options[i];
            for (const Layout from : kLayouts) {
                if (best[index_of(from)].us == kNever) continue;
                double us = best[index_of(from)].us + option.us;
                if (from != option.input) us += option.input == Layout::panel ? stage.pack_us : unpack_us;
                Path& target = next[index_of(option.output)];
                if (!(us < target.us)) continue;
                target.us = us;
                target.options = best[index_of(from)].options;
                target.options.push_back(i);
            }
        }
        best = std::move(next);
        unpack_us = stage.unpack_us;
    }
    if (chain.empty()) return {};
    best[index_of(Layout::panel)].us += chain.back().unpack_us;
    const bool panel = best[index_of(Layout::panel)].us < best[index_of(Layout::row_major)].us;
    return best[index_of(panel ? Layout::panel : Layout::row_major)].options;
}

Selection choose(const std::vector<Layer>& layers, const Chains& chains, const Preference& preference,
                 const CompileContext& setting) {
    Selection chosen{.trials = std::vector<std::size_t>(layers.size(), 0)};
    std::vector<bool> done(layers.size(), false);
    ImageChoice images(preference, wanted_in_bf16(layers, setting), setting);
    for (std::size_t start = 0; start < layers.size(); ++start) {
        const Layer& layer = layers[start];
        if (!layer.has_panels() && !layer.trials.empty() && !layer.group.lowering->all_outputs) {
            chosen.trials[start] = images.pick(layer);
            continue;
        }
        images.pass(layer);
        if (layer.trials.empty() || done[start]) continue;
        std::vector<std::size_t> members;
        std::vector<Stage> stages;
        for (std::optional<std::size_t> at = start; at; at = chains.next(*at)) {
            members.push_back(*at);
            stages.push_back(stage_of(layers[*at], preference, setting));
            done[*at] = true;
        }
        const auto options = cheapest(stages);
        for (std::size_t i = 0; i < members.size(); ++i) {
            chosen.trials[members[i]] = options[i];
            chosen.us += stages[i].options[options[i]].us;
        }
    }
    chosen.us += images.us();
    return chosen;
}

}  // namespace espalier::runtime
