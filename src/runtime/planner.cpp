#include "runtime/planner.h"

#include <fmt/format.h>

#include <oneapi/dnnl/dnnl.hpp>

#include "espalier/error.h"
#include "runtime/fusion.h"

namespace espalier::runtime {
namespace {

Shape fixed_shape(const std::string& value, const ValueType& type) {
    Shape shape;
    for (const Dim& dim : type.dims) {
        if (!dim.is_fixed()) {
            throw Unsupported(
                fmt::format("value \"{}\" has shape {}, which the input shapes do not determine", value,
                            to_string(type.dims)));
        }
        shape.push_back(dim.size());
    }
    return shape;
}

class Planner {
  public:
    Planner(const Graph& graph, const std::map<std::string, ValueType>& types, WeightCache& weights,
            int threads)
        : graph_(graph), types_(types), weights_(weights), threads_(threads) {}

    Plan plan() {
        for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
            slots_[graph_.inputs[i].name] = plan_.program.add_input(i);
        }
        for (const Group& group : fuse(graph_, types_)) add(group);
        for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
            const std::string& name = graph_.outputs[i].name;
            plan_.outputs.push_back(shape_of(name));
            plan_.program.add_output(i, slot_of(name), bytes_of(name));
        }
        plan_.program.finish();
        return std::move(plan_);
    }

  private:
    Shape shape_of(const std::string& value) const { return fixed_shape(value, types_.at(value)); }
    std::size_t bytes_of(const std::string& value) const {
        return static_cast<std::size_t>(element_count(shape_of(value))) * sizeof(float);
    }

    Program::Slot slot_of(const std::string& value) {
        const auto found = slots_.find(value);
        if (found != slots_.end()) return found->second;
        return slots_[value] = plan_.program.add_constant(graph_.initializers.at(value).f32().data());
    }

    Site site_of(const Group& group) const {
        Site site{.node = *group.node,
                  .operands = {},
                  .output = shape_of(group.node->outputs.front()),
                  .added = group.add == nullptr ? nullptr : constant_operand(*group.add, graph_),
                  .relu = group.relu != nullptr,
                  .threads = threads_,
                  .weights = weights_};
        for (const std::string& input : group.node->inputs) {
            if (input.empty()) continue;
            const auto constant = graph_.initializers.find(input);
            site.operands.push_back(
                {shape_of(input), constant == graph_.initializers.end() ? nullptr : &constant->second});
        }
        return site;
    }

    void add(const Group& group) {
        LayerProfile layer;
        layer.node = group.node->name;
        layer.op = group.node->op;
        if (group.lowering->view) {
            slots_[group.output()] = slot_of(group.node->inputs.front());
            layer.kernel = "view";
            layer.why = "no data moves";
        } else if (bytes_of(group.output()) == 0) {
            slots_[group.output()] = plan_.program.add_buffer(0);
            layer.kernel = "none";
            layer.why = "the output is empty";
        } else {
            add_step(group, layer);
        }
        plan_.profile.push_back(std::move(layer));
    }

    void add_step(const Group& group, LayerProfile& layer) try {
        const Site site = site_of(group);
        const std::vector<Candidate> candidates = group.lowering->candidates(site);
        std::vector<Program::Slot> inputs;
        for (const std::string& input : group.node->inputs) {
            if (!input.empty()) inputs.push_back(slot_of(input));
        }
        const Program::Slot output = plan_.program.add_buffer(bytes_of(group.output()));
        slots_[group.output()] = output;
        plan_.program.add_step(candidates.front().make(), std::move(inputs), output);
        layer.kernel = candidates.front().name;
        layer.why = "the only way known";
        if (const LayerWeights* weights = weights_.find(*group.node)) {
            layer.weights = weights->outputs() * weights->inputs();
            layer.weights_left =
                static_cast<double>(weights->nonzeros()) / static_cast<double>(layer.weights);
        }
    } catch (const dnnl::error& error) {
        throw Unsupported(fmt::format("{}: oneDNN cannot compute this {}: {}", describe(*group.node),
                                      group.node->op, error.what()));
    }

    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    WeightCache& weights_;
    int threads_;
    Plan plan_;
    std::map<std::string, Program::Slot> slots_;
};

}  // namespace

Plan make_plan(const Graph& graph, const std::map<std::string, ValueType>& types, WeightCache& weights,
               Options::Choice, int threads) {
    return Planner(graph, types, weights, threads).plan();
}

}  // namespace espalier::runtime
