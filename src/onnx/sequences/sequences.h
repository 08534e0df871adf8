// Sequences of tensors, as which torch writes unbind, chunk and lists. No value of a Graph is one: while a
// file is read it is followed what they hold, and what takes an element reads that value itself. A Loop that
// fills one is read round by round.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "onnx/sequences/sequence_reader.h"

namespace espalier::onnx {

class Sequences {
  public:
    /// Whether the node makes a sequence or reads one.
    bool concerns(const pb::NodeProto& node) const;

    /// Reads what stands for such a node. Throws Unsupported, with the node, where what a sequence holds
    /// depends on data: positions, pieces and rounds that are not constant, branches, maps over sequences;
    /// and InvalidModel for positions outside of it.
    void resolve(const pb::NodeProto& node, const SequenceReader& reader);

  private:
    using Values = std::vector<std::string>;
    using Held = std::shared_ptr<const Values>;

    Held held_by(const pb::NodeProto& node, int input) const;
    void insert(const pb::NodeProto& node, const SequenceReader& reader);
    void erase(const pb::NodeProto& node, const SequenceReader& reader);
    void take(const pb::NodeProto& node, const SequenceReader& reader);
    void concatenate(const pb::NodeProto& node, const SequenceReader& reader);
    void split(const pb::NodeProto& node, const SequenceReader& reader);
    void unroll(const pb::NodeProto& node, const SequenceReader& reader);

    /// What the node gives; nobody reads it where it is not named.
    void hold(const pb::NodeProto& node, Values values, const SequenceReader& reader);

    std::map<std::string, Held> held_;
};

}  // namespace espalier::onnx
