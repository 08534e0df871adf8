// Damage by meaning: what tree nodes of a file say is changed and the file is written again, which random
// bytes rarely do. Half of the time libFuzzer's own changes of bytes.
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using Random = std::minstd_rand;
using onnx::AttributeProto;

std::size_t below(Random& random, int count) { return random() % static_cast<std::size_t>(count); }

double number(Random& random) {
    const double values[] = {0,
                             -0.0,
                             1,
                             -1,
                             0.5,
                             2,
                             1.5,
                             3,
                             16777217,
                             0.1,
                             1e-45,
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()};
    return values[below(random, std::size(values))];
}

/// One element is changed, removed, repeated, or takes the place of another.
template <class List, class Make>
void change(List& list, Random& random, const Make& make) {
    const int size = list.size();
    if (size == 0) return;
    const int at = static_cast<int>(below(random, size));
    const int other = static_cast<int>(below(random, size));
    switch (random() % 8) {
        case 0:
            list.SwapElements(at, other);
            return;
        case 1:
            list.RemoveLast();
            return;
        case 2: {
            const auto value = list.Get(at);
            *list.Add() = value;
            return;
        }
        case 3: {
            const auto value = list.Get(at);
            *list.Mutable(other) = value;
            return;
        }
        default:
            *list.Mutable(at) = make(list.Get(at));
    }
}

struct Fields {
    Random& random;

    std::int64_t integer(std::int64_t old) const {
        const std::int64_t values[] = {old + 1,
                                       old - 1,
                                       0,
                                       1,
                                       -1,
                                       static_cast<std::int64_t>(random() % 8),
                                       std::int64_t{1} << 31,
                                       std::numeric_limits<std::int64_t>::min()};
        return values[below(random, std::size(values))];
    }
    std::string text() const {
        const char* values[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE",    "BRANCH_GT",
                                "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF",
                                "SOFTMAX",    "LOGISTIC",   "SOFTMAX_ZERO",  "PROBIT",
                                "NONE",       "MIN",        "MAX",           "AVERAGE"};
        return values[below(random, std::size(values))];
    }

    void tensor(onnx::TensorProto& of) const {
        if (of.has_raw_data() && !of.raw_data().empty()) {
            std::string& raw = *of.mutable_raw_data();
            const std::size_t size = of.data_type() == onnx::TensorProto::DOUBLE  ? sizeof(double)
                                     : of.data_type() == onnx::TensorProto::FLOAT ? sizeof(float)
                                                                                  : 1;
            const std::size_t at = below(random, static_cast<int>(raw.size() / size + 1)) * size;
            if (at + size > raw.size()) return;
            const double value = number(random);
            const auto single = static_cast<float>(value);
            if (size == sizeof(double)) raw.replace(at, size, reinterpret_cast<const char*>(&value), size);
            if (size == sizeof(float)) raw.replace(at, size, reinterpret_cast<const char*>(&single), size);
            if (size == 1) raw[at] = static_cast<char>(random() % 8);
        }
        change(*of.mutable_float_data(), random, [&](float) { return static_cast<float>(number(random)); });
        change(*of.mutable_double_data(), random, [&](double) { return number(random); });
        change(*of.mutable_int32_data(), random, [&](int) { return static_cast<int>(random() % 8); });
    }

    void attribute(AttributeProto& of) const {
        switch (of.type()) {
            case AttributeProto::INT:
                of.set_i(integer(of.i()));
                break;
            case AttributeProto::STRING:
                of.set_s(text());
                break;
            case AttributeProto::INTS:
                change(*of.mutable_ints(), random, [&](std::int64_t old) { return integer(old); });
                break;
            case AttributeProto::FLOATS:
                change(*of.mutable_floats(), random,
                       [&](float) { return static_cast<float>(number(random)); });
                break;
            case AttributeProto::STRINGS:
                change(*of.mutable_strings(), random, [&](const std::string&) { return text(); });
                break;
            case AttributeProto::TENSOR:
                tensor(*of.mutable_t());
                break;
            default:
                break;
        }
    }
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
    Random random(seed);
    onnx::ModelProto model;
    const bool by_meaning = random() % 4 != 0 && model.ParseFromArray(data, static_cast<int>(size)) &&
                            model.graph().node_size() > 0;
    if (!by_meaning) return LLVMFuzzerMutate(data, size, most);
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
        auto& graph = *model.mutable_graph();
        auto& node = *graph.mutable_node(static_cast<int>(below(random, graph.node_size())));
        if (node.attribute_size() == 0) continue;
        const auto at = static_cast<int>(below(random, node.attribute_size()));
        if (random() % 32 == 0) {
            node.mutable_attribute()->DeleteSubrange(at, 1);
        } else {
            Fields{random}.attribute(*node.mutable_attribute(at));
        }
    }
    const std::string bytes = model.SerializeAsString();
    if (bytes.empty() || bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
}
