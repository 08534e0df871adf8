#include "runtime/compile/compile_steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text/nearest.h"
#include "espalier/error.h"

namespace espalier::runtime {
namespace {

constexpr CompileStep kSteps[] = {
    {"fold-constants", "computes what constants and shapes alone decide"},
    {"keep-integers", "computes layers between quantised values on the 8-bit integers, where that is faster",
     true},
    {"fuse-attention", "computes products of queries, keys and values with their softmax, in the cache",
     true},
    {"recognize-layer-norm", "makes one node of those that spell out a layer normalization", true},
    {"absorb-constants", "takes constant sums, normalizations and scales into the weights before them", true},
    {"attach-post-operations", "computes functions and sums with the layer before them", true},
    {"tune-layers", "finds, predicts and times the ways to compute each layer"},
    {"link-panels", "keeps activations in panels from one sparse layer to the next", true},
    {"lay-out-images", "lets images lie in blocks of channels or channels last", true},
    {"select-kernels", "chooses the ways that are fastest together"},
    {"build-program", "puts the chosen kernels together"},
    {"share-memory", "lets values that are never needed at once lie in the same memory", true},
    {"part-batches", "runs the examples of a batch one by one, where that is faster", true},
};

}  // namespace

std::span<const CompileStep> compile_steps() { return kSteps; }

CompileLog::CompileLog(std::span<const std::string> without) : without_(without.begin(), without.end()) {
    std::vector<std::string> optional;
    for (const CompileStep& step : kSteps) {
        if (step.optional) optional.emplace_back(step.name);
        entries_.push_back({std::string(step.name), 0});
    }
    for (const std::string& name : without) {
        const auto step = std::ranges::find(kSteps, name, &CompileStep::name);
        if (step == std::end(kSteps))
            throw InvalidArgument(fmt::format("compile step \"{}\"{}", name, unknown_hint(name, optional)));
        if (!step->optional)
            throw InvalidArgument(fmt::format("compile step \"{}\" cannot be left out; these can: {}", name,
                                              fmt::join(optional, ", ")));
    }
}

bool CompileLog::does(std::string_view step) const { return std::ranges::count(without_, step) == 0; }

void CompileLog::add(std::string_view step, double us) {
    const auto entry = std::ranges::find(entries_, step, &CompileTime::step);
    ESPALIER_ASSERT(entry != entries_.end());
    entry->us += us;
}

}  // namespace espalier::runtime
