// What reading the three operators shares.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>

#include "espalier/error.h"
#include "graph/trees/ensemble.h"

namespace espalier::trees {

/// Throws InvalidModel: node "trees": <message>
[[noreturn]] inline void fail(const Node& node, const std::string& message) {
    throw InvalidModel(fmt::format("{}: {}", describe(node), message));
}

/// Numbers of a node, of either size, where they lie: of 3,000,000 nodes, a copy in f64 has 24 MB.
class RealList {
  public:
    RealList() = default;
    explicit RealList(std::span<const float> values) : floats_(values) {}
    explicit RealList(std::span<const double> values) : doubles_(values) {}

    std::size_t size() const { return floats_.size() + doubles_.size(); }  // one of them is empty
    double operator[](std::size_t i) const {
        return doubles_.empty() ? static_cast<double>(floats_[i]) : doubles_[i];
    }
    std::vector<double> copy() const;

  private:
    std::span<const float> floats_;
    std::span<const double> doubles_;
};

/// The elements of an attribute of floats, or of a tensor of floats of either size; empty without one.
std::vector<double> real_numbers(const Node& node, const char* key);
/// The numbers of `key`, or else of the tensor `key`_as_tensor, as they lie in the node. Sets `doubles` if
/// they are f64.
RealList numbers(const Node& node, const std::string& key, bool& doubles);
/// The integers of `key`, without a copy; empty without them.
const std::vector<std::int64_t>& integers(const Node& node, const char* key);

Ensemble decode_flat(const Node& node);    // TreeEnsemble
Ensemble decode_listed(const Node& node);  // the other two
void encode_flat(Node& node, const Ensemble& ensemble);
void encode_listed(Node& node, const Ensemble& ensemble);

/// Throws unless every tree is one: all nodes reached, none twice on a way, all numbers as they must be.
void check_structure(const Node& node, const Ensemble& ensemble);

}  // namespace espalier::trees
