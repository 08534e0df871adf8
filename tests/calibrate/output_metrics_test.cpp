// Metrics against hand computation, and what does not fit them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "calibrate/output_metric.h"
#include "espalier/error.h"

namespace espalier::calibrate {
namespace {

Tensor rows(Shape shape, const std::vector<float>& values) {
    return Tensor::of<float>(std::move(shape), values);
}

double value_of(const char* name, const std::vector<Tensor>& outputs,
                const std::vector<Tensor>& reference = {}, const Tensor* expected = nullptr) {
    return measure(output_metrics().get(name),
                   {.outputs = outputs, .reference = reference, .expected = expected});
}

TEST(OutputMetrics, CompareWithAnotherNetwork) {
    const std::vector<Tensor> before = {rows({2, 2}, {3, 4, 0, 1}), rows({1, 2}, {2, 0})};
    const std::vector<Tensor> after = {rows({2, 2}, {4, 3, 0, 2}), rows({1, 2}, {2, 0})};
    EXPECT_NEAR(value_of("agreement", after, before), 2.0 / 3, 1e-12);
    EXPECT_NEAR(value_of("distance", after, before), std::sqrt(3.0 / 30), 1e-12);
    EXPECT_NEAR(value_of("cosine", after, before), (24.0 / 25 + 1 + 1) / 3, 1e-12);
    EXPECT_EQ(value_of("distance", before, before), 0);
}

TEST(OutputMetrics, CompareWithWhatIsRight) {
    const std::vector<Tensor> outputs = {rows({1, 3, 2}, {0, 0, 1, 3, 5, 1})};
    const Tensor labels = Tensor::of<std::int64_t>({1, 3}, std::vector<std::int64_t>{1, 1, -100});
    EXPECT_NEAR(value_of("accuracy", outputs, {}, &labels), 0.5, 1e-12);
    const double surprise = (std::log(2.0) + std::log(1 + std::exp(-2.0))) / 2;
    EXPECT_NEAR(value_of("perplexity", outputs, {}, &labels), std::exp(surprise), 1e-9);
    const Tensor short_labels = Tensor::of<std::int32_t>({3}, std::vector<std::int32_t>{0, 1, 0});
    EXPECT_NEAR(value_of("accuracy", outputs, {}, &short_labels), 1, 1e-12);
}

TEST(OutputMetrics, RankPairsOfExamples) {
    // Cosines 1, 0 and 0.8; the first example of all has two positions of which the mean counts.
    const std::vector<Tensor> outputs = {rows({2, 2, 2}, {1, 1, 1, -1, 1, 0, 1, 0}),
                                         rows({2, 1, 2}, {1, 0, 0, 1}), rows({2, 2}, {1, 0, 0.8F, 0.6F})};
    const auto correlation = [&](std::vector<double> judgements) {
        const Tensor expected = Tensor::of<double>({3}, judgements);
        return value_of("spearman", outputs, {}, &expected);
    };
    EXPECT_NEAR(correlation({5, 1, 3}), 1, 1e-12);
    EXPECT_NEAR(correlation({1, 5, 3}), -1, 1e-12);
    EXPECT_NEAR(correlation({1, 1, 3}), 0, 1e-12);  // ranks 2 0 1 and 0.5 0.5 2
    EXPECT_THROW(correlation({2, 2, 2}), BadData);
}

std::string refused(const char* name, const std::vector<Tensor>& outputs,
                    const std::vector<Tensor>& reference, const Tensor* expected) {
    try {
        value_of(name, outputs, reference, expected);
    } catch (const BadData& error) {
        return error.what();
    }
    return "taken";
}

TEST(OutputMetrics, RefuseWhatDoesNotFit) {
    const std::vector<Tensor> outputs = {rows({2, 2}, {1, 2, 3, 4})};
    EXPECT_NE(refused("cosine", outputs, {}, nullptr).find("--against"), std::string::npos);
    EXPECT_NE(refused("accuracy", outputs, {}, nullptr).find("--expected"), std::string::npos);
    EXPECT_NE(refused("cosine", outputs, {rows({1, 4}, {1, 2, 3, 4})}, nullptr).find("2x2"),
              std::string::npos);
    EXPECT_NE(
        refused("agreement", {Tensor(DType::i64, {1, 2})}, {Tensor(DType::i64, {1, 2})}, nullptr).find("i64"),
        std::string::npos);
    const Tensor few = Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{1});
    EXPECT_NE(refused("accuracy", outputs, {}, &few).find("2 rows"), std::string::npos);
    const Tensor beyond = Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{0, 2});
    EXPECT_NE(refused("perplexity", outputs, {}, &beyond).find("expected value 1 is 2"), std::string::npos);
    const Tensor left_out = Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{-1, -1});
    EXPECT_NE(refused("accuracy", outputs, {}, &left_out).find("negative"), std::string::npos);
    const Tensor wrong = Tensor::of<float>({2}, std::vector<float>{0, 1});
    EXPECT_NE(refused("accuracy", outputs, {}, &wrong).find("f32"), std::string::npos);
    EXPECT_NE(refused("spearman", outputs, {}, &wrong).find("one for each two"), std::string::npos);
    EXPECT_NE(refused("cosine", {rows({0, 2}, {})}, {rows({0, 2}, {})}, nullptr).find("no rows"),
              std::string::npos);
}

TEST(OutputMetrics, AreAllTold) {
    for (const OutputMetric* metric : output_metrics()) {
        EXPECT_FALSE(metric->summary.empty() || metric->formula.empty()) << metric->name;
        EXPECT_NE(metric->needs_reference, metric->needs_expected) << metric->name;
    }
}

}  // namespace
}  // namespace espalier::calibrate
