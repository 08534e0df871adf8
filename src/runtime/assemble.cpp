#include "runtime/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/layout.h"

namespace espalier::runtime {
namespace {

/// Why a layer runs this trial and no other.
std::string reason(const Layer& layer, std::size_t chosen, Options::Choice choice) {
    const Trial& winner = layer.trials[chosen];
    if (layer.weights == nullptr) return fmt::format("no sparse kernel for {}", layer.group.node->op);
    if (choice == Options::Choice::dense) return "dense was asked for";
    if (choice == Options::Choice::sparse) return "sparse was asked for";
    if (winner.candidate.sparse) {
        const auto timed = std::count_if(layer.trials.begin(), layer.trials.end(),
                                         [](const Trial& trial) { return trial.kernel != nullptr; });
        return fmt::format("fastest of {} timed", timed);
    }
    const Trial& sparse = *layer.fastest(true);
    if (sparse.kernel == nullptr)
        return fmt::format("sparse would take about {:.2g} us", sparse.predicted_us);
    if (sparse.us >= winner.us) return fmt::format("sparse would take {:.3g} us", sparse.us);
    return fmt::format("sparse would take {:.3g} us and change the layout", sparse.us);
}

class Assembler {
  public:
    Assembler(const std::vector<Layer>& layers, std::span<const std::size_t> chosen, const Setting& setting)
        : layers_(layers), chosen_(chosen), setting_(setting) {}

    Plan assemble() {
        const Graph& graph = setting_.graph;
        for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
            forms_[graph.inputs[i].name].rows = plan_.program.add_input(i);
        }
        for (std::size_t i = 0; i < layers_.size(); ++i) add(layers_[i], chosen_[i]);
        for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
            const std::string& name = graph.outputs[i].name;
            plan_.outputs.push_back(shape_of(name, setting_));
            plan_.program.add_output(i, rows(name), bytes(element_count(plan_.outputs.back())));
        }
        plan_.program.finish();
        return std::move(plan_);
    }

  private:
    using Slot = Program::Slot;
    static constexpr Slot kNone = static_cast<Slot>(-1);

    /// The slots that hold a value.
    struct Forms {
        Slot rows = kNone;
        Slot panels = kNone;
        std::int64_t features = 0;     // of the panels
        const Layer* maker = nullptr;  // of the panels, if a layer gave them
    };

    static std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

    const std::string& root(const std::string& value) const {
        const auto alias = aliases_.find(value);
        return alias == aliases_.end() ? value : alias->second;
    }

    Slot add_step(const Trial& trial, std::vector<Slot> inputs, std::int64_t floats) {
        const Slot output = plan_.program.add_buffer(bytes(floats));
        plan_.program.add_step(trial.kernel, std::move(inputs), output);
        return output;
    }

    Slot change_layout(const Trial& trial, Slot input, const Layer& layer, std::int64_t features) {
        LayerProfile& entry = plan_.profile.emplace_back();
        entry.node = layer.group.node->name;
        entry.op = "layout";
        entry.kernel = trial.candidate.name;
        entry.why = trial.candidate.output == Layout::panel ? "its input, to panels" : "its output, to rows";
        entry.predicted_us = trial.predicted_us;
        entry.measured_us = trial.us;
        return add_step(trial, {input}, floats_in(trial.candidate.output, layer.batch, features));
    }

    Slot rows(const std::string& value) {
        Forms& forms = forms_[root(value)];
        if (forms.rows != kNone) return forms.rows;
        if (forms.maker != nullptr) {
            return forms.rows =
                       change_layout(forms.maker->unpack, forms.panels, *forms.maker, forms.features);
        }
        const Tensor& constant = setting_.graph.initializers.at(root(value));
        return forms.rows = plan_.program.add_constant(constant.f32().data());
    }

    Slot panels(const std::string& value, const Layer& reader) {
        Forms& forms = forms_[root(value)];
        const std::int64_t features = reader.weights->inputs();
        if (forms.panels != kNone && forms.features == features) return forms.panels;
        const Slot slot = change_layout(reader.pack, rows(value), reader, features);
        if (forms.maker == nullptr) {
            forms.panels = slot;
            forms.features = features;
        }
        return slot;
    }

    void add(const Layer& layer, std::size_t chosen) {
        const Node& node = *layer.group.node;
        const std::string& output = layer.group.output();
        if (layer.trials.empty()) {
            const bool view = layer.group.lowering->view;
            if (view) aliases_[output] = root(node.inputs.front());
            if (!view) forms_[output].rows = plan_.program.add_buffer(0);
            return add_profile(node, view ? "view" : "none", view ? "no data moves" : "its output is empty");
        }
        const Trial& trial = layer.trials[chosen];
        std::vector<Slot> inputs;
        for (const std::string& input : node.inputs) {
            if (input.empty()) continue;
            const bool panel = inputs.empty() && trial.candidate.input == Layout::panel;
            inputs.push_back(panel ? panels(input, layer) : rows(input));
        }
        const bool panel = trial.candidate.output == Layout::panel;
        const std::int64_t count = element_count(shape_of(output, setting_));
        const std::int64_t features = panel ? layer.weights->outputs() : count;
        const Slot slot = add_step(trial, std::move(inputs),
                                   panel ? floats_in(Layout::panel, layer.batch, features) : count);
        forms_[output] =
            panel ? Forms{.panels = slot, .features = features, .maker = &layer} : Forms{.rows = slot};
        add_profile(layer, chosen);
    }

    void add_profile(const Node& node, std::string kernel, std::string why) {
        LayerProfile& entry = plan_.profile.emplace_back();
        entry.node = node.name;
        entry.op = node.op;
        entry.kernel = std::move(kernel);
        entry.why = std::move(why);
    }

    void add_profile(const Layer& layer, std::size_t chosen) {
        const Trial& trial = layer.trials[chosen];
        add_profile(*layer.group.node, trial.candidate.name, reason(layer, chosen, setting_.choice));
        LayerProfile& entry = plan_.profile.back();
        entry.predicted_us = trial.predicted_us;
        entry.measured_us = trial.us;
        entry.dense_us = layer.fastest(false)->us;
        if (layer.weights != nullptr) {
            entry.weights = layer.weights->count();
            entry.weights_left = layer.weights->density();
        }
        for (const Node* fused : {layer.group.add, layer.group.relu}) {
            if (fused != nullptr)
                add_profile(*fused, "fused", fmt::format("computed with {}", describe(*layer.group.node)));
        }
    }

    const std::vector<Layer>& layers_;
    std::span<const std::size_t> chosen_;
    const Setting& setting_;
    Plan plan_;
    std::map<std::string, Forms> forms_;
    std::map<std::string, std::string> aliases_;  // of views, to the value they show
};

}  // namespace

Plan assemble(const std::vector<Layer>& layers, std::span<const std::size_t> chosen, const Setting& setting) {
    return Assembler(layers, chosen, setting).assemble();
}

}  // namespace espalier::runtime
