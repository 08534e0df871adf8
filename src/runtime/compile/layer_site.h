// What a lowering sees of a group of nodes, and what tells groups of equal cost from others.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "espalier/graph.h"
#include "espalier/runtime.h"
#include "runtime/compile/compile_steps.h"
#include "runtime/fusion/fusion.h"
#include "runtime/tuning/tuning_table.h"
#include "runtime/weights/weight_cache.h"

namespace espalier::runtime {

using Types = std::map<std::string, ValueType>;

/// What a plan is made from. `types` are of every value, with all dimensions fixed.
struct CompileContext {
    const Graph& graph;
    const Types& types;
    WeightCache& weights;            // that all plans of a session share
    std::set<std::string> computed;  // constants that hold for these input shapes alone,
    WeightCache& own_weights;        // and the weights that absorb any of them
    Options::Choice choice;
    int threads;
    Options::Tuning tuning;
    TuningTable& table;
    const std::function<void(double share)>& progress;
    CompileLog& log;
    Precision precision = Precision::f32;
};

Shape shape_of(const std::string& value, const CompileContext& setting);

LoweringContext site_of(const Group& group, const CompileContext& setting);

/// What tells plans of other precisions from those of f32: "", "bf16", "f16".
std::string mark_of(Precision precision);

/// 32 hexadecimal digits: the operator with its attributes, the shapes and types of what it reads and gives,
/// what is computed behind it, and how many of its weights are left. `site` has made its candidates.
std::string signature_of(const Group& group, const LoweringContext& site);

}  // namespace espalier::runtime
