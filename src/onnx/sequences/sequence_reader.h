// What following sequences needs of the graph that is being read, and what is made for it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

struct SequenceReader {
    std::function<void(const pb::NodeProto&)> read;  // a node of the file
    std::function<void(Node)> add;                   // one in the form of graphs
    std::function<void(const std::string&, Tensor)> add_constant;
    std::function<const Tensor*(const std::string&)> known;    // a value that is constant; null: it is not
    std::function<const ValueType*(const std::string&)> type;  // null: it is not defined
    std::set<std::string>& names;                              // that are taken
    std::int64_t& work;                                        // done for sequences in the whole file so far

    /// Throws Unsupported, with the node, where a file asks for more than a million names and nodes.
    void spend(std::int64_t count, const pb::NodeProto& node) const;
    /// A name like this one that is free, taken now.
    std::string fresh(const std::string& base) const;
    /// Adds a constant under such a name.
    std::string constant(const std::string& base, Tensor tensor) const;
};

/// With its name, or that of what it gives, and its operator.
std::string described(const pb::NodeProto& node);
/// "" where it is left out.
std::string input_of(const pb::NodeProto& node, int index);
Tensor of_integers(const std::vector<std::int64_t>& values);

}  // namespace espalier::onnx
