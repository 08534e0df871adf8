// The sparse convolution against the masked dense one and against finite differences in double: values,
// gradients, whole trainings, masks that move.
#include "train/sparse/sparse_conv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "base/temporary_folder.h"
#include "graph/builder.h"
#include "train/blobs.h"
#include "train/executor/lanes.h"
#include "train/loop/trainer.h"

namespace espalier::train {
namespace {

prune::Mask some_of(Shape shape, double density, const std::string& name) {
    prune::Mask mask(std::move(shape));
    Random random(7, name);
    for (std::int64_t i = 0; i < mask.count(); ++i) mask.set(i, random.uniform() < density);
    mask.set(0, true);
    return mask;
}

at::Tensor as_tensor(const prune::Mask& mask) {
    at::Tensor out = at::empty(mask.shape());
    const std::vector<float> values = mask.to_floats();
    std::copy(values.begin(), values.end(), out.data_ptr<float>());
    return out;
}

/// `scale` is the same sum over magnitudes: what rounding is measured by where terms cancel.
void expect_close(const at::Tensor& got, const at::Tensor& expected, const at::Tensor& scale) {
    ASSERT_EQ(got.sizes(), expected.sizes());
    EXPECT_LE((got - expected).norm().item<double>(), 1e-6 * scale.norm().item<double>());
}

struct Window2d {
    std::int64_t n, groups, channels, outputs, height, width, kernel, stride, pad, dilation;

