#include "prune/request/signal.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::prune {
namespace {

bool fits(const Signal& signal, std::int64_t size, const Layout& layout) {
    const bool by_column = signal.count == Signal::Count::inputs && size == layout.inputs() * layout.kernel;
    return by_column || size == values_of(signal, layout);
}

}  // namespace

std::span<const float> Candidate::signal(std::string_view signal_name) const {
    const auto found = signals.find(signal_name);
    return found == signals.end() ? std::span<const float>() : found->second;
}

std::span<const std::string_view> signals_needed(std::string_view criterion) {
    return criteria().get(criterion).needs;
}

std::int64_t values_of(const Signal& signal, const Layout& layout) {
    switch (signal.count) {
        case Signal::Count::inputs:
            return layout.inputs();
        case Signal::Count::outputs:
            return layout.all_outputs();
        default:
            return layout.count();
    }
}

void check_signals(const Criterion& criterion, const Candidate& candidate, const Layout& layout) {
    for (const std::string_view name : criterion.needs) {
        const Signal& signal = signals().get(name);
        const auto size = static_cast<std::int64_t>(candidate.signal(name).size());
        if (size == 0) {
            throw InvalidArgument(fmt::format("criterion \"{}\" needs the {} of \"{}\", and none is given",
                                              criterion.name, signal.noun, candidate.name));
        }
        if (!fits(signal, size, layout)) {
            throw InvalidArgument(fmt::format("the {} of \"{}\" has {} values, which does not fit shape {}",
                                              signal.noun, candidate.name, size, to_string(candidate.shape)));
        }
    }
}

}  // namespace espalier::prune
