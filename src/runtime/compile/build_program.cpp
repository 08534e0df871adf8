#include "runtime/compile/build_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <set>
#include <utility>

#include "espalier/error.h"
#include "graph/op.h"
#include "runtime/compile/verify_steps.h"
#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/execute/reference_step.h"
#include "runtime/sparse/panel_chain.h"

namespace espalier::runtime {
namespace {

/// What sets the trial apart from others of the same name that were timed.
std::string among_others(const Layer& layer, const Trial& winner) {
    const auto timed = std::ranges::count_if(layer.trials, [](const Trial& trial) { return trial.us > 0; });
    // Panels are no layout of images, and have entries of their own.
    const bool plain = std::ranges::all_of(layer.trials, [&](const Trial& trial) {
        const Layout layout = trial.candidate.output;
        return layout == Layout::row_major || layout == Layout::panel;
    });
    if (plain) return "";
    const std::string note = winner.candidate.note.empty() ? "" : winner.candidate.note + ", ";
    const std::string how = timed == 0 ? "by the cost model" : fmt::format("{} timed", timed);
    return fmt::format("; {}{}, {}", note, describe(winner.candidate.output), how);
}

/// Why a layer runs this trial and no other.
std::string reason(const Layer& layer, std::size_t chosen, Options::Choice choice) {
    const Trial& winner = layer.trials[chosen];
    if (layer.fastest(true) == nullptr) {
        if (layer.weights != nullptr && layer.weights->density() > kMostLeft)
            return "too few zeros for a sparse kernel" + among_others(layer, winner);
        const std::string& op = layer.group.node->op;
        const Operator* known = ops().find(op);
        const bool could_have = known != nullptr && known->weight_input >= 0;
        return fmt::format("no sparse kernel for {}{}{}", could_have ? "this form of " : "", op,
                           among_others(layer, winner));
    }
    if (choice == Options::Choice::dense) return "dense was asked for";
    if (choice == Options::Choice::sparse) return "sparse was asked for";
    if (winner.candidate.sparse) {
        const auto timed = std::count_if(layer.trials.begin(), layer.trials.end(),
                                         [](const Trial& trial) { return trial.us > 0; });
        return timed == 0 ? "fastest by the cost model" : fmt::format("fastest of {} timed", timed);
    }
    const Trial& sparse = *layer.fastest(true);
    const std::string others = among_others(layer, winner);
    if (sparse.us == 0)
        return fmt::format("sparse would take about {:.3g} us{}", sparse.predicted_us, others);
    const char* const layout = sparse.us >= winner.us ? "" : " and change the layout";
    return fmt::format("sparse would take {:.3g} us{}{}", sparse.us, layout, others);
}

class Assembler {
  public:
    Assembler(const std::vector<Layer>& layers, const Chains& chains, std::span<const std::size_t> chosen,
              const CompileContext& setting)
        : layers_(layers), chains_(chains), chosen_(chosen), setting_(setting), done_(layers.size(), false) {}

