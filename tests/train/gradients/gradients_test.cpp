// The gradient of every operator that trains, against central differences in double.
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "train/executor/op.h"
#include "train/executor/plain_computation.h"
#include "train/gradients/gradient_cases.h"

namespace espalier::train {
namespace {

std::vector<Case> cases() {
    std::vector<Case> all = layer_cases();
    for (const auto& more : {elementwise_cases(), moving_cases()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

at::Tensor random_tensor(const Ints& shape, const std::string& purpose, double shift = 0, double scale = 1) {
    at::Tensor tensor = at::empty(shape, at::kDouble);
    Random random(11, purpose);
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
        tensor.data_ptr<double>()[i] = scale * random.normal() + shift;
    return tensor;
}

/// All inputs of the node in order; `given` are those that have a gradient.
std::vector<at::Tensor> all_inputs(const Case& test, std::vector<at::Tensor> given) {
    given.insert(given.end(), test.constants.begin(), test.constants.end());
    for (const auto& [place, input] : test.between)
        given.insert(given.begin() + static_cast<std::ptrdiff_t>(place), input);
    for (at::Tensor& input : given) {
        if (input.defined() && !input.requires_grad()) input = input.clone();  // running statistics move
    }
    return given;
}

Node node_of(const Case& test) {
    Node node{.name = "node", .op = test.op, .inputs = {}, .outputs = {}, .attributes = test.attributes};
    for (std::size_t i = 0; i < test.outputs; ++i) node.outputs.push_back(fmt::format("y{}", i));
    return node;
}

std::vector<at::Tensor> forward(const Case& test, const std::vector<at::Tensor>& inputs) {
    std::vector<at::Tensor> outputs(test.outputs);
    ops().get(test.op).forward({.training = test.training, .seed = 3, .step = 5}, node_of(test),
                               all_inputs(test, inputs), outputs);
    return outputs;
}

std::vector<at::Tensor> random_inputs(const Case& test) {
    std::vector<at::Tensor> inputs;
    for (const Ints& shape : test.shapes) {
        const std::string purpose = fmt::format("input {}", inputs.size());
        inputs.push_back(random_tensor(shape, purpose, test.shift, test.scale));
    }
    return inputs;
}

/// The sum of <y, r> over the outputs for fixed random r: one number, whose gradient has the operator's
/// Jacobian in it.
at::Tensor projected(const Case& test, const std::vector<at::Tensor>& inputs) {
    at::Tensor sum = scalar(0);
    for (const at::Tensor& output : forward(test, inputs)) {
        if (output.is_floating_point())
            sum = sum + (output * random_tensor(output.sizes().vec(), "projection")).sum();
    }
    return sum;
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
        auto inputs = random_inputs(test);
        for (at::Tensor& input : inputs) input.set_requires_grad(true);
        projected(test, inputs).backward();
        for (std::size_t i = 0; i < inputs.size(); ++i) expect_slopes(test, inputs, i);
    }
}

/// The forms that conformance cases do not have, as the second direction of an LSTM, against the graph's own.
TEST(Gradients, AreOfWhatTheGraphComputes) {
    const at::NoGradGuard no_grad;
    int number = 0;
    for (const Case& test : cases()) {
        SCOPED_TRACE(::testing::Message() << test.op << ", case " << number++);
        if (test.training) continue;
        Node node = node_of(test);
        const auto inputs = all_inputs(test, random_inputs(test));
        for (std::size_t i = 0; i < inputs.size(); ++i)
            node.inputs.push_back(inputs[i].defined() ? fmt::format("x{}", i) : "");
        const auto outputs = forward(test, random_inputs(test));
        const auto expected = compute_plainly(node, inputs);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            ASSERT_EQ(outputs[i].sizes(), expected[i].sizes());
            ASSERT_EQ(outputs[i].scalar_type(), expected[i].scalar_type());
            EXPECT_TRUE(at::allclose(outputs[i], expected[i], 1e-6, 1e-8)) << "output " << i;
        }
    }
}

TEST(Gradients, NoOperatorIsLeftOut) {
    std::set<std::string> covered;
    for (const Case& test : cases()) covered.insert(test.op);
    for (const TrainOp* op : ops()) EXPECT_TRUE(covered.contains(std::string(op->name))) << op->name;
}

}  // namespace
}  // namespace espalier::train
