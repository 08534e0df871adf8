// Values that are strings, or maps, in a file: a graph holds numbers in their place.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "onnx/proto/proto.h"

namespace espalier::onnx {

class StringValues {
  public:
    /// Whether an input is of strings and only LabelEncoders of strings read it.
    static bool is_encoded(const pb::ValueInfoProto& input, const pb::GraphProto& graph);
    /// Such an input as the graph holds it: positions among the keys.
    static pb::ValueInfoProto in_positions(pb::ValueInfoProto input);
    void add_input(const std::string& name) { inputs_.insert(name); }

    /// Notes what a node gives, and brings a LabelEncoder's keys to the order of the names whose positions it
    /// reads. Throws Unsupported for a node that would read numbers in place of strings or maps.
    void take(Node& node);

    bool is_named(const std::string& value) const { return named_.contains(value); }
    bool is_map(const std::string& value) const { return maps_.contains(value); }

  private:
    void take_keys(Node& node);

    std::set<std::string> inputs_;  // of the graph
    std::set<std::string> named_;   // labels of classes
    std::set<std::string> maps_;    // sequences of maps
    struct Names {
        std::vector<std::string> all;
        std::optional<std::string> other;  // what -1 stands for
    };
    std::map<std::string, Names> names_;  // whose positions the first two hold
};

}  // namespace espalier::onnx
