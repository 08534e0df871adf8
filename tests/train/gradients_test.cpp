// The gradient of every operator that trains, against central differences in double.
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "train/gradient_cases.h"
#include "train/op.h"

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

/// The sum of <y, r> over the outputs for fixed random r: one number, whose gradient has the operator's
/// Jacobian in it.
at::Tensor projected(const Case& test, std::vector<at::Tensor> inputs) {
    inputs.insert(inputs.end(), test.constants.begin(), test.constants.end());
    for (const auto& [place, input] : test.between)
        inputs.insert(inputs.begin() + static_cast<std::ptrdiff_t>(place), input);
    for (at::Tensor& input : inputs) {
        if (input.defined() && !input.requires_grad()) input = input.clone();  // running statistics move
    }
    const Node node{.name = "node",
                    .op = test.op,
                    .inputs = {},
                    .outputs = std::vector<std::string>(test.outputs, "y"),
                    .attributes = test.attributes};
    std::vector<at::Tensor> outputs(test.outputs);
    ops().get(test.op).forward({.training = test.training, .seed = 3, .step = 5}, node, inputs, outputs);
    at::Tensor sum = scalar(0);
    for (const at::Tensor& output : outputs) {
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
        std::vector<at::Tensor> inputs;
        for (const Ints& shape : test.shapes) {
            inputs.push_back(
                random_tensor(shape, fmt::format("input {}", inputs.size()), test.shift, test.scale));
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
