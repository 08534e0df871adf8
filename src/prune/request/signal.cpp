#include "prune/request/signal.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::prune {
namespace {

struct SignalInfo {
    Signal signal;
    std::string_view name;
    std::span<const float> Candidate::*field;
};

constexpr SignalInfo kSignals[] = {
    {Signal::gradient, "gradient", &Candidate::gradient},
    {Signal::squared_gradient, "squared gradient", &Candidate::squared_gradient},
    {Signal::initial_weight, "initial weight", &Candidate::initial_weight},
    {Signal::hessian_gradient, "Hessian times gradient", &Candidate::hessian_gradient},
    {Signal::movement, "movement", &Candidate::movement},
    {Signal::input_norm, "input norm", &Candidate::input_norm},
    {Signal::batch_norm_scale, "batch normalisation scale", &Candidate::batch_norm_scale},
    {Signal::flow, "synaptic flow", &Candidate::flow},
};

const SignalInfo& info_of(Signal signal) {
    const SignalInfo& info = kSignals[static_cast<std::size_t>(signal)];
    ESPALIER_ASSERT(info.signal == signal);
    return info;
}

bool fits(Signal signal, std::int64_t size, const Layout& layout) {
    if (signal == Signal::batch_norm_scale) return size == layout.outputs();
    if (signal != Signal::input_norm) return size == layout.count();
    return size == layout.inputs() || size == layout.inputs() * layout.kernel;
}

}  // namespace

std::string_view name_of(Signal signal) { return info_of(signal).name; }

std::span<const Signal> signals_needed(std::string_view criterion) { return criteria().get(criterion).needs; }

void check_signals(const Criterion& criterion, const Candidate& candidate, const Layout& layout) {
    for (const Signal signal : criterion.needs) {
        const auto size = static_cast<std::int64_t>((candidate.*info_of(signal).field).size());
        if (size == 0) {
            throw InvalidArgument(fmt::format("criterion \"{}\" needs the {} of \"{}\", and none is given",
                                              criterion.name, name_of(signal), candidate.name));
        }
        if (!fits(signal, size, layout)) {
            throw InvalidArgument(fmt::format("the {} of \"{}\" has {} values, which does not fit shape {}",
                                              name_of(signal), candidate.name, size,
                                              to_string(candidate.shape)));
        }
    }
}

}  // namespace espalier::prune
