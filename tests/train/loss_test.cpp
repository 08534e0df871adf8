// Every loss against its formula written out in double, and its gradient against central differences.
#include "train/loop/loss_function.h"

#include <gtest/gtest.h>

#include <cmath>

namespace espalier::train {
namespace {

constexpr int kExamples = 5;
constexpr int kClasses = 4;

using Row = std::array<double, kClasses>;

struct Given {
    std::array<Row, kExamples> z, t;
    std::array<int, kExamples> label;
    bool numbers = false;  // targets y in place of labels
    double smoothing = 0.1, temperature = 3, mix = 0.7, distance = 0.6;

    double y(int i, int j) const { return numbers ? std::cos(0.7 * i + 2.3 * j) : j == label[i]; }
};

Given given() {
    Given g;
    for (int i = 0; i < kExamples; ++i) {
        for (int j = 0; j < kClasses; ++j) {
            g.z[i][j] = std::sin(3.1 * i + 1.7 * j);
            g.t[i][j] = 2 * std::cos(1.3 * i - 0.9 * j);
        }
        g.label[i] = (2 * i + 1) % kClasses;
    }
    return g;
}

Row log_softmax(Row z, double temperature = 1) {
    double sum = 0;
    for (double& v : z) sum += std::exp(v /= temperature);
    for (double& v : z) v -= std::log(sum);
    return z;
}

double cross_entropy(const Given& g, double smoothing) {
    double loss = 0;
    for (int i = 0; i < kExamples; ++i) {
        const Row p = log_softmax(g.z[i]);
        for (int j = 0; j < kClasses; ++j) {
            const double q = (1 - smoothing) * (j == g.label[i]) + smoothing / kClasses;
            loss -= q * p[j] / kExamples;
        }
    }
    return loss;
}

/// The mean of `of` over all distances to the target.
template <class Of>
double mean_of(const Given& g, Of&& of) {
    double loss = 0;
    for (int i = 0; i < kExamples; ++i) {
        for (int j = 0; j < kClasses; ++j)
            loss += of(std::abs(g.z[i][j] - g.y(i, j))) / (kExamples * kClasses);
    }
    return loss;
}

double distillation(const Given& g) {
    double divergence = 0;
    for (int i = 0; i < kExamples; ++i) {
        const Row student = log_softmax(g.z[i], g.temperature);
        const Row teacher = log_softmax(g.t[i], g.temperature);
        for (int j = 0; j < kClasses; ++j)
            divergence += std::exp(teacher[j]) * (teacher[j] - student[j]) / kExamples;
    }
    return (1 - g.mix) * cross_entropy(g, g.smoothing) + g.mix * g.temperature * g.temperature * divergence;
}

double expected(std::string_view name, const Given& g) {
    if (name == "cross-entropy") return cross_entropy(g, g.smoothing);
    if (name == "mean-squared-error") return mean_of(g, [](double e) { return e * e; });
    if (name == "mean-absolute-error") return mean_of(g, [](double e) { return e; });
    if (name == "huber") {
        return mean_of(g, [d = g.distance](double e) { return e <= d ? e * e / 2 : d * (e - d / 2); });
    }
    if (name == "distillation") return distillation(g);
    ADD_FAILURE() << "no formula for loss " << name;
    return 0;
}

at::Tensor tensor_of(const std::array<Row, kExamples>& rows) {
    at::Tensor out = at::empty({kExamples, kClasses}, at::kDouble);
    for (int i = 0; i < kExamples; ++i) {
        for (int j = 0; j < kClasses; ++j) out.data_ptr<double>()[i * kClasses + j] = rows[i][j];
    }
    return out;
}

at::Tensor compute(const Loss& loss, const Given& g, const at::Tensor& outputs) {
    at::Tensor targets = at::empty({kExamples}, at::kLong);
    for (int i = 0; i < kExamples; ++i) targets.data_ptr<std::int64_t>()[i] = g.label[i];
    if (g.numbers) {
        targets = at::empty({kExamples, kClasses}, at::kDouble);
        for (int k = 0; k < kExamples * kClasses; ++k)
            targets.data_ptr<double>()[k] = g.y(k / kClasses, k % kClasses);
    }
    const Recipe::LossSettings settings{.label_smoothing = g.smoothing,
                                        .temperature = g.temperature,
                                        .mix = g.mix,
                                        .huber_distance = g.distance};
    const at::Tensor teacher = loss.needs_teacher ? tensor_of(g.t) : at::Tensor();
    return loss.compute({outputs, targets, teacher, settings});
}

class LossOf : public ::testing::TestWithParam<bool> {};

TEST_P(LossOf, HasTheValueAndTheGradientOfItsFormula) {
    for (const Loss* loss : losses()) {
        if (!takes(loss->targets, !GetParam())) continue;
        Given g = given();
        g.numbers = GetParam();
        const at::Tensor outputs = tensor_of(g.z).set_requires_grad(true);
        const at::Tensor value = compute(*loss, g, outputs);
        EXPECT_NEAR(value.item<double>(), expected(loss->name, g), 1e-12) << loss->name;
        value.backward();
        for (int i = 0; i < kExamples; ++i) {
            for (int j = 0; j < kClasses; ++j) {
                const double at = g.z[i][j];
                const double step = 1e-5;
                g.z[i][j] = at + step;
                const double above = expected(loss->name, g);
                g.z[i][j] = at - step;
                const double below = expected(loss->name, g);
                g.z[i][j] = at;
                EXPECT_NEAR(outputs.grad().data_ptr<double>()[i * kClasses + j], (above - below) / (2 * step),
                            1e-9)
                    << loss->name << " " << i << " " << j;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, LossOf, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "numbers" : "classes"; });

/// [n, classes, 2, 2] and [n, 2, 2, classes] are the same positions, of which one has no class.
TEST(Loss, IsOfThePositionsThatHaveAClass) {
    const at::Tensor outputs = at::arange(2 * 3 * 4, at::kDouble).sin().view({2, 3, 2, 2});
    at::Tensor targets = at::tensor({0, 1, 2, 0, 1, 1, 2, -1}, at::kLong).view({2, 2, 2});
    double expected = 0;
    for (int at = 0; at < 7; ++at) {
        const at::Tensor row = outputs.select(0, at / 4).flatten(1).select(1, at % 4);
        expected -= at::log_softmax(row, 0)[targets.flatten()[at].item<std::int64_t>()].item<double>() / 7;
    }
    Recipe recipe;
    EXPECT_NEAR(LossFunction(recipe).evaluate(outputs, targets).item<double>(), expected, 1e-12);
    recipe.model.class_axis = -1;
    EXPECT_NEAR(LossFunction(recipe).evaluate(outputs.movedim(1, -1), targets).item<double>(), expected,
                1e-12);
    EXPECT_EQ(target_rows(targets).size(0), 7);
    EXPECT_THROW(LossFunction(recipe).evaluate(outputs, targets), InvalidArgument);
    EXPECT_THROW(LossFunction(recipe).evaluate(outputs.narrow(0, 0, 1), targets), InvalidArgument);
}

TEST(Loss, NumbersMayLackTheAxisOfOne) {
    Recipe recipe;
    recipe.train.loss = "mean-squared-error";
    const at::Tensor outputs = at::tensor({1.0, 2.0}).view({2, 1});
    EXPECT_DOUBLE_EQ(LossFunction(recipe).evaluate(outputs, at::tensor({1.0, 5.0})).item<double>(), 4.5);
    EXPECT_THROW(LossFunction(recipe).evaluate(outputs, at::zeros({2, 2})), InvalidArgument);
}

/// What is compared is the loss that is trained: its distance is none of the things that only training has.
TEST(Loss, HuberIsEvaluatedAtItsDistance) {
    Recipe recipe;
    recipe.train.loss = "huber";
    recipe.train.loss_settings.huber_distance = 2;
    const at::Tensor far = at::tensor({4.0});
    EXPECT_DOUBLE_EQ(LossFunction(recipe).evaluate(far, at::tensor({1.0})).item<double>(), 2 * (3 - 1));
}

TEST(Loss, EvaluationIsPlain) {
    Recipe recipe;
    recipe.train.loss_settings.label_smoothing = 0.2;
    for (const std::string name : {"cross-entropy", "distillation"}) {
        recipe.train.loss = name;
        const Given g = given();
        at::Tensor labels = at::empty({kExamples}, at::kLong);
        for (int i = 0; i < kExamples; ++i) labels.data_ptr<std::int64_t>()[i] = g.label[i];
        EXPECT_NEAR(LossFunction(recipe).evaluate(tensor_of(g.z), labels).item<double>(), cross_entropy(g, 0),
                    1e-12);
    }
}

}  // namespace
}  // namespace espalier::train
