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
    std::string named(const std::string& inside) const;
    void read_node(pb::NodeProto node);

    const pb::GraphProto* body_;
    const SequenceReader* reader_;
    std::string suffix_;
    std::map<std::string, std::string> names_;  // in the graph around the body, by those in it
};

}  // namespace espalier::onnx
