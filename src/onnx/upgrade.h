// Operators change from opset to opset. Inside a Graph each has one form: the one of opset 13, or for an
// operator that came later its first one (GroupNormalization: that of opset 21, as the older one cannot scale
// channels). Attributes that later opsets added and that change nothing when they are left out may stand
// beside it.
//
// One file in upgrades/ brings one kind of older (or newer) form to that one; docs/onnx.md lists them.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "espalier/graph.h"

namespace espalier::onnx {

/// What an upgrade sees of the graph that is being read, and where it puts what it makes.
class Rewriter {
  public:
    using FindConstant = std::function<const Tensor*(const std::string&)>;
    using AddConstant = std::function<void(const std::string&, Tensor)>;

    /// `taken`: names that must not be given again; new ones are added.
    Rewriter(const std::map<std::string, ValueType>& types, std::set<std::string>& taken, FindConstant find,
             AddConstant add)
        : types_(types), taken_(taken), find_(std::move(find)), add_(std::move(add)) {}

    /// The type of `node`'s input. Throws InvalidModel if it is not given or not defined before the node.
    const ValueType& input_type(const Node& node, std::size_t index) const;
    /// The initialiser that is the node's input; null if a node gives it or it is left out.
    const Tensor* constant(const Node& node, std::size_t index) const;
    /// The i64 (or i32) elements of such an input; nothing if it is left out. Throws Unsupported, naming the
    /// node and `what`, if a node gives it.
    std::optional<std::vector<std::int64_t>> constant_ints(const Node& node, std::size_t index,
                                                           const char* what) const;

    /// Adds an initialiser, named after `node`'s output and `key`; returns its name.
    std::string add_constant(const Node& node, std::string_view key, Tensor tensor);
    std::string add_ints(const Node& node, std::string_view key, const std::vector<std::int64_t>& values);
    /// Gives `node`'s input more dimensions of 1, at `axes` of the result, by an Unsqueeze before the node.
    void unsqueeze(Node& node, std::size_t input, const std::vector<std::int64_t>& axes);
    /// A name for a value between two nodes that stand for one.
    std::string fresh(std::string_view base);

    /// The nodes that stand for the one that is upgraded, in their order.
    void emit(Node node) { nodes_.push_back(std::move(node)); }
    std::vector<Node> take() && { return std::move(nodes_); }

  private:
    const std::map<std::string, ValueType>& types_;
    std::set<std::string>& taken_;
    FindConstant find_;
    AddConstant add_;
    std::vector<Node> nodes_;
};

/// Where ONNX Runtime's own operators are, which its optimiser writes.
inline constexpr std::string_view kMicrosoft = "com.microsoft";

struct Upgrade {
    std::string_view name;
    std::string_view summary;
    std::span<const std::string_view> ops;
    std::string_view domain = "";  // of these operators; the opsets count for ONNX's own, "", alone
    int first = 1;                 // the opset that gave the oldest form this is for,
    int last = 1;                  // and the newest
    void (*rewrite)(Rewriter& to, Node node) = nullptr;
};

/// The files of upgrades/. No two are for the same form of an operator.
const Table<Upgrade>& upgrades();

/// The same for an operator of another domain, which checks what it has itself.
std::vector<Node> upgraded_from(const std::string& domain, Node node, Rewriter to);

/// The nodes that stand for `node` of `opset`. Throws Unsupported for an operator that Espalier does not know
/// or that cannot be brought to its form; InvalidModel for an attribute that it does not have in `opset`,
/// lacks, or has with the wrong type.
std::vector<Node> upgraded(Node node, int opset, Rewriter to);
/// Checks a node of that version of ai.onnx.ml, as upgraded() does. Its operators have one form.
void check_ml_node(const Node& node, int version);

/// Puts `value` at input `index`, with inputs before it left out where there are none.
void set_input(Node& node, std::size_t index, std::string value);
/// Removes an attribute that means nothing with the value `expected`. Throws Unsupported if it has another.
void drop(Node& node, std::string_view key, std::int64_t expected);
/// Removes the attribute and returns it; `fallback` if the node does not have it.
std::vector<std::int64_t> take_ints(Node& node, std::string_view key, std::vector<std::int64_t> fallback);
/// `axis` counted from the front. Throws InvalidModel unless it is in [-rank, rank).
std::size_t axis_from_front(const Node& node, std::int64_t axis, std::size_t rank);
/// A number as a scalar of a floating-point type. Throws Unsupported for other types.
Tensor scalar_of(const Node& node, DType dtype, float value);

}  // namespace espalier::onnx
