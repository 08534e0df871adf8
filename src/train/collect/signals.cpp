#include "train/collect/signals.h"

#include <fmt/format.h>

#include "prune/request/signal.h"
#include "train/signal_source.h"

namespace espalier::train {

Signals Signals::collect(const SignalRequest& request) {
    Signals all;
    if (request.needs.empty()) return all;
    translate([&] {
        set_threads(request.threads);
        Collector collector(request);
        for (const std::string_view name : request.needs) {
            collector.take(prune::signals().get(name).noun);
            all.values_.emplace(name, signals().get(name).collect(collector));
        }
    });
    return all;
}

void Signals::attach(std::vector<prune::Candidate>& candidates) const {
    for (const auto& [signal, values] : values_) {
        for (prune::Candidate& candidate : candidates) {
            const auto found = values.find(candidate.name);
            if (found == values.end()) {
                throw InvalidArgument(fmt::format("weight \"{}\" has no {}", candidate.name,
                                                  prune::signals().get(signal).noun));
            }
            candidate.signals.insert_or_assign(signal, found->second);
        }
    }
}

}  // namespace espalier::train