    Node node() const {
        Node node{
            .name = "conv", .op = "Conv", .inputs = {"x", "w", "b"}, .outputs = {"y"}, .attributes = {}};
        node.attributes["strides"] = std::vector<std::int64_t>{stride, stride};
        node.attributes["pads"] = std::vector<std::int64_t>{pad, pad, pad, pad};
        node.attributes["dilations"] = std::vector<std::int64_t>{dilation, dilation};
        node.attributes["group"] = groups;
        return node;
    }
    Shape weight() const { return {groups * outputs, channels, kernel, kernel}; }
    at::Tensor image(const at::TensorOptions& options = at::kFloat) const {
        return at::randn({n, groups * channels, height, width}, options);
    }
    at::Tensor dense(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b) const {
        return at::conv2d(x, w, b, stride, pad, dilation, groups);
    }
};

const Window2d kWindows[] = {
    {32, 1, 16, 16, 8, 8, 3, 1, 1, 1},     {9, 1, 8, 20, 9, 7, 3, 2, 1, 1}, {16, 1, 12, 6, 6, 6, 1, 1, 0, 1},
    {16, 1, 5, 9, 7, 8, 1, 2, 0, 1},       {3, 2, 6, 4, 5, 5, 3, 1, 1, 1},  {8, 1, 4, 4, 10, 9, 3, 1, 2, 2},
    {64, 1, 16, 16, 15, 15, 3, 1, 13, 13},  // which reaches far
};

TEST(SparseConv, HasTheValuesAndGradientsOfTheMaskedDenseOne) {
    at::manual_seed(1);
    for (const int threads : {1, 2}) {
        set_threads(threads);
        for (const Window2d& window : kWindows) {
            for (const double density : {0.05, 0.4}) {
                const prune::Mask mask = some_of(window.weight(), density, "mask");
                SparseConv layer(mask, window.node());
                const at::Tensor m = as_tensor(mask);
                const at::Tensor w = (at::randn(window.weight()) * m).set_requires_grad(true);
                const at::Tensor x = window.image().set_requires_grad(true);
                const at::Tensor b = at::randn({window.weight()[0]}).set_requires_grad(true);
                const at::Tensor kept = layer.compress(w.detach()).set_requires_grad(true);
                ASSERT_TRUE(layer.expand(kept.detach()).equal(w.detach()));

                const at::Tensor z = layer.forward(x, kept, b);
                ASSERT_TRUE(is_in_lanes(z));
                const at::Tensor seed = at::randn(z.sizes());
                (z * seed).sum().backward();
                const at::Tensor got_dx = x.grad().clone();
                const at::Tensor got_db = b.grad().clone();
                x.mutable_grad().reset();
                b.mutable_grad().reset();

                const at::Tensor expected = window.dense(x, w, b);
                (expected * seed).sum().backward();
                expect_close(z, expected, window.dense(x.abs(), w.abs(), b.abs()));
                expect_close(got_dx, x.grad(), x.grad().abs() * 3);
                expect_close(got_db, b.grad(), seed.abs().sum({0, 2, 3}));
                expect_close(layer.expand(kept.grad()), w.grad() * m, w.grad().abs() * 3);
                expect_close(layer.forward(x, kept, {}), window.dense(x, w, {}),
                             window.dense(x.abs(), w.abs(), {}));
            }
        }
    }
}

TEST(SparseConv, HasTheSlopesOfFiniteDifferences) {
    at::manual_seed(2);
    set_threads(1);
    const Window2d& window = kWindows[1];
    const prune::Mask mask = some_of(window.weight(), 0.2, "mask");
    SparseConv layer(mask, window.node());
    const at::Tensor x = window.image(at::kDouble);
    const at::Tensor w = at::randn(window.weight(), at::kDouble) * as_tensor(mask);
    const at::Tensor seed = at::randn_like(window.dense(x, w, {}));
    const at::Tensor x32 = x.to(at::kFloat).set_requires_grad(true);
    const at::Tensor kept = layer.compress(w.to(at::kFloat)).set_requires_grad(true);
    (layer.forward(x32, kept, {}) * seed.to(at::kFloat)).sum().backward();
    const auto slope = [&](const at::Tensor& of, std::int64_t i) {
        constexpr double kStep = 1e-4;
        double* value = of.data_ptr<double>() + i;
        const double before = *value;
        const auto loss = [&] { return (window.dense(x, w, {}) * seed).sum().item<double>(); };
        *value = before + kStep;
        const double above = loss();
        *value = before - kStep;
        const double below = loss();
        *value = before;
        return (above - below) / (2 * kStep);
    };
    const at::Tensor dx = x32.grad().contiguous();
    for (std::int64_t i = 0; i < x.numel(); i += 97) EXPECT_NEAR(dx.data_ptr<float>()[i], slope(x, i), 1e-4);
    const at::Tensor dw = layer.expand(kept.grad());
    for (std::int64_t i = 0; i < w.numel(); i += 13) {
        if (!mask[i]) continue;
        EXPECT_NEAR(dw.data_ptr<float>()[i], slope(w, i), 1e-3) << i;
    }
}

/// 1x6x6 images through two convolutions with a residual sum, strides and a dense layer between.
Graph residual_network() {
    GraphBuilder builder("residual", 4);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(6), Dim(6)});
    x = builder.relu("relu0",
                     builder.batch_norm("norm0", builder.conv("a", x, 12, {.size = 3, .pad = 1}, false)));
    std::string y = builder.conv("b", x, 12, {.size = 3, .pad = 1}, false);
    y = builder.relu("relu1", builder.batch_norm("norm1", y));
    y = builder.conv("plain", y, 12, {.size = 1}, true);
    x = builder.relu("relu2", builder.add("sum", x, y));
    x = builder.conv("c", x, 16, {.size = 3, .stride = 2, .pad = 1}, true);
    x = builder.flatten("flatten", builder.relu("relu3", x));
    builder.output(builder.linear("fc", x, 10));
    return std::move(builder).finish();
}

class SparseConvTraining : public ::testing::Test {
  protected:
    SparseConvTraining() {
        recipe_.train.batch_size = 30;  // the last of an epoch is smaller
        recipe_.experiment.evaluate_every = {0, 7};
        for (const std::string name : {"a.weight", "b.weight", "c.weight"})
            masks_.insert(name, some_of(graph_.initializers.at(name).shape(), 0.2, name));
    }

    Job job(std::int64_t steps) const {
        return {.graph = graph_,
                .dataset = dataset_,
                .recipe = recipe_,
                .weights = {},
                .masks = &masks_,
                .last_step = steps};
    }
    Outcome train(double sparse_below, std::int64_t steps) {
        recipe_.train.sparse_below = sparse_below;
        return run(job(steps));
    }

