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
    double smoothing = 0.1, temperature = 3, mix = 0.7;
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

double mean_squared_error(const Given& g) {
    double loss = 0;
    for (int i = 0; i < kExamples; ++i) {
        for (int j = 0; j < kClasses; ++j)
            loss += std::pow(g.z[i][j] - (j == g.label[i]), 2) / (kExamples * kClasses);
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
    if (name == "mean-squared-error") return mean_squared_error(g);
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
    at::Tensor labels = at::empty({kExamples}, at::kLong);
    for (int i = 0; i < kExamples; ++i) labels.data_ptr<std::int64_t>()[i] = g.label[i];
    const Recipe::LossSettings settings{
        .label_smoothing = g.smoothing, .temperature = g.temperature, .mix = g.mix};
    const at::Tensor teacher = loss.needs_teacher ? tensor_of(g.t) : at::Tensor();
    return loss.compute({outputs, labels, teacher, settings});
}

TEST(Loss, HasTheValueAndTheGradientOfItsFormula) {
    for (const Loss* loss : losses()) {
        Given g = given();
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
