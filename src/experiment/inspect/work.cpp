#include "experiment/inspect/work.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "experiment/inspect/shapes.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::experiment {

Work work_of(const Graph& graph, const std::vector<surgery::LayerInfo>& layers) {
    Work work{.counted_at = counted_shapes(graph), .open = open_dimensions(graph), .hint = ""};
    for (const Value& input : graph.inputs) {
        if (!open_dimensions(input).empty()) work.hint += (work.hint.empty() ? "" : " ") + shape_hint(input);
    }
    for (const surgery::LayerInfo& layer : layers) {
        if (!std::isfinite(layer.macs)) {
            ++work.uncounted;
            continue;
        }
        work.macs += layer.macs;
        work.nonzero_macs += layer.nonzero_macs;
    }
    return work;
}

std::string short_count(double value) {
    if (std::isnan(value)) return "?";
    if (value == 0) return "–";
    constexpr const char* kUnits[] = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
    return unit == 0 ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}{}", value, kUnits[unit]);
}

std::string share_of(double part, double whole) {
    return whole == 0 ? "–" : fmt::format("{:.1f} %", 100.0 * part / whole);
}

std::string uncounted_text(const Work& work) {
    if (work.uncounted == 0) return "";
    const std::string nodes =
        work.uncounted == 1 ? "1 node are" : fmt::format("{} nodes are", work.uncounted);
    if (work.open.empty())
        return fmt::format("the multiply-adds of {} known only when the network runs", nodes);
    return fmt::format("the multiply-adds of {} not known: {} {} open, give sizes, as in {}", nodes,
                       work.open, work.open.find(" and ") == std::string::npos ? "is" : "are", work.hint);
}

std::string to_text(const Work& work) {
    std::string text;
    if (work.macs > 0) {
        text = fmt::format(
            "multiply-adds (MACs) for one example at {}: {}{}, {} with weights that are not zero ({})",
            work.counted_at, work.uncounted > 0 ? "at least " : "", short_count(work.macs),
            short_count(work.nonzero_macs), share_of(work.nonzero_macs, work.macs));
    }
    const std::string rest = uncounted_text(work);
    return text + (text.empty() || rest.empty() ? "" : "; ") + rest;
}

}  // namespace espalier::experiment