    data::Dataset dataset_ = espalier::testing::blob_dataset();
    Graph graph_ = residual_network();
    Recipe recipe_;
    prune::MaskSet masks_;
};

void expect_near(const Weights& got, const Weights& expected, const prune::MaskSet& masks) {
    for (const auto& [name, weights] : expected) {
        const auto values = got.at(name).f32();
        ASSERT_EQ(got.at(name).shape(), weights.shape());
        for (std::size_t i = 0; i < values.size(); ++i) {
            ASSERT_NEAR(values[i], weights.f32()[i], 2e-3) << name << " " << i;
            const bool pruned = masks.contains(name) && !masks.at(name)[static_cast<std::int64_t>(i)];
            ASSERT_TRUE(!pruned || values[i] == 0) << name << " " << i;
        }
    }
}

TEST_F(SparseConvTraining, HasTheLossesOfTheMaskedDensePath) {
    recipe_.train.optimizer = {.name = "sgd", .learning_rate = 0.01, .momentum = 0.9, .weight_decay = 1e-3};
    const Outcome sparse = train(0.5, 25);
    const Outcome dense = train(0, 25);
    EXPECT_NE(sparse.weights, dense.weights);  // they do not go the same way
    for (std::size_t i = 0; i < dense.curve.size(); ++i)
        EXPECT_NEAR(sparse.curve[i].validation_loss, dense.curve[i].validation_loss,
                    1e-3 * dense.curve[i].validation_loss);
    expect_near(sparse.weights, dense.weights, masks_);
}

TEST_F(SparseConvTraining, RepeatsToTheBit) { EXPECT_EQ(train(0.5, 15).weights, train(0.5, 15).weights); }

/// Every fifth step other weights are kept, as RigL and SET do.
std::optional<prune::MaskSet> moved(const prune::MaskSet& masks, std::int64_t step) {
    if (step == 0 || step % 5 != 0) return {};
    prune::MaskSet out;
    for (const auto& [name, mask] : masks)
        out.insert(name, some_of(mask.shape(), 0.2, name + std::to_string(step)));
    return out;
}

TEST_F(SparseConvTraining, MovesMasksAsTheMaskedDensePathDoes) {
    for (const std::string optimizer : {"sgd", "adam"}) {
        // A filter of one weight before a normalisation has gradient 0; Adam would make steps of what
        // rounding leaves of it.
        recipe_.train.optimizer = {
            .name = optimizer, .learning_rate = 0.003, .momentum = 0.9, .epsilon = 1e-3};
        Outcome outcomes[2];
        for (int i = 0; i < 2; ++i) {
            recipe_.train.sparse_below = i == 0 ? 0.5 : 0;
            Job moving = job(18);
            moving.reprune = [&](std::int64_t step, const auto&) { return moved(masks_, step); };
            outcomes[i] = run(moving);
        }
        EXPECT_EQ(outcomes[0].masks, outcomes[1].masks);
        for (const auto& [name, weights] : outcomes[1].weights) {
            const at::Tensor expected = to_torch(weights);
            const double apart = (to_torch(outcomes[0].weights.at(name)) - expected).norm().item<double>();
            EXPECT_LE(apart, 1e-3 * expected.norm().item<double>() + 1e-6) << optimizer << " " << name;
        }
    }
}

TEST_F(SparseConvTraining, GoesOnUnderMovedMasksToTheSameBytes) {
    const testing::TemporaryFolder folder;
    recipe_.train.sparse_below = 0.5;
    Job whole = job(18);
    whole.reprune = [&](std::int64_t step, const auto&) { return moved(masks_, step); };
    const Outcome expected = run(whole);
    Job part = whole;
    part.checkpoint = CheckpointFile{.path = folder / "checkpoint.safetensors", .key = "key", .seconds = 0};
    part.on_progress = [](const Progress& progress) {
        if (progress.step >= 12) throw Interrupted("stopped");
    };
    EXPECT_THROW(run(part), Interrupted);
    part.on_progress = {};
    EXPECT_EQ(run(part).weights, expected.weights);
}

}  // namespace
}  // namespace espalier::train
