// How large a network is in what a removal aims at, as a share of the network before.
#pragma once

#include <memory>
#include <string>

#include "espalier/experiment.h"

namespace espalier::experiment {

class SizeMeter {
  public:
    virtual ~SizeMeter() = default;

    /// Of the network before; with care it takes longer, and tells it better.
    virtual double share_of(const Graph& smaller, bool careful) = 0;
    /// What is aimed at. Of a target in milliseconds it may move, as the network before is timed again.
    virtual double goal() const = 0;
    virtual double tolerance() const = 0;  // relative
    /// That of the network before, in the target's unit: what shares are of.
    virtual double whole() const = 0;
    virtual std::string unit() const = 0;
    /// What the result has to say of the measurement; "": nothing.
    virtual std::string note() const { return {}; }
};

/// `graph` must outlive it. Times are taken in turn with the network before: a neighbour, or another clock,
/// meets both; with care three times, both compiled anew. Throws InvalidArgument where multiply-adds are not
/// known, and as runtime::random_inputs() does.
std::unique_ptr<SizeMeter> size_meter(const Graph& graph, const RemovalTarget& target, const Timing& timing);

}  // namespace espalier::experiment
