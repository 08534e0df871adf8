#include "onnx/sequences/sequences.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "espalier/error.h"
#include "onnx/located.h"
#include "onnx/schema.h"
#include "onnx/sequences/round.h"

namespace espalier::onnx {
namespace {

constexpr std::string_view kOperators[] = {"SequenceEmpty", "SequenceConstruct",  "SequenceInsert",
                                           "SequenceErase", "SequenceAt",         "SequenceLength",
                                           "SequenceMap",   "ConcatFromSequence", "SplitToSequence"};
constexpr std::int64_t kMostPieces = 4096;  // of a sequence
constexpr std::int64_t kMostRounds = 1 << 20;

std::int64_t integer_of(const pb::NodeProto& node, const std::string& key, std::int64_t otherwise) {
    for (const auto& attribute : node.attribute()) {
        if (attribute.name() == key) return attribute.i();
    }
    return otherwise;
}

/// Numbers that must be known while the file is read.
std::vector<std::int64_t> integers(const pb::NodeProto& node, int input, const char* what,
                                   const SequenceReader& reader) {
    const Tensor* tensor = reader.known(input_of(node, input));
    if (tensor == nullptr)
        throw Unsupported(fmt::format("{}: {} that depends on data", described(node), what));
    if (tensor->dtype() == DType::i64) {
        const auto all = tensor->as<std::int64_t>();
        return {all.begin(), all.end()};
    }
    if (tensor->dtype() == DType::i32) {
        const auto all = tensor->as<std::int32_t>();
        return {all.begin(), all.end()};
    }
    throw InvalidModel(fmt::format("{}: {} of type {}, expected i64 or i32", described(node), what,
                                   name_of(tensor->dtype())));
}

/// The position that is input `input`, from 0 to `end` of a sequence; without one, `otherwise`.
std::size_t position(const pb::NodeProto& node, int input, std::int64_t end, std::int64_t size,
                     std::int64_t otherwise, const SequenceReader& reader) {
    std::int64_t at = otherwise;
    if (!input_of(node, input).empty()) {
        const auto given = integers(node, input, "a position", reader);
        if (given.size() != 1)
            throw InvalidModel(fmt::format("{}: {} positions, expected one", described(node), given.size()));
        at = given[0] < 0 ? given[0] + size : given[0];
    }
    if (at < 0 || at > end)
        throw InvalidModel(fmt::format("{}: position {} of a sequence of {}", described(node), at, size));
    return static_cast<std::size_t>(at);
}

/// Sizes of the pieces that a SplitToSequence makes of so many positions; nothing: that is not known.
std::vector<std::int64_t> pieces(const pb::NodeProto& node, std::optional<std::int64_t> size,
                                 const SequenceReader& reader) {
    std::int64_t each = 1;
    if (!input_of(node, 1).empty()) {
        std::vector<std::int64_t> given = integers(node, 1, "a size of pieces", reader);
        if (reader.known(node.input(1))->rank() == 1) return given;
        if (given.size() != 1 || given[0] < 1)
            throw InvalidModel(fmt::format("{}: its pieces have no size", described(node)));
        each = given[0];
    }
    if (!size)
        throw Unsupported(fmt::format("{}: into as many pieces as an open dimension has", described(node)));
    if (*size / each >= kMostPieces)
        throw Unsupported(
            fmt::format("{}: {} pieces, more than {}", described(node), *size / each, kMostPieces));
    std::vector<std::int64_t> all;
    for (std::int64_t left = *size; left > 0; left -= each) all.push_back(std::min(left, each));
    return all;
}

/// Whether a loop goes on: "" always does.
bool goes_on(const pb::NodeProto& loop, const std::string& condition, const SequenceReader& reader) {
    if (condition.empty()) return true;
    const Tensor* known = reader.known(condition);
    if (known == nullptr || known->dtype() != DType::boolean || known->count() != 1)
        throw Unsupported(
            fmt::format("{}: it fills a sequence for as many rounds as data say", described(loop)));
    return known->as<bool>()[0];
}

const pb::GraphProto& body_of(const pb::NodeProto& loop) {
    for (const auto& attribute : loop.attribute()) {
        if (attribute.name() == "body" && attribute.has_g()) return attribute.g();
    }
    throw InvalidModel(fmt::format("{}: it has no body", described(loop)));
}

}  // namespace

bool Sequences::concerns(const pb::NodeProto& node) const {
    if (is_default_domain(node.domain()) &&
        std::ranges::find(kOperators, node.op_type()) != std::end(kOperators))
        return true;
    return std::ranges::any_of(
        node.input(), [&](const std::string& input) { return !input.empty() && held_.contains(input); });
}

Sequences::Held Sequences::held_by(const pb::NodeProto& node, int input) const {
    const auto found = held_.find(input_of(node, input));
    if (found == held_.end())
        throw Unsupported(printable(fmt::format("{}: \"{}\" is not a sequence that this graph makes",
                                                described(node), input_of(node, input))));
    return found->second;
}

void Sequences::hold(const pb::NodeProto& node, Values values, const SequenceReader& reader) {
    reader.spend(std::ssize(values), node);
    if (!node.output(0).empty()) held_[node.output(0)] = std::make_shared<const Values>(std::move(values));
}

void Sequences::insert(const pb::NodeProto& node, const SequenceReader& reader) {
    Values values = *held_by(node, 0);
    const auto size = std::ssize(values);
    values.insert(values.begin() + static_cast<std::ptrdiff_t>(position(node, 2, size, size, size, reader)),
                  input_of(node, 1));
    hold(node, std::move(values), reader);
}

void Sequences::erase(const pb::NodeProto& node, const SequenceReader& reader) {
    Values values = *held_by(node, 0);
    const auto size = std::ssize(values);
    values.erase(values.begin() +
                 static_cast<std::ptrdiff_t>(position(node, 1, size - 1, size, size - 1, reader)));
    hold(node, std::move(values), reader);
}

void Sequences::take(const pb::NodeProto& node, const SequenceReader& reader) {
    const Held held = held_by(node, 0);
    const Values& values = *held;
    const auto size = std::ssize(values);
    reader.add({node.name(),
                "Identity",
                {values[position(node, 1, size - 1, size, -1, reader)]},
                {node.output(0)},
                {}});
}

void Sequences::concatenate(const pb::NodeProto& node, const SequenceReader& reader) {
    Values values = *held_by(node, 0);
    const std::int64_t axis = integer_of(node, "axis", 0);
    if (values.empty()) throw InvalidModel(fmt::format("{}: of an empty sequence", described(node)));
    if (integer_of(node, "new_axis", 0) != 0) {
        const std::string axes = reader.constant(node.output(0) + "/axes", of_integers({axis}));
        reader.spend(std::ssize(values), node);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string wider = reader.fresh(fmt::format("{}/{}", node.output(0), i));
            reader.add({node.name(), "Unsqueeze", {values[i], axes}, {wider}, {}});
            values[i] = wider;
        }
    }
    reader.add({node.name(), "Concat", values, {node.output(0)}, {{"axis", axis}}});
}

