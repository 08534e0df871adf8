// A round of a Loop that fills a sequence, read into the graph around it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "onnx/sequences/sequence_reader.h"

namespace espalier::onnx {

class Round {
  public:
    /// Reads the body's constants, once for all rounds. Both must outlive it.
    Round(const pb::GraphProto& body, const SequenceReader& reader);

    /// Reads the nodes of round `index`, which begins with `condition` ("": true) and `state`, names of
    /// values or sequences, and takes these to its end. Throws Unsupported for bodies within the body.
    void read(std::int64_t index, std::string& condition, std::vector<std::string>& state) const;

  private:
    using Names = std::map<std::string, std::string>;

    /// Reads a node whose values have these names around the body, and adds those that it gives.
    void read_node(pb::NodeProto node, const std::string& suffix, Names& names) const;

    const pb::GraphProto* body_;
    const SequenceReader* reader_;
    Names constants_;  // in the graph around the body, by their names in it
};

}  // namespace espalier::onnx
