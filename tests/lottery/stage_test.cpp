// Stages of a small experiment, run in this process, file by file.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/lottery.h"
#include "espalier/mask.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "espalier/safetensors.h"
#include "train/blobs.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

class StageTest : public ::testing::Test {
  protected:
    StageTest()
        : stages_(plan(recipe_, dataset_)), run_(store::Run::create(folder_ / "run", recipe_.resolved())) {}

    void run_everything() {
        for (std::size_t i = 0; i < stages_.size(); ++i) run_stage(stages_, i, recipe_, dataset_, run_, {});
    }

    const StageSpec& find(const std::string& arm, int level) const {
        for (const StageSpec& stage : stages_) {
            if (stage.arm() == arm && stage.level() == level) return stage;
        }
        throw std::logic_error("no such stage");
    }
    Weights weights(const StageSpec& stage, const char* file) const {
        return read_safetensors(run_.stage_folder(stage.hash) / file).tensors;
    }
    prune::MaskSet masks(const StageSpec& stage) const {
        return prune::load_masks(run_.stage_folder(stage.hash) / "masks.safetensors");
    }

    testing::TemporaryFolder folder_;
    data::Dataset dataset_ = testing::blob_dataset();
    Recipe recipe_ = Recipe::from_text(R"(
[train]
steps = "4ep"
batch_size = 100
[prune]
rounds = 2
rate = 0.5
output_layer_rate = 0.25
[retrain]
to = "3it"
[experiment]
replicates = 1
controls = ["reinitialize", "random-mask"]
evaluate_every = "5it"
)",
                                       "small.toml");
    std::vector<StageSpec> stages_;
    store::Run run_;
};

TEST_F(StageTest, LeavesTheRecordsAndFilesOfTheProtocol) {
    run_everything();
    ASSERT_EQ(run_.stages().size(), stages_.size());

    const StageSpec& dense = find("ticket", 0);
    const StageSpec& first = find("ticket", 1);
    const StageSpec& second = find("ticket", 2);
    EXPECT_EQ(masks(dense).density(), 1.0);

    // Exact counts: half of fc1 (36 x 300) and fc2 (300 x 100), a quarter of fc3 (100 x 10), twice.
    EXPECT_EQ(masks(first).at("fc1.weight").kept(), 5400);
    EXPECT_EQ(masks(first).at("fc2.weight").kept(), 15000);
    EXPECT_EQ(masks(first).at("fc3.weight").kept(), 750);
    EXPECT_EQ(masks(second).at("fc1.weight").kept(), 2700);
    EXPECT_EQ(masks(second).at("fc3.weight").kept(), 563);  // a quarter of 750 is 187.5, and 187 go

    // What level 1 cut is cut at level 2, and all of it is zero at the end of training.
    const prune::MaskSet earlier = masks(first);
    const Weights trained = weights(second, "weights.safetensors");
    for (const auto& [name, mask] : masks(second)) {
        const auto values = trained.at(name).f32();
        for (std::int64_t i = 0; i < mask.count(); ++i) {
            ASSERT_TRUE(!mask[i] || earlier.at(name)[i]) << name << " " << i;
            ASSERT_TRUE(mask[i] || values[static_cast<std::size_t>(i)] == 0) << name << " " << i;
        }
    }
}

TEST_F(StageTest, TicketsStartFromTheRewoundWeights) {
    run_everything();
    const StageSpec& dense = find("ticket", 0);
    const StageSpec& ticket = find("ticket", 1);
    const Graph graph =
        models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = 1});
    const Weights rewound = weights(dense, "step-3.safetensors");
    EXPECT_NE(rewound, weights(dense, "step-0.safetensors"));

    // Training level 1 again by hand, from the rewound weights under its mask, must give its bytes.
    const prune::MaskSet mask = masks(ticket);
    const std::uint64_t seed = replicate_seed(recipe_, 0);
    const train::Outcome again = train::run({.graph = graph,
                                             .dataset = dataset_,
                                             .recipe = recipe_,
                                             .weights = rewound,
                                             .masks = &mask,
                                             .seed = seed,
                                             .first_step = 3,
                                             .last_step = 24});
    EXPECT_EQ(again.weights, weights(ticket, "weights.safetensors"));
}