void Sequences::split(const pb::NodeProto& node, const SequenceReader& reader) {
    const std::string x = input_of(node, 0);
    const ValueType* type = reader.type(x);
    if (type == nullptr)
        throw InvalidModel(
            printable(fmt::format("{}: input \"{}\" is not defined before it", described(node), x)));
    std::int64_t axis = integer_of(node, "axis", 0);
    if (axis < 0) axis += std::ssize(type->dims);
    if (axis < 0 || axis >= std::ssize(type->dims))
        throw InvalidModel(fmt::format("{}: axis {} of {}", described(node), axis, to_string(type->dims)));
    const Dim& dim = type->dims[static_cast<std::size_t>(axis)];
    const auto size = dim.is_fixed() ? std::optional(dim.size()) : std::nullopt;
    const std::vector<std::int64_t> sizes = pieces(node, size, reader);
    reader.spend(2 * std::ssize(sizes), node);
    Values values;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        values.push_back(reader.fresh(fmt::format("{}/{}", node.output(0), i)));
    if (sizes.empty()) return hold(node, {}, reader);
    reader.add({node.name(),
                "Split",
                {x, reader.constant(node.output(0) + "/sizes", of_integers(sizes))},
                values,
                {{"axis", axis}}});
    if (input_of(node, 1).empty() && integer_of(node, "keepdims", 1) == 0) {
        const std::string axes = reader.constant(node.output(0) + "/axes", of_integers({axis}));
        for (std::string& value : values) {
            const std::string narrow = reader.fresh(value + "/squeezed");
            reader.add({node.name(), "Squeeze", {value, axes}, {narrow}, {}});
            value = narrow;
        }
    }
    hold(node, std::move(values), reader);
}

void Sequences::unroll(const pb::NodeProto& node, const SequenceReader& reader) {
    const pb::GraphProto& body = body_of(node);
    const int states = node.input_size() - 2;
    if (body.input_size() != states + 2 || body.output_size() != states + 1 || node.output_size() > states)
        throw Unsupported(
            fmt::format("{}: it fills a sequence and gives other values of every round", described(node)));
    std::int64_t rounds = kMostRounds;
    if (!input_of(node, 0).empty()) {
        const auto given = integers(node, 0, "a number of rounds", reader);
        if (given.size() != 1)
            throw InvalidModel(fmt::format("{}: {} numbers of rounds", described(node), given.size()));
        rounds = given[0];
    }
    Values state;
    for (int i = 0; i < states; ++i) state.push_back(node.input(i + 2));
    std::string condition = input_of(node, 1);
    const Round round(body, reader);
    for (std::int64_t i = 0; i < rounds && goes_on(node, condition, reader); ++i) {
        reader.spend(1, node);
        round.read(i, condition, state);
    }
    for (int i = 0; i < node.output_size(); ++i) {
        const std::string& last = state[static_cast<std::size_t>(i)];
        if (node.output(i).empty()) continue;
        if (const auto found = held_.find(last); found != held_.end()) {
            const Held held = found->second;
            held_[node.output(i)] = held;
        } else {
            reader.add({node.name(), "Identity", {last}, {node.output(i)}, {}});
        }
    }
}

void Sequences::resolve(const pb::NodeProto& node, const SequenceReader& reader) {
    const std::string& op = node.op_type();
    if (node.output_size() == 0) throw InvalidModel(fmt::format("a node ({}) without outputs", op));
    if (op == "SequenceEmpty") {
        hold(node, {}, reader);
    } else if (op == "SequenceConstruct") {
        hold(node, {node.input().begin(), node.input().end()}, reader);
    } else if (op == "SequenceInsert") {
        insert(node, reader);
    } else if (op == "SequenceErase") {
        erase(node, reader);
    } else if (op == "SequenceAt") {
        take(node, reader);
    } else if (op == "SequenceLength") {
        reader.add_constant(node.output(0), of_integers({std::ssize(*held_by(node, 0))}).reshaped({}));
    } else if (op == "ConcatFromSequence") {
        concatenate(node, reader);
    } else if (op == "SplitToSequence") {
        split(node, reader);
    } else if (op == "Identity") {
        held_[node.output(0)] = held_by(node, 0);
    } else if (op == "Loop") {
        unroll(node, reader);
    } else {
        throw Unsupported(fmt::format("{}: it reads a sequence", described(node)));
    }
}

}  // namespace espalier::onnx
