// Lowerings of any type against the plain computation of their operators.
#include <gtest/gtest.h>

#include <cmath>

#include "espalier/runtime.h"
#include "graph/evaluation.h"
#include "runtime/cases/reference_step_cases.h"

namespace espalier {
namespace {

std::vector<Tensor> evaluated(const test::EvaluatedCase& test) {
    std::vector<const Tensor*> operands;
    for (const std::string& input : test.node.inputs) {
        const auto fed = test.inputs.find(input);
        const auto constant = test.constants.find(input);
        operands.push_back(input.empty()              ? nullptr
                           : fed != test.inputs.end() ? &fed->second
                                                      : &constant->second);
    }
    std::vector<Tensor> outputs = evaluate(test.node, operands);
    std::vector<Tensor> named;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!test.node.outputs[i].empty()) named.push_back(std::move(outputs[i]));
    }
    return named;
}

/// NaN for NaN, and -Inf and Inf likewise.
void expect_floats(const Tensor& got, const Tensor& expected, double tolerance) {
    double largest = 0;
    for (const float value : expected.f32()) {
        if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    for (std::size_t i = 0; i < expected.f32().size(); ++i) {
        const float y = got.f32()[i];
        const float wanted = expected.f32()[i];
        if (std::isfinite(wanted)) {
            ASSERT_LE(std::abs(static_cast<double>(y) - static_cast<double>(wanted)), tolerance * largest)
                << "element " << i << ": " << y << " instead of " << wanted;
        } else {
            ASSERT_TRUE(std::isnan(wanted) ? std::isnan(y) : y == wanted)
                << "element " << i << ": " << y << " instead of " << wanted;
        }
    }
}

class Evaluated : public testing::TestWithParam<test::EvaluatedCase> {};

TEST_P(Evaluated, IsThePlainComputation) {
    const Graph graph = test::graph_of(GetParam());
    const std::vector<Tensor> expected = evaluated(GetParam());
    for (const int threads : {1, 2}) {
        runtime::Session session = runtime::compile(graph, {.threads = threads});
        for (int round = 0; round < 2; ++round) {  // the second with memory that was used
            const std::vector<Tensor> outputs = session.run(GetParam().inputs);
            ASSERT_EQ(outputs.size(), expected.size());
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                ASSERT_EQ(outputs[i].dtype(), expected[i].dtype());
                ASSERT_EQ(outputs[i].shape(), expected[i].shape());
                if (expected[i].dtype() == DType::f32) {
                    expect_floats(outputs[i], expected[i], GetParam().tolerance);
                } else {
                    ASSERT_EQ(outputs[i], expected[i]);
                }
            }
        }
        ASSERT_EQ(session.profile().size(), 1U);
        EXPECT_NE(session.profile()[0].kernel, "reference");
    }
}

INSTANTIATE_TEST_SUITE_P(All, Evaluated, testing::ValuesIn(test::evaluated_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace espalier