TEST_F(StageTest, ControlsKeepWhatTheyPromise) {
    run_everything();
    const prune::MaskSet ticket = masks(find("ticket", 2));
    EXPECT_EQ(masks(find("reinitialize", 2)), ticket);
    const prune::MaskSet random = masks(find("random-mask", 2));
    EXPECT_NE(random, ticket);
    for (const auto& [name, mask] : ticket) EXPECT_EQ(random.at(name).kept(), mask.kept()) << name;
}

TEST_F(StageTest, ExportedTicketIsTheTrainedNetwork) {
    run_everything();
    const StageSpec& ticket = find("ticket", 2);
    const Graph graph = onnx::read(run_.ticket_path(2, 0));
    EXPECT_EQ(graph.initializers, weights(ticket, "weights.safetensors"));
    EXPECT_EQ(graph.metadata.at("espalier.stage"), ticket.hash);
    EXPECT_EQ(graph.metadata.at("espalier.dataset"), "blobs");
}

TEST_F(StageTest, RuntimeAndTrainerGiveTheSameLogits) {
    run_everything();
    for (int level = 0; level <= 2; ++level) {
        const Graph graph = onnx::read(run_.ticket_path(level, 0));
        const Tensor expected =
            train::predict(graph, graph.initializers, dataset_.test, dataset_.normalization, 1);
        std::vector<std::uint32_t> all(static_cast<std::size_t>(dataset_.test.count()));
        std::iota(all.begin(), all.end(), 0U);
        Tensor images(DType::f32, dataset_.test.images().shape());
        data::gather(dataset_.test.inputs.front(), dataset_.normalization, all, images.f32());
        for (const auto choice : {runtime::Options::Choice::dense, runtime::Options::Choice::sparse}) {
            runtime::Session session = runtime::compile(graph, {.threads = 1, .choice = choice});
            const Tensor got = std::move(session.run({{"input", images}}).front());
            ASSERT_EQ(got.shape(), expected.shape());
            for (std::size_t row = 0; row < all.size(); ++row) {
                const auto a = got.f32().subspan(10 * row, 10);
                const auto b = expected.f32().subspan(10 * row, 10);
                for (std::size_t i = 0; i < 10; ++i) ASSERT_NEAR(a[i], b[i], 1e-4) << level << " " << row;
                const auto best = std::max_element(b.begin(), b.end()) - b.begin();
                const float most = *std::max_element(a.begin(), a.end());
                EXPECT_NEAR(a[static_cast<std::size_t>(best)], most, 1e-4) << "not a tie: " << row;
            }
        }
    }
}

TEST_F(StageTest, TheSameRecipeTwiceGivesTheSameBytes) {
    run_everything();
    testing::TemporaryFolder elsewhere;
    store::Run again = store::Run::create(elsewhere / "run", recipe_.resolved());
    for (std::size_t i = 0; i < stages_.size(); ++i) run_stage(stages_, i, recipe_, dataset_, again, {});
    for (const StageSpec& stage : stages_) {
        for (const char* file : {"weights.safetensors", "masks.safetensors"}) {
            EXPECT_EQ(read_file(run_.stage_folder(stage.hash) / file),
                      read_file(again.stage_folder(stage.hash) / file));
        }
    }
    EXPECT_EQ(read_file(run_.ticket_path(2, 0)), read_file(again.ticket_path(2, 0)));
}

TEST_F(StageTest, RemovesWhatAKilledProcessLeft) {
    const auto folder = run_.stage_folder(stages_[0].hash);
    write_text(folder / ".weights.safetensors.123", "half");
    run_stage(stages_, 0, recipe_, dataset_, run_, {});
    EXPECT_FALSE(std::filesystem::exists(folder / ".weights.safetensors.123"));
    EXPECT_TRUE(std::filesystem::exists(folder / "weights.safetensors"));
}

}  // namespace
}  // namespace espalier::lottery
