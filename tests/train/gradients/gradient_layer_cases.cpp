// Layers: convolutions, pools, products, normalisations, recurrent ones.
#include "train/gradients/gradient_cases.h"

namespace espalier::train {
namespace {

Attributes window(Ints kernel, Ints strides, Ints pads, Ints dilations = {1, 1}) {
    return {{"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}, {"dilations", dilations}};
}

Attributes grouped(Attributes attributes, std::int64_t group) {
    attributes.emplace("group", group);
    return attributes;
}

std::vector<at::Tensor> running(std::int64_t channels) {
    return {at::linspace(-0.5, 0.5, channels, at::kDouble), at::linspace(0.5, 2, channels, at::kDouble)};
}

/// X, W, R, B and the first state of 4 steps, 2 examples, 3 inputs and 2 units.
std::vector<Ints> recurrent(std::int64_t gates, std::int64_t directions = 1) {
    return {{4, 2, 3},
            {directions, 2 * gates, 3},
            {directions, 2 * gates, 2},
            {directions, 4 * gates},
            {directions, 2, 2}};
}

/// With the second state and peepholes.
std::vector<Ints> lstm(std::int64_t directions = 1) {
    auto shapes = recurrent(4, directions);
    shapes.push_back({directions, 2, 2});
    shapes.push_back({directions, 6});
    return shapes;
}

}  // namespace

std::vector<Case> layer_cases() {
    return {
        {"Add", {{3, 4}, {3, 4}}},
        {"Add", {{2, 3, 1}, {3, 5}}},
        {"AveragePool", {{2, 3, 7, 5}}, window({2, 2}, {2, 2}, {0, 0, 0, 0})},
        {"AveragePool", {{1, 2, 7, 5}}, window({3, 3}, {2, 1}, {1, 1, 1, 1})},
        {"AveragePool", {{1, 2, 6, 5}}, window({3, 2}, {2, 1}, {0, 1, 2, 0})},
        {"AveragePool",
         {{1, 2, 6, 5}},
         with(window({3, 2}, {2, 1}, {0, 1, 2, 0}), "count_include_pad", std::int64_t{1})},
        {"AveragePool",
         {{1, 2, 8, 6}},
         with(window({3, 3}, {2, 2}, {0, 0, 0, 0}), "ceil_mode", std::int64_t{1})},
        {"AveragePool", {{1, 2, 9}}, {{"kernel_shape", Ints{3}}, {"pads", Ints{0, 2}}}},
        {"AveragePool", {{1, 1, 4, 5, 4}}, {{"kernel_shape", Ints{2, 3, 2}}, {"strides", Ints{1, 2, 2}}}},
        {"AveragePool", {{1, 2, 8, 6}}, window({2, 3}, {2, 1}, {1, 1, 0, 1}, {3, 2})},
        {"BatchNormalization", {{4, 3, 2, 3}, {3}, {3}}, {}, running(3), true},
        {"BatchNormalization", {{4, 3, 2, 3}, {3}, {3}}, {}, running(3), false},
        {"BatchNormalization", {{5, 4}, {4}, {4}}, {{"epsilon", 0.01F}}, running(4), true},
        {"Clip", {{3, 7}}, {}, {scalar(-0.5), scalar(0.8)}},
        {"Clip", {{3, 7}}, {}, {at::Tensor(), scalar(0.3)}},
        {"Conv", {{2, 3, 5, 6}, {4, 3, 3, 3}, {4}}},
        {"Conv", {{1, 1, 7, 7}, {2, 1, 5, 5}}, window({5, 5}, {1, 1}, {0, 0, 0, 0})},
        {"Conv", {{2, 4, 7, 5}, {6, 2, 3, 3}, {6}}, grouped(window({3, 3}, {2, 2}, {1, 1, 1, 1}), 2)},
        {"Conv", {{2, 5, 6, 7}, {5, 1, 3, 3}, {5}}, grouped(window({3, 3}, {2, 1}, {1, 1, 1, 1}), 5)},
        {"Conv", {{1, 2, 9, 8}, {3, 2, 2, 3}, {3}}, window({2, 3}, {1, 3}, {0, 2, 1, 0}, {2, 1})},
        {"Conv",
         {{1, 2, 5, 5}, {3, 2, 3, 3}},
         {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}}},
        {"Conv", {{1, 2, 5, 6}, {3, 2, 2, 2}}, {{"auto_pad", std::string("SAME_LOWER")}}},
        {"Conv", {{2, 6, 3, 3}, {4, 6, 1, 1}}},
        {"Conv", {{2, 2, 7}, {3, 2, 3}, {3}}, {{"pads", Ints{2, 0}}, {"strides", Ints{2}}}},
        {"Conv", {{1, 2, 4, 3, 5}, {2, 2, 2, 1, 3}}, {{"pads", Ints{1, 0, 1, 1, 0, 1}}}},
        {"ConvTranspose", {{1, 3, 4}, {3, 2, 3}, {2}}, {{"strides", Ints{2}}, {"output_padding", Ints{1}}}},
        {"ConvTranspose",
         {{2, 4, 3, 3}, {4, 2, 3, 2}, {4}},
         grouped(window({3, 2}, {2, 1}, {1, 0, 0, 1}), 2)},
        {"ConvTranspose",
         {{1, 2, 3, 3}, {2, 2, 3, 3}},
         {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}, {"dilations", Ints{2, 1}}}},
        {"ConvTranspose",
         {{1, 1, 3, 3}, {1, 2, 3, 3}},
         {{"output_shape", Ints{10, 8}}, {"strides", Ints{3, 2}}}},
        {"ConvTranspose", {{1, 1, 2, 2, 2}, {1, 1, 2, 2, 2}, {1}}},
        {"Div", {{3, 4}, {4}}, {}, {}, false, 4},
        {"Dropout", {{6, 9}}, {}, {scalar(0.4)}, true},
        {"Dropout", {{6, 9}}, {}, {scalar(0.4)}, false},
        {"Erf", {{3, 5}}},
        {"Einsum", {{2, 3, 4}, {2, 4, 5}}, {{"equation", std::string("bij,bjk->bik")}}},
        {"Einsum", {{3, 4}}, {{"equation", std::string("ij->i")}}},
        {"Einsum", {{2, 3, 4}, {5, 4}}, {{"equation", std::string("...ij, kj -> ...ik")}}},
        {"Flatten", {{2, 3, 4}}},
        {"Flatten", {{2, 3, 4}}, {{"axis", std::int64_t{-1}}}},
        {"Gemm", {{3, 4}, {5, 4}, {5}}, {{"transB", std::int64_t{1}}}},
        {"Gemm", {{4, 3}, {4, 5}, {3, 1}}, {{"transA", std::int64_t{1}}, {"alpha", 0.5F}, {"beta", 2.0F}}},
        {"Gemm", {{3, 4}, {4, 5}}},
        {"GlobalAveragePool", {{2, 3, 5, 3}}},
        {"GlobalMaxPool", {{2, 3, 5, 3}}},
        {"GroupNormalization", {{2, 6, 3, 2}, {6}, {6}}, {{"num_groups", std::int64_t{2}}}},
        {.op = "GRU", .shapes = recurrent(3), .between = {{4, at::Tensor()}}, .outputs = 2},
        {.op = "GRU",
         .shapes = recurrent(3, 2),
         .attributes = {{"direction", std::string("bidirectional")},
                        {"linear_before_reset", std::int64_t{1}}},
         .between = {{4, ints({2, 4})}},
         .outputs = 2},
        {"Identity", {{2, 3}}},
        {"InstanceNormalization", {{2, 3, 4, 2}, {3}, {3}}},
        {"LayerNormalization", {{3, 2, 5}, {5}, {5}}},
        {"LayerNormalization", {{3, 2, 5}, {2, 5}}, {{"axis", std::int64_t{1}}, {"epsilon", 0.1F}}},
        {"LRN", {{2, 5, 3}}, {{"size", std::int64_t{3}}, {"alpha", 0.5F}, {"beta", 0.7F}, {"bias", 2.0F}}},
        {"LRN", {{1, 5, 2, 2}}, {{"size", std::int64_t{4}}, {"alpha", 0.5F}}},
        {.op = "LSTM", .shapes = lstm(), .between = {{4, at::Tensor()}}, .outputs = 3},
        {.op = "LSTM",
         .shapes = lstm(2),
         .attributes = {{"direction", std::string("bidirectional")}, {"clip", 3.0F}},
         .between = {{4, ints({4, 2})}},
         .outputs = 3},
        {.op = "LSTM",
         .shapes = lstm(),
         .attributes = {{"direction", std::string("reverse")},
                        {"input_forget", std::int64_t{1}},
                        {"activations", std::vector<std::string>{"HardSigmoid", "Softsign", "Tanh"}}},
         .between = {{4, at::Tensor()}},
         .outputs = 3},
        {"MatMul", {{3, 4}, {4, 5}}},
        {"MatMul", {{4}, {2, 4, 5}}},
        {"MatMul", {{2, 3, 4}, {4, 5}}},
        {"MatMul", {{2, 2, 3, 4}, {2, 2, 4, 3}}},
        {"MaxPool", {{2, 3, 7, 5}}, window({2, 2}, {2, 2}, {0, 0, 0, 0})},
        {"MaxPool", {{2, 3, 7, 5}}, window({3, 3}, {2, 2}, {1, 1, 1, 1})},
        {"MaxPool", {{1, 2, 7, 6}}, window({2, 3}, {2, 1}, {0, 2, 1, 1}, {2, 1})},
        {"MaxPool", {{1, 2, 6, 6}}, with(window({3, 3}, {2, 2}, {0, 0, 0, 0}), "ceil_mode", std::int64_t{1})},
        {"MaxPool", {{1, 2, 9}}, {{"kernel_shape", Ints{3}}, {"pads", Ints{0, 2}}, {"strides", Ints{2}}}},
        {"MaxPool", {{1, 1, 4, 5, 4}}, {{"kernel_shape", Ints{2, 3, 2}}, {"pads", Ints{1, 0, 0, 0, 1, 1}}}},
        {"Mul", {{3, 4}, {3, 4}}},
        {"Mul", {{2, 3, 4}, {3, 1}}},
        {"ReduceMean", {{2, 3, 4}}},
        {"ReduceMean", {{2, 3, 4}}, {{"axes", Ints{-1, 0}}, {"keepdims", std::int64_t{0}}}},
        {"Relu", {{3, 5}}},
        {"Reshape", {{2, 3, 4}}, {}, {ints({0, -1})}},
        {"Reshape", {{2, 3, 4}}, {}, {ints({4, 0, 2})}},
        {.op = "RNN",
         .shapes = recurrent(1),
         .attributes = {{"activations", std::vector<std::string>{"Sigmoid"}}},
         .between = {{4, at::Tensor()}},
         .outputs = 2},
        {"Softmax", {{3, 5}}},
        {"Softmax", {{3, 5, 2}}, {{"axis", std::int64_t{1}}}},
        {"Transpose", {{2, 3}}},
        {"Transpose", {{2, 3, 4, 5}}, {{"perm", Ints{0, 2, 1, 3}}}},
    };
}

}  // namespace espalier::train