    Plan assemble() {
        const Graph& graph = setting_.graph;
        for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
            slots_[{graph.inputs[i].name, Layout::row_major}] =
                plan_.program.add_input(i, graph.inputs[i].type.dtype);
        }
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            if (done_[i]) continue;
            first_entry_ = plan_.profile.size();
            add(i);
            plan_.steps.resize(plan_.program.step_count(), {first_entry_, plan_.profile.size()});
        }
        for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
            const std::string& name = graph.outputs[i].name;
            plan_.outputs.push_back({dtype_of(name), shape_of(name, setting_)});
            plan_.program.add_output(i, slot_of(name), bytes_of(name));
        }
        const bool shares = setting_.log.does("share-memory");
        setting_.log.time("share-memory", [&] { plan_.program.finish(shares); });
        if constexpr (kVerifySteps) plan_.program.verify();
        return std::move(plan_);
    }

  private:
    using Slot = Program::Slot;

    DType dtype_of(const std::string& value) const { return setting_.types.at(value).dtype; }
    std::size_t bytes_of(const std::string& value) const {
        return static_cast<std::size_t>(element_count(shape_of(value, setting_))) * size_of(dtype_of(value));
    }

    /// The value in row-major order, or in another layout for `reader`.
    Slot slot_of(const std::string& value, Layout layout = Layout::row_major, const Node* reader = nullptr) {
        const auto found = slots_.find({value, layout});
        if (found != slots_.end()) return found->second;
        const auto constant = setting_.graph.initializers.find(value);
        if (constant != setting_.graph.initializers.end()) {
            return slots_[{value, layout}] = plan_.program.add_constant(constant->second);
        }
        const Shape shape = shape_of(value, setting_);
        std::optional<std::pair<Layout, Slot>> source;
        for (const Layout known :
             {Layout::row_major, Layout::blocked, Layout::channels_last, Layout::row_major_bf16,
              Layout::blocked_bf16, Layout::channels_last_bf16}) {
            const auto at = slots_.find({value, known});
            if (at == slots_.end()) continue;
            if (same_bytes(shape, known, layout)) return slots_[{value, layout}] = at->second;
            if (!source) source = {known, at->second};
        }
        if (!source) {
            throw InternalError(fmt::format("value \"{}\" is read by node \"{}\" and given by no step", value,
                                            reader == nullptr ? "" : reader->name));
        }
        return slots_[{value, layout}] = changed(value, shape, *source, layout, reader);
    }

    /// A step that rewrites the value in another layout.
    Slot changed(const std::string& value, const Shape& shape, const std::pair<Layout, Slot>& source,
                 Layout layout, const Node* reader) try {
        const Candidate candidate = change_image_layout(shape, source.first, layout, dtype_of(value));
        const int threads = useful_threads(candidate.single_us, setting_.threads);
        const Slot slot = plan_.program.add_buffer(bytes_in(layout, shape, dtype_of(value)),
                                                   stored_type(dtype_of(value), layout), layout);
        plan_.program.add_step(candidate.make(threads), {source.second}, {slot});
        LayerProfile& entry = plan_.profile.emplace_back();
        entry.node = reader == nullptr ? value : reader->name;
        entry.op = "layout";
        entry.kernel = candidate.name;
        entry.why = fmt::format("\"{}\", {}, to {}", value, describe(source.first), describe(layout));
        entry.predicted_us = shared_us(candidate.single_us, threads);
        entry.threads = threads;
        plan_.steps.resize(plan_.program.step_count(), {plan_.profile.size() - 1, plan_.profile.size()});
        first_entry_ = plan_.profile.size();
        return slot;
    } catch (const dnnl::error& error) {
        throw Unsupported(fmt::format("value \"{}\": oneDNN cannot change its layout from {} to {}: {}",
                                      value, describe(source.first), describe(layout), error.what()));
    }

    void add_step(std::shared_ptr<Kernel> kernel, std::vector<Slot> inputs, const std::string& output,
                  Layout layout = Layout::row_major) {
        const std::size_t bytes = layout == Layout::row_major
                                      ? bytes_of(output)
                                      : bytes_in(layout, shape_of(output, setting_), dtype_of(output));
        const Slot slot = plan_.program.add_buffer(bytes, stored_type(dtype_of(output), layout), layout);
        slots_[{output, layout}] = slot;
        plan_.program.add_step(std::move(kernel), std::move(inputs), {slot});
    }

    /// A node with all outputs that it names.
    void add_all_outputs(std::size_t index) {
        const Node& node = *layers_[index].group.node;
        std::vector<Slot> inputs;
        std::vector<Slot> outputs;
        for (const std::string& input : node.inputs) {
            if (!input.empty()) inputs.push_back(slot_of(input));
        }
        for (const std::string& output : node.outputs) {
            if (output.empty()) continue;
            outputs.push_back(plan_.program.add_buffer(bytes_of(output), dtype_of(output)));
            slots_[{output, Layout::row_major}] = outputs.back();
        }
        plan_.program.add_step(trial_of(index).kernel, std::move(inputs), std::move(outputs));
        const bool evaluated = layers_[index].group.lowering == &kEvaluated;
        add_profile(node, trial_of(index).candidate.name,
                    evaluated ? fmt::format("no fast kernel for this form of {}", node.op)
                              : fmt::format("no sparse kernel for {}", node.op));
        plan_.profile.back().threads = trial_of(index).threads;
    }

    const Trial& trial_of(std::size_t index) const { return layers_[index].trials[chosen_[index]]; }
    bool on_panels(std::size_t index) const {
        return !layers_[index].trials.empty() && trial_of(index).candidate.input == Layout::panel;
    }

    void add(std::size_t index) {
        const Layer& layer = layers_[index];
        const Node& node = *layer.group.node;
        if (layer.group.lowering->all_outputs) return add_all_outputs(index);
        const std::string& output = layer.group.output();
        if (layer.group.lowering->view) {
            // What passes inside a chain has no memory that could be viewed, and no reader outside.
            const std::string& value = node.inputs.front();
            if (inside_.contains(value)) {
                inside_.insert(output);
            } else {
                slots_[{output, Layout::row_major}] = slot_of(value);
            }
            return add_profile(node, "view", "no data moves");
        }
        if (layer.trials.empty()) {
            slots_[{output, Layout::row_major}] = plan_.program.add_buffer(0, dtype_of(output));
            return add_profile(node, "none", "its output is empty");
        }
        if (on_panels(index)) return add_chain(index);
        const Candidate& candidate = trial_of(index).candidate;
        std::vector<Slot> inputs;
        for (const std::string& value : layer.group.reads())
            inputs.push_back(slot_of(value, layout_read(value, layer, candidate, setting_), &node));
        add_step(trial_of(index).kernel, std::move(inputs), output, candidate.output);
        add_profile(index);
    }

    /// The layers from `index` on that run on panels, as one step. What passes between them is seen by no
    /// other node, so the step can stand where the first of them stood.
    void add_chain(std::size_t index) {
        std::vector<std::size_t> members;
        int threads = 1;
        int unit = 1;
        for (std::optional<std::size_t> at = index; at && on_panels(*at); at = chains_.next(*at)) {
            members.push_back(*at);
            threads = std::max(threads, trial_of(*at).threads);
            unit = std::max(unit, trial_of(*at).candidate.unit);
            if (trial_of(*at).candidate.output == Layout::row_major) break;
        }
        const Layer& first = layers_[members.front()];
        const Layer& last = layers_[members.back()];
        // Before the entries of this step.
        std::vector<Slot> inputs = {slot_of(first.group.node->inputs.front())};
        for (const PostNodes& behind : last.group.behind) {
            if (!behind.added.empty()) inputs.push_back(slot_of(behind.added));
        }
        const std::int64_t rows = chain_rows(first.batch, threads, unit);
        std::vector<ChainLink> links;
        const std::size_t first_entry = plan_.profile.size();
        add_layout_profile(first, first.pack, "its input, to panels");
        for (const std::size_t member : members) {
            const Layer& layer = layers_[member];
            links.push_back({layer.weights->packed_for_panels(rows, trial_of(member).candidate.unit),
                             post_operations_of(layer.group.behind, 1)});
            done_[member] = true;
            if (member != members.back()) inside_.insert(layer.group.output());
            add_profile(member);
        }
        if (trial_of(members.back()).candidate.output == Layout::panel)
            add_layout_profile(last, last.unpack, "its output, to rows");
        for (LayerProfile& entry : std::span(plan_.profile).subspan(first_entry)) entry.threads = threads;
        add_step(panel_chain(links, first.batch, threads), std::move(inputs), last.group.output());
    }

    void add_layout_profile(const Layer& layer, const Trial& trial, std::string why) {
        add_profile(*layer.group.node, trial.candidate.name, std::move(why));
        LayerProfile& entry = plan_.profile.back();
        entry.op = "layout";
        entry.predicted_us = trial.predicted_us;
        entry.measured_us = trial.us;
    }

    void add_profile(const Node& node, std::string kernel, std::string why) {
        LayerProfile& entry = plan_.profile.emplace_back();
        entry.node = node.name;
        entry.op = node.op;
        entry.kernel = std::move(kernel);
        entry.why = std::move(why);
    }

    void add_profile(std::size_t index) {
        const Layer& layer = layers_[index];
        const Trial& trial = trial_of(index);
        add_profile(*layer.group.node, trial.candidate.name, reason(layer, chosen_[index], setting_.choice));
        LayerProfile& entry = plan_.profile.back();
        entry.predicted_us = trial.predicted_us;
        entry.measured_us = trial.us;
        entry.dense_us = layer.fastest(false)->us;
        entry.threads = trial.threads;
        entry.is_sparse = trial.candidate.sparse;
        if (layer.weights != nullptr) {
            entry.weights = layer.weights->count();
            entry.weights_left = layer.weights->density();
        } else if (const ByteWeights* bytes = layer.site->weights.bytes(); bytes != nullptr) {
            entry.weights = bytes->count;
            entry.weights_left = static_cast<double>(bytes->left) / static_cast<double>(bytes->count);
        }
        if (entry.weights > 0 && layer.fastest(true) != nullptr)
            plan_.choices.push_back(plan_.profile.size() - 1);
        for (const Node* fused : layer.group.fused()) {
            add_profile(*fused, "fused", fmt::format("computed with {}", describe(*layer.group.node)));
        }
    }

    const std::vector<Layer>& layers_;
    const Chains& chains_;
    std::span<const std::size_t> chosen_;
    const CompileContext& setting_;
    Plan plan_;
    std::map<std::pair<std::string, Layout>, Slot> slots_;
    std::size_t first_entry_ = 0;   // of the profile, of the step that is being made
    std::vector<bool> done_;        // layers that are part of a chain added before
    std::set<std::string> inside_;  // values that pass between layers of a chain
};

}  // namespace

Plan assemble(const std::vector<Layer>& layers, const Chains& chains, std::span<const std::size_t> chosen,
              const CompileContext& setting) {
    return setting.log.time("build-program",
                            [&] { return Assembler(layers, chains, chosen, setting).assemble(); });
}

}  // namespace espalier::runtime
