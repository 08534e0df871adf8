#include "runtime/sections/section_run.h"

#include <algorithm>
#include <chrono>

#include "espalier/error.h"
#include "graph/evaluation.h"

namespace espalier::runtime {
namespace {

std::vector<std::string> names_of(const std::vector<Value>& values) {
    std::vector<std::string> names;
    for (const Value& value : values) names.push_back(value.name);
    return names;
}

/// Of what runs behind data: shapes may be others each time, and must not be timed.
Options untimed(Options options) {
    options.tuning = Options::Tuning::none;
    options.tuned.clear();
    options.progress = {};
    return options;
}

bool is_ranked(const Graph& graph) {
    return std::ranges::all_of(graph.inputs, [](const Value& input) { return input.type.is_ranked; });
}

}  // namespace

SectionRun::SectionRun(Graph graph, const std::set<std::string>& open, const Options& options)
    : options_(options) {
    own_ = {names_of(graph.inputs), names_of(graph.outputs)};
    const Types types = infer_types(graph);
    Split parts = split(std::move(graph), open);
    head_names_ = {names_of(parts.head.inputs), names_of(parts.head.outputs)};
    tail_names_ = {names_of(parts.tail.inputs), names_of(parts.tail.outputs)};
    constants_ = std::make_shared<const Weights>(std::move(parts.constants));
    for (Node& node : parts.nodes) {
        Step& step = steps_.emplace_back();
        if (has_bodies(node)) step.bodies.emplace(node, types, *constants_, untimed(options));
        step.node = std::move(node);
    }
    if (!parts.head.outputs.empty()) head_ = compile(std::move(parts.head), options);
    if (parts.tail.outputs.empty()) return;
    if (is_ranked(parts.tail)) {
        tail_ = compile(std::move(parts.tail), untimed(options));
    } else {
        unranked_tail_ = std::make_shared<const Graph>(std::move(parts.tail));
    }
}

SectionRun SectionRun::share(const Options& options) const {
    SectionRun shared;
    shared.own_ = own_;
    shared.head_names_ = head_names_;
    shared.tail_names_ = tail_names_;
    shared.constants_ = constants_;
    shared.unranked_tail_ = unranked_tail_;
    shared.options_ = options;
    if (head_) shared.head_ = head_->share(options);
    if (tail_) shared.tail_ = tail_->share(untimed(options));
    for (const Step& step : steps_) {
        Step& other = shared.steps_.emplace_back();
        other.node = step.node;
        if (step.bodies) other.bodies = step.bodies->share(untimed(options));
    }
    for (const auto& [ranks, tail] : tails_) shared.tails_.emplace_back(ranks, tail.share(untimed(options)));
    return shared;
}

Session& SectionRun::tail_for(const Known& known) {
    if (tail_) return *tail_;
    std::vector<std::size_t> ranks;
    for (const std::string& name : tail_names_.inputs) ranks.push_back(known.at(name).shape.size());
    const auto found = std::ranges::find(
        tails_, ranks, [](const auto& entry) -> const auto& { return entry.first; });
    if (found != tails_.end()) return found->second;
    Graph graph = *unranked_tail_;
    for (Value& input : graph.inputs) {
        const TensorView& given = known.at(input.name);
        if (!input.type.is_ranked) input.type = {given.dtype, Dims(given.shape.size())};
    }
    const Types types = infer_types(graph);
    for (Value& output : graph.outputs) output.type = types.at(output.name);
    return tails_.emplace_back(std::move(ranks), compile(std::move(graph), untimed(options_))).second;
}

void SectionRun::run_part(Session& part, const Interface& names, Known& known,
                          std::vector<std::vector<Tensor>>& kept, RunTrace* trace, double start_us) {
    std::vector<TensorView> inputs;
    for (const std::string& name : names.inputs) inputs.push_back(known.at(name));
    if (trace == nullptr) {
        kept.push_back(part.run(inputs));
    } else {
        RunTrace own;
        NamedTensors named;
        for (std::size_t i = 0; i < inputs.size(); ++i) named.emplace(names.inputs[i], copy_of(inputs[i]));
        kept.push_back(part.run(named, own));
        const std::size_t before = trace->steps.empty() ? 0 : trace->steps.back().last;
        for (StepTrace step : own.steps) {
            step.first += before;
            step.last += before;
            step.start_us += start_us;
            trace->steps.push_back(step);
        }
    }
    for (std::size_t i = 0; i < names.outputs.size(); ++i)
        known.insert_or_assign(names.outputs[i], TensorView(kept.back()[i]));
}

void SectionRun::run_step(Step& step, Known& known, std::vector<std::vector<Tensor>>& kept) {
    if (step.bodies) {
        kept.push_back(step.bodies->run(step.node, [&](const std::string& name) { return known.at(name); }));
    } else {
        std::vector<Tensor> copies;
        copies.reserve(step.node.inputs.size());
        std::vector<const Tensor*> operands;
        for (const std::string& name : step.node.inputs) {
            const auto constant = constants_->find(name);
            if (name.empty()) {
                operands.push_back(nullptr);
            } else if (constant != constants_->end()) {
                operands.push_back(&constant->second);
            } else {
                operands.push_back(&copies.emplace_back(copy_of(known.at(name))));
            }
        }
        kept.push_back(evaluate(step.node, operands));
    }
    for (std::size_t i = 0; i < step.node.outputs.size(); ++i) {
        if (!step.node.outputs[i].empty())
            known.insert_or_assign(step.node.outputs[i], TensorView(kept.back().at(i)));
    }
}

std::vector<Tensor> SectionRun::run(std::span<const TensorView> inputs, RunTrace* trace) {
    const auto start = std::chrono::steady_clock::now();
    const auto now_us = [&] {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    };
    Known known;
    std::vector<std::vector<Tensor>> kept;
    for (const auto& [name, tensor] : *constants_) known.insert_or_assign(name, TensorView(tensor));
    for (std::size_t i = 0; i < inputs.size(); ++i) known.insert_or_assign(own_.inputs[i], inputs[i]);
    if (head_) run_part(*head_, head_names_, known, kept, trace, now_us());
    for (Step& step : steps_) {
        const double begin = now_us();
        run_step(step, known, kept);
        if (trace == nullptr) continue;
        const std::size_t first = trace->steps.empty() ? 0 : trace->steps.back().last;
        trace->steps.push_back(
            {.first = first, .last = first + 1, .start_us = begin, .us = now_us() - begin});
    }
    last_tail_ = nullptr;
    if (!tail_names_.outputs.empty()) {
        last_tail_ = &tail_for(known);
        run_part(*last_tail_, tail_names_, known, kept, trace, now_us());
    }
    std::vector<Tensor> outputs;
    outputs.reserve(own_.outputs.size());
    for (const std::string& name : own_.outputs) outputs.push_back(copy_of(known.at(name)));
    return outputs;
}

std::vector<LayerProfile> SectionRun::profile() const {
    std::vector<LayerProfile> all;
    std::vector<LayerProfile> folded;  // at the end, as everywhere
    const auto add = [&](const std::vector<LayerProfile>& layers) {
        for (const LayerProfile& layer : layers) (layer.kernel == "folded" ? folded : all).push_back(layer);
    };
    if (head_) add(head_->profile());
    for (const Step& step : steps_) {
        LayerProfile& entry = all.emplace_back();
        entry.node = step.node.name;
        entry.op = step.node.op;
        entry.kernel = step.bodies ? "bodies" : "reference";
        entry.why = step.bodies ? "runs its bodies, compiled" : "its outputs' shapes depend on data";
        entry.threads = 1;
    }
    if (last_tail_ != nullptr) add(last_tail_->profile());
    for (const Step& step : steps_) {
        if (!step.bodies) continue;
        std::vector<LayerProfile> inside;
        step.bodies->add_profile(inside);
        for (LayerProfile& layer : inside) {
            layer.node = step.node.name + "/" + layer.node;
            folded.push_back(std::move(layer));
        }
    }
    all.insert(all.end(), folded.begin(), folded.end());
    return all;
}

std::vector<CompileTime> SectionRun::compile_times() const {
    std::vector<CompileTime> sum;
    const auto add = [&](const std::vector<CompileTime>& times) {
        for (const CompileTime& time : times) {
            const auto same = std::ranges::find(sum, time.step, &CompileTime::step);
            same == sum.end() ? sum.push_back(time) : void(same->us += time.us);
        }
    };
    if (head_) add(head_->compile_times());
    if (last_tail_ != nullptr) add(last_tail_->compile_times());
    return sum;
}

}  // namespace espalier::runtime
