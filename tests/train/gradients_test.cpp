// The gradient of every operator that trains, against central differences in double.
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "train/op.h"

namespace espalier::train {
namespace {

using Ints = std::vector<std::int64_t>;

struct Case {
    std::string op;
    std::vector<Ints> shapes;  // of the inputs that have a gradient, in order
    std::map<std::string, Attribute> attributes = {};
    std::vector<at::Tensor> constants = {};  // inputs behind them
    bool training = false;
    double shift = 0;  // of the inputs, where a function wants positive ones
};

std::map<std::string, Attribute> window(Ints kernel, Ints strides, Ints pads, Ints dilations = {1, 1}) {
    return {{"kernel_shape", kernel}, {"strides", strides}, {"pads", pads}, {"dilations", dilations}};
}

std::map<std::string, Attribute> grouped(std::map<std::string, Attribute> attributes, std::int64_t group) {
    attributes.emplace("group", group);
    return attributes;
}

std::map<std::string, Attribute> with(std::map<std::string, Attribute> attributes, const char* key,
                                      Attribute value) {
    attributes.emplace(key, std::move(value));
    return attributes;
}

at::Tensor scalar(double value) { return at::scalar_tensor(value, at::kDouble); }
at::Tensor ints(const Ints& values) { return at::tensor(values); }
std::vector<at::Tensor> running(std::int64_t channels) {
    return {at::linspace(-0.5, 0.5, channels, at::kDouble), at::linspace(0.5, 2, channels, at::kDouble)};
}

std::vector<Case> cases() {
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
        {"Div", {{3, 4}, {4}}, {}, {}, false, 4},
        {"Dropout", {{6, 9}}, {}, {scalar(0.4)}, true},
        {"Dropout", {{6, 9}}, {}, {scalar(0.4)}, false},
        {"Erf", {{3, 5}}},
        {"Flatten", {{2, 3, 4}}},
        {"Flatten", {{2, 3, 4}}, {{"axis", std::int64_t{-1}}}},
        {"Gemm", {{3, 4}, {5, 4}, {5}}, {{"transB", std::int64_t{1}}}},
        {"Gemm", {{4, 3}, {4, 5}, {3, 1}}, {{"transA", std::int64_t{1}}, {"alpha", 0.5F}, {"beta", 2.0F}}},
        {"Gemm", {{3, 4}, {4, 5}}},
        {"GlobalAveragePool", {{2, 3, 5, 3}}},
        {"Identity", {{2, 3}}},
        {"LayerNormalization", {{3, 2, 5}, {5}, {5}}},
        {"LayerNormalization", {{3, 2, 5}, {2, 5}}, {{"axis", std::int64_t{1}}, {"epsilon", 0.1F}}},
        {"MatMul", {{3, 4}, {4, 5}}},
        {"MatMul", {{2, 3, 4}, {4, 5}}},
        {"MatMul", {{2, 2, 3, 4}, {2, 2, 4, 3}}},
        {"MaxPool", {{2, 3, 7, 5}}, window({2, 2}, {2, 2}, {0, 0, 0, 0})},
        {"MaxPool", {{2, 3, 7, 5}}, window({3, 3}, {2, 2}, {1, 1, 1, 1})},
        {"MaxPool", {{1, 2, 7, 6}}, window({2, 3}, {2, 1}, {0, 2, 1, 1}, {2, 1})},
        {"MaxPool", {{1, 2, 6, 6}}, with(window({3, 3}, {2, 2}, {0, 0, 0, 0}), "ceil_mode", std::int64_t{1})},
        {"Mul", {{3, 4}, {3, 4}}},
        {"Mul", {{2, 3, 4}, {3, 1}}},
        {"ReduceMean", {{2, 3, 4}}},
        {"ReduceMean", {{2, 3, 4}}, {{"axes", Ints{-1, 0}}, {"keepdims", std::int64_t{0}}}},
        {"Relu", {{3, 5}}},
        {"Reshape", {{2, 3, 4}}, {}, {ints({0, -1})}},
        {"Reshape", {{2, 3, 4}}, {}, {ints({4, 0, 2})}},
        {"Softmax", {{3, 5}}},
        {"Softmax", {{3, 5, 2}}, {{"axis", std::int64_t{1}}}},
        {"Transpose", {{2, 3}}},
        {"Transpose", {{2, 3, 4, 5}}, {{"perm", Ints{0, 2, 1, 3}}}},
    };
}

at::Tensor random_tensor(const Ints& shape, const std::string& purpose, double shift = 0) {
    at::Tensor tensor = at::empty(shape, at::kDouble);
    Random random(11, purpose);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.normal() + shift;
    return tensor;
}

/// <y, r> for a fixed random r: one number, whose gradient has the operator's Jacobian in it.
at::Tensor projected(const Case& test, std::vector<at::Tensor> inputs) {
    inputs.insert(inputs.end(), test.constants.begin(), test.constants.end());
    for (at::Tensor& input : inputs) {
        if (input.defined() && !input.requires_grad()) input = input.clone();  // running statistics move
    }
    const Node node{
        .name = "node", .op = test.op, .inputs = {}, .outputs = {"y"}, .attributes = test.attributes};
    std::vector<at::Tensor> outputs(1);
    ops().get(test.op).forward({.training = test.training, .seed = 3, .step = 5}, node, inputs, outputs);
    return (outputs[0] * random_tensor(outputs[0].sizes().vec(), "projection")).sum();
}

void expect_slopes(const Case& test, std::vector<at::Tensor>& inputs, std::size_t index) {
    constexpr double kStep = 1e-6;
    const at::NoGradGuard no_grad;
    const at::Tensor gradient = inputs[index].grad().contiguous();
    double* value = inputs[index].data_ptr<double>();
    for (std::int64_t i = 0; i < inputs[index].numel(); ++i) {
        const double kept = value[i];
        value[i] = kept + kStep;
        const double up = projected(test, inputs).item<double>();
        value[i] = kept - kStep;
        const double down = projected(test, inputs).item<double>();
        value[i] = kept;
        ASSERT_NEAR(gradient.data_ptr<double>()[i], (up - down) / (2 * kStep), 1e-6)
            << "input " << index << ", element " << i;
    }
}

TEST(Gradients, AreTheSlopesOfEveryOperator) {
    int number = 0;
    for (const Case& test : cases()) {
        SCOPED_TRACE(::testing::Message() << test.op << ", case " << number++);
        std::vector<at::Tensor> inputs;
        for (const Ints& shape : test.shapes) {
            inputs.push_back(random_tensor(shape, fmt::format("input {}", inputs.size()), test.shift));
            inputs.back().set_requires_grad(true);
        }
        projected(test, inputs).backward();
        for (std::size_t i = 0; i < inputs.size(); ++i) expect_slopes(test, inputs, i);
    }
}

TEST(Gradients, NoOperatorIsLeftOut) {
    std::set<std::string> covered;
    for (const Case& test : cases()) covered.insert(test.op);
    for (const TrainOp* op : ops()) EXPECT_TRUE(covered.contains(std::string(op->name))) << op->name;
}

}  // namespace
}  // namespace espalier::train
