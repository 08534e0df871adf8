// Operations with what is computed behind them, in forms that fill no block of channels, and what must not be
// fused.
#include <cmath>
#include <numbers>

#include "runtime/cases/cases.h"

namespace espalier::test {
namespace {

Tensor scalar(double value) { return Tensor::of<float>({}, std::vector{static_cast<float>(value)}); }

/// Functions of "c" that give "y", spelled as networks do.
std::vector<std::pair<std::string, std::vector<Node>>> functions() {
    const Attribute sixth = 1.0F / 6;
    return {
        {"Relu", {node("Relu", {"c"}, "y")}},
        {"Relu6", {node("Clip", {"c", "zero", "six"}, "y")}},
        {"ClipLow", {node("Clip", {"c", "half"}, "y")}},
        {"ClipCrossed", {node("Clip", {"c", "six", "zero"}, "y")}},
        {"LeakyRelu", {node("LeakyRelu", {"c"}, "y")}},
        {"Elu", {node("Elu", {"c"}, "y")}},
        {"Tanh", {node("Tanh", {"c"}, "y")}},
        {"Sigmoid", {node("Sigmoid", {"c"}, "y")}},
        {"HardSigmoid", {node("HardSigmoid", {"c"}, "y")}},
        {"HardSwish", {node("HardSwish", {"c"}, "y")}},
        {"Mish", {node("Mish", {"c"}, "y")}},
        {"Gelu", {node("Gelu", {"c"}, "y")}},
        {"GeluTanh", {node("Gelu", {"c"}, "y", {{"approximate", std::string("tanh")}})}},
        {"Linear",
         {node("Mul", {"half", "c"}, "f1"), node("Add", {"f1", "three"}, "f2"),
          node("Sub", {"six", "f2"}, "f3"), node("Div", {"f3", "three"}, "y")}},
        {"QuotientOfNumber",
         {node("Sigmoid", {"c"}, "f1"), node("Add", {"f1", "three"}, "f2"), node("Div", {"six", "f2"}, "y")}},
        {"Swish", {node("Sigmoid", {"c"}, "s"), node("Mul", {"c", "s"}, "y")}},
        {"SwishScaled",
         {node("Mul", {"c", "half"}, "h"), node("Sigmoid", {"h"}, "s"), node("Mul", {"s", "c"}, "y")}},
        {"HardSwishOfClip",
         {node("Add", {"c", "three"}, "a"), node("Clip", {"a", "zero", "six"}, "p"),
          node("Mul", {"c", "p"}, "m"), node("Div", {"m", "six"}, "y")}},
        {"HardSwishOfHardSigmoid",
         {node("HardSigmoid", {"c"}, "s", {{"alpha", sixth}}), node("Mul", {"s", "c"}, "y")}},
        {"NoHardSwish", {node("HardSigmoid", {"c"}, "s"), node("Mul", {"s", "c"}, "y")}},
        {"GeluOfErf",
         {node("Div", {"c", "root"}, "d"), node("Erf", {"d"}, "e"), node("Add", {"e", "one"}, "a"),
          node("Mul", {"c", "a"}, "m"), node("Mul", {"m", "half"}, "y")}},
        {"Affine",
         {node("Mul", {"half", "c"}, "f1"), node("Add", {"f1", "one"}, "f2"), node("HardSwish", {"f2"}, "f3"),
          node("Mul", {"f3", "three"}, "f4"), node("Add", {"f4", "half"}, "y")}},
    };
}

struct Head {
    std::string name;
    std::map<std::string, Shape> inputs, constants;
    Node node;  // gives "c"
};

std::vector<Head> heads() {
    const std::map<std::string, Attribute> same = {{"pads", integers({1, 1, 1, 1})}};
    auto depthwise = same;
    depthwise["group"] = integer(20);
    auto grouped = same;
    grouped["group"] = integer(2);
    return {
        {"Conv",
         {{"x", {2, 5, 7, 6}}},
         {{"w", {19, 5, 3, 3}}, {"b", {19}}},
         node("Conv", {"x", "w", "b"}, "c", same)},
        {"ConvFull", {{"x", {1, 32, 8, 8}}}, {{"w", {32, 32, 3, 3}}}, node("Conv", {"x", "w"}, "c", same)},
        {"ConvOne", {{"x", {1, 33, 5, 5}}}, {{"w", {18, 33, 1, 1}}}, node("Conv", {"x", "w"}, "c")},
        {"ConvDepthwise",
         {{"x", {1, 20, 7, 9}}},
         {{"w", {20, 1, 3, 3}}},
         node("Conv", {"x", "w"}, "c", depthwise)},
        {"ConvGroups", {{"x", {1, 6, 7, 7}}}, {{"w", {4, 3, 3, 3}}}, node("Conv", {"x", "w"}, "c", grouped)},
        {"ConvLine", {{"x", {2, 5, 11}}}, {{"w", {19, 5, 3}}}, node("Conv", {"x", "w"}, "c")},
        {"ConvVaries", {{"x", {2, 5, 7, 6}}, {"w", {4, 5, 3, 3}}}, {}, node("Conv", {"x", "w"}, "c")},
        {"MatMul", {{"x", {2, 9, 5}}}, {{"w", {5, 7}}}, node("MatMul", {"x", "w"}, "c")},
        {"MatMulVaries", {{"x", {2, 9, 5}}, {"w", {2, 5, 7}}}, {}, node("MatMul", {"x", "w"}, "c")},
        {"Gemm", {{"x", {9, 5}}}, {{"w", {5, 7}}, {"b", {7}}}, node("Gemm", {"x", "w", "b"}, "c")},
        {"GemmPair", {{"x", {2, 5}}}, {{"w", {5, 7}}}, node("Gemm", {"x", "w"}, "c")},
        {"GemmTall", {{"x", {130, 5}}}, {{"w", {5, 7}}}, node("Gemm", {"x", "w"}, "c")},
        {"GemmPlain", {{"x", {9, 5}}, {"w", {5, 7}}}, {}, node("Gemm", {"x", "w"}, "c")},
        {"Add", {{"x", {2, 5, 4, 3}}, {"z", {2, 5, 4, 3}}}, {}, node("Add", {"x", "z"}, "c")},
        {"Scale", {{"x", {2, 32, 4, 3}}, {"z", {2, 32, 1, 1}}}, {}, node("Mul", {"z", "x"}, "c")},
    };
}

Case case_of(const std::string& name, const Head& head, std::vector<Node> behind) {
    Case test{.name = name, .inputs = head.inputs, .constants = head.constants, .nodes = {head.node}};
    test.nodes.insert(test.nodes.end(), behind.begin(), behind.end());
    test.given = {{"zero", scalar(0)},  {"half", scalar(0.5)}, {"one", scalar(1)},
                  {"three", scalar(3)}, {"six", scalar(6)},    {"root", scalar(std::numbers::sqrt2)}};
    return test;
}

/// Sums with another value, in either order, before and behind a function; and what looks like one.
std::vector<Case> sums() {
    std::vector<Case> all;
    for (const Head& head : heads()) {
        Shape shape = {2, 5, 4, 3};
        if (head.name == "Scale") shape = {2, 32, 4, 3};
        if (head.name == "Conv") shape = {2, 19, 7, 6};
        if (head.name == "ConvFull") shape = {1, 32, 8, 8};
        if (head.name == "ConvOne") shape = {1, 18, 5, 5};
        if (head.name == "ConvDepthwise") shape = {1, 20, 7, 9};
        if (head.name == "ConvGroups") shape = {1, 4, 7, 7};
        if (head.name == "ConvLine") shape = {2, 19, 9};
        if (head.name == "ConvVaries") shape = {2, 4, 5, 4};
        if (head.name.starts_with("MatMul")) shape = {2, 9, 7};
        if (head.name.starts_with("Gemm")) shape = {head.inputs.at("x")[0], 7};
        const auto add = [&](const std::string& name, std::vector<Node> behind) {
            Case test = case_of(head.name + name, head, std::move(behind));
            test.inputs["r"] = shape;
            all.push_back(std::move(test));
        };
        add("PlusInput", {node("Add", {"r", "c"}, "y")});
        add("PlusComputed", {node("Add", {"c", "early"}, "s"), node("Relu", {"s"}, "y")});
        all.back().nodes.insert(all.back().nodes.begin(), node("Tanh", {"r"}, "early"));
        add("PlusBehindFunction",
            {node("Sigmoid", {"c"}, "f"), node("Add", {"f", "r"}, "s"), node("Relu", {"s"}, "y")});
        add("PlusTwice", {node("Add", {"c", "r"}, "s"), node("Add", {"s", "r"}, "y")});
        add("PlusReadLater", {node("Add", {"c", "early"}, "s"), node("Mul", {"s", "early"}, "y")});
        all.back().nodes.insert(all.back().nodes.begin(), node("Tanh", {"r"}, "early"));
        add("PlusItself", {node("Add", {"c", "c"}, "y")});
        add("PlusLate", {node("Tanh", {"r"}, "late"), node("Add", {"c", "late"}, "y")});
        add("ReadTwice", {node("Relu", {"c"}, "f"), node("Add", {"f", "c"}, "y")});
        add("PlusRow", {node("Add", {"c", "row"}, "s"), node("Relu", {"s"}, "y")});
        all.back().constants["row"] = {shape.back()};
    }
    return all;
}

/// A LayerNormalization over several nodes; and one whose scale has another shape.
std::vector<Case> layer_norm() {
    std::vector<Case> all;
    for (const bool pow : {true, false}) {
        for (const bool full : {false, true}) {
            Case test{.name = std::string("LayerNorm") + (pow ? "Pow" : "Mul") + (full ? "Full" : "Row"),
                      .inputs = {{"x", {2, 9, 20}}},
                      .constants = {{"w", {20, 6}}},
                      .nodes = {}};
            test.constants["s"] = full ? Shape{9, 20} : Shape{20};
            test.constants["b"] = {20};
            const std::map<std::string, Attribute> last = {{"axes", integers({pow ? -1 : 2})}};
            test.nodes = {node("ReduceMean", {"x"}, "m", last),
                          node("Sub", {"x", "m"}, "d"),
                          pow ? node("Pow", {"d", "two"}, "p") : node("Mul", {"d", "d"}, "p"),
                          node("ReduceMean", {"p"}, "v", last),
                          node("Add", {"v", "epsilon"}, "e"),
                          node("Sqrt", {"e"}, "q"),
                          node("Div", {"d", "q"}, "n"),
                          node("Mul", {"n", "s"}, "t"),
                          node("Add", {"t", "b"}, "l"),
                          node("MatMul", {"l", "w"}, "g"),
                          node("Gelu", {"g"}, "y")};
            test.given = {{"two", scalar(2)}, {"epsilon", scalar(1e-3)}};
            all.push_back(std::move(test));
        }
    }
    return all;
}

}  // namespace

std::vector<Case> fusion_cases() {
    std::vector<Case> all = sums();
    for (const Head& head : heads()) {
        for (const auto& [name, nodes] : functions()) all.push_back(case_of(head.name + name, head, nodes));
    }
    return all;
}

std::vector<Case> block_cases() {
    const std::map<std::string, Attribute> same = {{"pads", integers({1, 1, 1, 1})}};
    std::vector<Case> all = layer_norm();
    for (const std::int64_t channels : {16, 24}) {
        const std::string suffix = std::to_string(channels);
        const std::map<std::string, Shape> image = {{"x", {2, 3, 12, 12}}};
        const Node stem = node("Conv", {"x", "w0"}, "s", same);
        const std::map<std::string, Shape> weights = {{"w0", {channels, 3, 3, 3}},
                                                      {"w1", {channels, channels, 3, 3}},
                                                      {"w2", {channels, channels, 1, 1}}};
        all.push_back({"Residual" + suffix,
                       image,
                       weights,
                       {stem, node("Conv", {"s", "w1"}, "a", same), node("Relu", {"a"}, "b"),
                        node("Conv", {"b", "w1"}, "d", same), node("Add", {"d", "s"}, "e"),
                        node("Relu", {"e"}, "f"), node("GlobalAveragePool", {"f"}, "y")}});
        all.push_back({"Shortcut" + suffix,
                       image,
                       weights,
                       {stem, node("Conv", {"s", "w1"}, "a", same), node("Conv", {"s", "w2"}, "b"),
                        node("Add", {"a", "b"}, "e"), node("Relu", {"e"}, "y")}});
        all.push_back(
            {"ItsOwnInput" + suffix,
             image,
             weights,
             {stem, node("Relu", {"s"}, "r"), node("Conv", {"r", "w2"}, "a"), node("Add", {"r", "a"}, "y")}});
        all.push_back({"Squeeze" + suffix,
                       image,
                       weights,
                       {stem, node("Relu", {"s"}, "r"), node("GlobalAveragePool", {"r"}, "g"),
                        node("Conv", {"g", "w2"}, "h"), node("HardSigmoid", {"h"}, "i"),
                        node("Mul", {"r", "i"}, "y")}});
        all.push_back({"Inception" + suffix,
                       image,
                       weights,
                       {stem, node("Conv", {"s", "w1"}, "a", same), node("Conv", {"s", "w2"}, "b"),
                        node("MaxPool", {"s"}, "p",
                             {{"kernel_shape", integers({3, 3})}, {"pads", integers({1, 1, 1, 1})}}),
                        node("Concat", {"a", "b", "p"}, "j", {{"axis", integer(1)}}),
                        node("Relu", {"j"}, "k"), node("Transpose", {"k"}, "y")}});
        all.push_back({"ToFeatures" + suffix,
                       image,
                       weights,
                       {stem, node("GlobalMaxPool", {"s"}, "g"), node("Flatten", {"g"}, "f"),
                        node("MatMul", {"f", "head"}, "y")}});
        all.back().constants["head"] = {channels, 5};
    }
    return all;
}

}  // namespace espalier::test
