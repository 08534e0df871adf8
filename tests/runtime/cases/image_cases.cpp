// Operators of image networks against their definitions in double precision.
#include <algorithm>

#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"

namespace espalier::test {
namespace {

Tensor ints(const std::vector<std::int64_t>& values) {
    Tensor tensor(DType::i64, {std::ssize(values)});
    std::copy(values.begin(), values.end(), tensor.as<std::int64_t>().begin());
    return tensor;
}

Tensor scalar(float value) {
    Tensor tensor(DType::f32, {});
    tensor.f32()[0] = value;
    return tensor;
}

Tensor positive(const Shape& shape, const std::string& name) {
    Tensor tensor = random_tensor(shape, name);
    for (float& value : tensor.f32()) value = value * value + 0.25F;
    return tensor;
}

using Attributes = std::map<std::string, Attribute>;

/// With constant weights, and with weights that are fed.
std::vector<Case> convolutions() {
    struct Form {
        std::string name;
        Shape x, w;
        Attributes attributes;
    };
    const std::vector<Form> forms = {
        {"Plain", {2, 3, 9, 8}, {5, 3, 3, 3}, {}},
        {"OneByOne", {2, 20, 5, 5}, {33, 20, 1, 1}, {}},
        {"Wide", {3, 32, 8, 8}, {64, 32, 3, 3}, {{"pads", integers({1, 1, 1, 1})}}},
        {"Strides", {2, 3, 11, 10}, {4, 3, 3, 5}, {{"strides", integers({2, 3})}}},
        {"Dilations", {2, 3, 11, 10}, {4, 3, 3, 3}, {{"dilations", integers({2, 3})}}},
        {"UnequalPads", {2, 3, 7, 6}, {4, 3, 3, 3}, {{"pads", integers({0, 2, 1, 3})}}},
        {"PadsBeyondTheKernel", {1, 2, 4, 4}, {3, 2, 1, 2}, {{"pads", integers({3, 4, 2, 3})}}},
        {"SameUpper",
         {2, 3, 8, 7},
         {4, 3, 4, 2},
         {{"auto_pad", std::string("SAME_UPPER")}, {"strides", integers({3, 2})}}},
        {"SameLower",
         {2, 3, 8, 7},
         {4, 3, 4, 2},
         {{"auto_pad", std::string("SAME_LOWER")}, {"strides", integers({3, 2})}}},
        {"Valid", {2, 3, 8, 7}, {4, 3, 4, 2}, {{"auto_pad", std::string("VALID")}}},
        {"Groups", {2, 6, 7, 7}, {9, 2, 3, 3}, {{"group", integer(3)}}},
        {"Depthwise",
         {2, 32, 7, 7},
         {32, 1, 3, 3},
         {{"group", integer(32)}, {"pads", integers({1, 1, 1, 1})}, {"strides", integers({2, 2})}}},
        {"DepthwiseTwice", {1, 5, 7, 7}, {10, 1, 3, 3}, {{"group", integer(5)}}},
    };
    std::vector<Case> all;
    for (const Form& form : forms) {
        for (const bool constant : {false, true}) {
            for (const bool bias : {false, true}) {
                Case test{.name = "Conv" + form.name + (constant ? "Const" : "Var") + (bias ? "Bias" : ""),
                          .inputs = {{"x", form.x}},
                          .constants = {},
                          .nodes = {}};
                auto& weights = constant ? test.constants : test.inputs;
                weights["w"] = form.w;
                if (bias) weights["b"] = {form.w[0]};
                std::vector<std::string> inputs = {"x", "w"};
                if (bias) inputs.emplace_back("b");
                test.nodes = {node("Conv", inputs, "c", form.attributes)};
                if (bias) test.nodes.push_back(node("Relu", {"c"}, "r"));
                all.push_back(std::move(test));
            }
        }
    }
    return all;
}

std::vector<Case> pools() {
    const std::vector<std::pair<std::string, Attributes>> forms = {
        {"Plain", {{"kernel_shape", integers({2, 3})}}},
        {"Strides", {{"kernel_shape", integers({2, 2})}, {"strides", integers({2, 2})}}},
        {"Pads", {{"kernel_shape", integers({3, 3})}, {"pads", integers({1, 2, 2, 0})}}},
        {"PadsCounted",
         {{"kernel_shape", integers({3, 3})},
          {"pads", integers({1, 2, 2, 0})},
          {"count_include_pad", integer(1)}}},
        {"Ceil",
         {{"kernel_shape", integers({3, 3})}, {"strides", integers({2, 2})}, {"ceil_mode", integer(1)}}},
        {"CeilCounted",
         {{"kernel_shape", integers({3, 3})},
          {"strides", integers({2, 2})},
          {"pads", integers({0, 1, 0, 1})},
          {"ceil_mode", integer(1)},
          {"count_include_pad", integer(1)}}},
        {"SameUpper",
         {{"kernel_shape", integers({3, 2})},
          {"strides", integers({2, 2})},
          {"auto_pad", std::string("SAME_UPPER")}}},
        {"SameLower", {{"kernel_shape", integers({2, 2})}, {"auto_pad", std::string("SAME_LOWER")}}},
        {"Dilations", {{"kernel_shape", integers({2, 3})}, {"dilations", integers({3, 2})}}},
        {"DilationsAndPads",
         {{"kernel_shape", integers({3, 3})},
          {"dilations", integers({2, 2})},
          {"pads", integers({2, 1, 1, 2})}}},
    };
    std::vector<Case> all;
    for (const char* op : {"MaxPool", "AveragePool"}) {
        for (const auto& [name, attributes] : forms) {
            Attributes own = attributes;
            if (op == std::string("MaxPool")) own.erase("count_include_pad");
            all.push_back({op + name, {{"x", {2, 3, 8, 9}}}, {}, {node(op, {"x"}, "y", own)}});
        }
    }
    return all;
}

Node batch_norm(const std::string& x, const std::string& y) {
    return node("BatchNormalization", {x, "gamma", "beta", "mean", "variance"}, y, {{"epsilon", 1e-3F}});
}

/// Adds the parameters of a normalisation of so many channels.
Case normalized(Case test, std::int64_t channels) {
    for (const char* name : {"gamma", "beta", "mean"}) test.constants[name] = {channels};
    test.given["variance"] = positive({channels}, "variance");
    return test;
}

std::vector<Case> normalizations() {
    const Node conv = node("Conv", {"x", "w"}, "c", {{"group", integer(2)}});
    const Node relu = node("Relu", {"n"}, "y");
    const std::map<std::string, Shape> image = {{"x", {2, 4, 6, 5}}};
    const std::map<std::string, Shape> kernels = {{"w", {6, 2, 3, 3}}};
    std::vector<Case> all = {
        normalized({"BatchNorm", image, {}, {batch_norm("x", "n")}}, 4),
        normalized({"BatchNormRelu", image, {}, {batch_norm("x", "n"), relu}}, 4),
        normalized({"BatchNormOfRows", {{"x", {7, 4}}}, {}, {batch_norm("x", "n")}}, 4),
        normalized({"BatchNormFoldedIntoConv", image, kernels, {conv, batch_norm("c", "n")}}, 6),
        normalized({"BatchNormFoldedIntoConvRelu", image, kernels, {conv, batch_norm("c", "n"), relu}}, 6),
        normalized({"BatchNormOfConvReadTwice",
                    image,
                    kernels,
                    {conv, batch_norm("c", "n"), node("Add", {"c", "n"}, "y")}},
                   6),
        normalized({"BatchNormOfConvOfFedWeights",
                    {{"x", {2, 4, 6, 5}}, {"w", {6, 2, 3, 3}}},
                    {},
                    {conv, batch_norm("c", "n")}},
                   6),
    };
    for (const int trans : {0, 1, 2, 3}) {
        const bool a = (trans & 1) != 0;
        const bool b = (trans & 2) != 0;
        const Attributes attributes = {
            {"transA", integer(a)}, {"transB", integer(b)}, {"alpha", 0.5F}, {"beta", 2.0F}};
        all.push_back(normalized({"BatchNormOfGemm" + std::to_string(trans),
                                  {{"x", a ? Shape{5, 7} : Shape{7, 5}}},
                                  {{"w", b ? Shape{4, 5} : Shape{5, 4}}, {"b", {4}}},
                                  {node("Gemm", {"x", "w", "b"}, "g", attributes), batch_norm("g", "n")}},
                                 4));
    }
    all.push_back(normalized({"BatchNormOfGemmWithFullC",
                              {{"x", {7, 5}}},
                              {{"w", {5, 4}}, {"b", {7, 4}}},
                              {node("Gemm", {"x", "w", "b"}, "g"), batch_norm("g", "n"), relu}},
                             4));
    for (const std::int64_t axis : {-1, 1, 0}) {
        const Shape x = {3, 4, 5};
        const Shape scale(x.begin() + (axis < 0 ? 2 : axis), x.end());
        const Attributes attributes = {{"axis", integer(axis)}, {"epsilon", 1e-2F}};
        const std::string name = "LayerNorm" + std::string(axis < 0 ? "Last" : std::to_string(axis));
        all.push_back({name,
                       {{"x", x}},
                       {{"s", scale}, {"b", scale}},
                       {node("LayerNormalization", {"x", "s", "b"}, "y", attributes)}});
        all.push_back({name + "NoBias",
                       {{"x", x}},
                       {{"s", scale}},
                       {node("LayerNormalization", {"x", "s"}, "y", attributes)}});
    }
    return all;
}

std::vector<Case> others() {
    return {
        {"GlobalAveragePool", {{"x", {2, 3, 5, 7}}}, {}, {node("GlobalAveragePool", {"x"}, "y")}},
        {"GlobalAveragePool1d", {{"x", {2, 3, 5}}}, {}, {node("GlobalAveragePool", {"x"}, "y")}},
        {"ReduceMeanAll", {{"x", {2, 3, 5}}}, {}, {node("ReduceMean", {"x"}, "y")}},
        {"ReduceMeanAllGone",
         {{"x", {2, 3}}},
         {},
         {node("ReduceMean", {"x"}, "y", {{"keepdims", integer(0)}})}},
        {"ReduceMeanMiddle",
         {{"x", {2, 3, 5}}},
         {},
         {node("ReduceMean", {"x"}, "y", {{"axes", integers({1})}, {"keepdims", integer(0)}})}},
        {"ReduceMeanTwo",
         {{"x", {2, 3, 5, 4}}},
         {},
         {node("ReduceMean", {"x"}, "y", {{"axes", integers({-1, 1})}})}},
        {"ReduceMeanNone", {{"x", {2, 3}}}, {}, {node("ReduceMean", {"x"}, "y", {{"axes", integers({})}})}},
        {"Transpose", {{"x", {2, 3, 5}}}, {}, {node("Transpose", {"x"}, "y")}},
        {"TransposeHeads",
         {{"x", {2, 5, 3, 4}}},
         {},
         {node("Transpose", {"x"}, "y", {{"perm", integers({0, 2, 3, 1})}})}},
        {"TransposeVector", {{"x", {4}}}, {}, {node("Transpose", {"x"}, "y")}},
        {"TransposeScalar", {{"x", {}}}, {}, {node("Transpose", {"x"}, "y")}},
        {.name = "Reshape",
         .inputs = {{"x", {2, 3, 4}}},
         .constants = {},
         .nodes = {node("Reshape", {"x", "shape"}, "y")},
         .given = {{"shape", ints({0, -1, 2})}}},
        {.name = "ReshapeBetween",
         .inputs = {{"x", {2, 3, 4}}},
         .constants = {{"w", {12, 5}}, {"v", {5, 6}}},
         .nodes = {node("Reshape", {"x", "shape"}, "s"), node("MatMul", {"s", "w"}, "m"),
                   node("Reshape", {"m", "again"}, "r"), node("MatMul", {"r", "v"}, "y")},
         .given = {{"shape", ints({2, 12})}, {"again", ints({1, -1, 5})}}},
        {"Dropout", {{"x", {3, 4}}}, {}, {node("Dropout", {"x"}, "y")}},
        {.name = "DropoutWithRatio",
         .inputs = {{"x", {3, 4}}},
         .constants = {},
         .nodes = {node("Relu", {"x"}, "r"), node("Dropout", {"r", "ratio"}, "y")},
         .given = {{"ratio", scalar(0.5F)}}},
        {"Erf", {{"x", {3, 4, 5}}}, {}, {node("Erf", {"x"}, "y")}},
        {.name = "ClipBoth",
         .inputs = {{"x", {3, 40}}},
         .constants = {},
         .nodes = {node("Clip", {"x", "low", "high"}, "y")},
         .given = {{"low", scalar(-0.25F)}, {"high", scalar(0.5F)}}},
        {.name = "ClipHigh",
         .inputs = {{"x", {3, 40}}},
         .constants = {},
         .nodes = {node("Clip", {"x", "", "high"}, "y")},
         .given = {{"high", scalar(0.5F)}}},
        {.name = "ClipLow",
         .inputs = {{"x", {3, 40}}},
         .constants = {},
         .nodes = {node("Clip", {"x", "low"}, "y")},
         .given = {{"low", scalar(-0.25F)}}},
        {"ClipNot", {{"x", {3, 40}}}, {}, {node("Clip", {"x"}, "y")}},
        {.name = "ClipBoundsCrossed",
         .inputs = {{"x", {3, 40}}},
         .constants = {},
         .nodes = {node("Clip", {"x", "low", "high"}, "y")},
         .given = {{"low", scalar(0.5F)}, {"high", scalar(-0.25F)}}},
        {"MulSame", {{"a", {3, 7}}, {"b", {3, 7}}}, {}, {node("Mul", {"a", "b"}, "y")}},
        {"MulChannel", {{"a", {2, 3, 4, 5}}, {"b", {3, 1, 1}}}, {}, {node("Mul", {"a", "b"}, "y")}},
        {"MulScalar", {{"a", {2, 3, 4}}}, {{"c", {}}}, {node("Mul", {"c", "a"}, "y")}},
        {"MulBoth",
         {{"a", {3, 1}}, {"b", {1, 7}}},
         {},
         {node("Mul", {"a", "b"}, "m"), node("Relu", {"m"}, "y")}},
        {.name = "DivSame",
         .inputs = {{"a", {3, 7}}},
         .constants = {},
         .nodes = {node("Div", {"a", "b"}, "y")},
         .given = {{"b", positive({3, 7}, "b")}}},
        {.name = "DivByRow",
         .inputs = {{"a", {3, 7}}},
         .constants = {},
         .nodes = {node("Div", {"a", "b"}, "d"), node("Relu", {"d"}, "y")},
         .given = {{"b", positive({7}, "b")}}},
        {.name = "DivOfRow",
         .inputs = {{"a", {7}}},
         .constants = {},
         .nodes = {node("Div", {"a", "b"}, "y")},
         .given = {{"b", positive({3, 7}, "b")}}},
        {.name = "DivOfScalar",
         .inputs = {{"a", {}}},
         .constants = {},
         .nodes = {node("Div", {"a", "b"}, "y")},
         .given = {{"b", positive({3, 7}, "b")}}},
        {"AddImages", {{"a", {2, 3, 4, 5}}, {"b", {2, 3, 4, 5}}}, {}, {node("Add", {"a", "b"}, "y")}},
        {"ReluOfImages", {{"x", {2, 3, 4, 5}}}, {}, {node("Relu", {"x"}, "y")}},
        {"Attention",
         {{"q", {2, 3, 5, 4}}, {"k", {2, 3, 4, 5}}, {"v", {2, 3, 5, 4}}},
         {},
         {node("MatMul", {"q", "k"}, "s"), node("Softmax", {"s"}, "p"), node("MatMul", {"p", "v"}, "y")}},
    };
}

}  // namespace

std::vector<Case> image_cases() {
    std::vector<Case> all;
    for (const auto& some : {convolutions(), pools(), normalizations(), others()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

}  // namespace espalier::test
