#include <sqlite3.h>
#include <sys/stat.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/files.h"
#include "espalier/error.h"
#include "store/fixture.h"
#include "store/sqlite.h"

namespace espalier::store {
namespace {

namespace fs = std::filesystem;

template <class Exception>
std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Exception& error) {
        return error.what();
    }
    ADD_FAILURE() << "expected an exception";
    return {};
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

void execute(const fs::path& file, const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

TEST_F(StoreTest, KeepsWhatItWasGiven) {
    const Stage stage = made_up_stage("ticket", 3, 1);
    Latency latency{3,   1,  128, 2, 0.3, 0.29, 0.33, 0.61, 0.6, 0.65, 40'000, 0.885, "fc1 spmm_f32_panel",
                    1.9, 2.2};
    {
        Run run = Run::create(folder_ / "deep" / "run", "[model]\n");
        run.add(stage);
        run.add(latency);
        run.set_fact("commit", "abc");
        run.set_fact("commit", "def");
    }
    const Run run = Run::open(folder_ / "deep" / "run");
    EXPECT_EQ(run.folder(), folder_ / "deep" / "run");
    EXPECT_EQ(run.recipe(), "[model]\n");
    EXPECT_EQ(read_text(run.folder() / "recipe.toml"), "[model]\n");
    ASSERT_TRUE(run.find_stage(stage.hash));
    expect_equal(*run.find_stage(stage.hash), stage);
    EXPECT_FALSE(run.find_stage("other"));
    EXPECT_EQ(run.facts(), (std::map<std::string, std::string>{{"commit", "def"}}));

    ASSERT_EQ(run.latencies().size(), 1U);
    const Latency read = run.latencies()[0];
    EXPECT_EQ(read.level, 3);
    EXPECT_EQ(read.replicate, 1);
    EXPECT_EQ(read.batch, 128);
    EXPECT_EQ(read.threads, 2);
    EXPECT_EQ(read.median_ms, 0.3);
    EXPECT_EQ(read.low_ms, 0.29);
    EXPECT_EQ(read.high_ms, 0.33);
    EXPECT_EQ(read.dense_median_ms, 0.61);
    EXPECT_EQ(read.dense_low_ms, 0.6);
    EXPECT_EQ(read.dense_high_ms, 0.65);
    EXPECT_EQ(read.file_bytes, 40'000);
    EXPECT_EQ(read.test_accuracy, 0.885);
    EXPECT_EQ(read.kernels, "fc1 spmm_f32_panel");
    EXPECT_EQ(read.speedup_low, 1.9);
    EXPECT_EQ(read.speedup_high, 2.2);
}

/// Stores of before have no columns for the interval; they come with the first latency that is written.
TEST_F(StoreTest, IntervalsOfSpeedUpsComeWithTheFirst) {
    Latency latency;
    latency.level = 1;
    latency.batch = 1;
    {
        Run run = Run::create(folder_ / "run", "recipe");
        run.add(latency);
    }
    {
        Database database(folder_ / "run" / "run.sqlite", Database::Mode::existing);
        database.execute("ALTER TABLE latencies DROP COLUMN speedup_low");
        database.execute("ALTER TABLE latencies DROP COLUMN speedup_high");
    }
    Run run = Run::open(folder_ / "run");
    ASSERT_EQ(run.latencies().size(), 1U);
    EXPECT_TRUE(std::isnan(run.latencies()[0].speedup_low));
    latency.level = 2;
    latency.speedup_low = 1.5;
    latency.speedup_high = 1.7;
    run.add(latency);
    EXPECT_TRUE(std::isnan(run.latencies()[0].speedup_high));
    EXPECT_EQ(run.latencies()[1].speedup_high, 1.7);
}

/// Stores of before metrics have no table for them; it comes with the first.
TEST_F(StoreTest, MetricsComeWithTheFirstStageThatHasSome) {
    Run run = Run::create(folder_ / "run", "recipe");
    Stage stage = made_up_stage("ticket", 0, 0);
    run.add(stage);
    EXPECT_EQ(Run::open(folder_ / "run").stages()[0].metrics, std::vector<MetricValue>());
    Stage other = made_up_stage("ticket", 1, 0);
    other.metrics = {{"top-5", true, 0.99, 0.98}, {"mean-squared-error", false, 0.25, 0.5}};
    run.add(other);
    expect_equal(*run.find_stage(other.hash), other);
    expect_equal(*run.find_stage(stage.hash), stage);
    other.metrics.pop_back();
    run.add(other);
    expect_equal(*run.find_stage(other.hash), other);
}

TEST_F(StoreTest, SensitivitiesReplaceAllThereWere) {
    Run run = Run::create(folder_ / "run", "recipe");
    run.set_sensitivities({{"b", 0, 0.5, 1.5, 0.8}, {"a", 1, 0.0, 1.0, 0.9}});
    run.set_sensitivities({{"c", 0, 0.0, 1.0, 0.9}, {"a", 1, 0.25, 2.0, 0.7}});
    const auto points = Run::open(folder_ / "run").sensitivities();
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].layer, "c");  // in the order given
    EXPECT_EQ(points[1].layer, "a");
    EXPECT_EQ(points[1].replicate, 1);
    EXPECT_EQ(points[1].sparsity, 0.25);
    EXPECT_EQ(points[1].loss, 2.0);
    EXPECT_EQ(points[1].accuracy, 0.7);
}

TEST_F(StoreTest, ArmsThatShareAStageHaveARecordEach) {
    Run run = Run::create(folder_, "");
    Stage stage = made_up_stage("ticket", 1, 0);
    run.add(stage);
    stage.arm = "one-shot";
    run.add(stage);
    const auto both = run.stages();
    ASSERT_EQ(both.size(), 2U);
    for (const Stage& one : both) {
        EXPECT_EQ(one.hash, stage.hash);
        EXPECT_EQ(one.curve.size(), stage.curve.size());
        EXPECT_EQ(one.layers.size(), stage.layers.size());
    }
    EXPECT_EQ(run.positions(stage.hash),
              (std::vector<Position>{{stage.hash, "one-shot", 1, 0}, {stage.hash, "ticket", 1, 0}}));
    EXPECT_TRUE(run.positions("other").empty());
    EXPECT_TRUE(run.positions("").empty());
    // One of them is replaced by another result: what the other one has stays.
    Stage other = made_up_stage("one-shot", 1, 0);
    other.hash = "another";
    run.add(other);
    EXPECT_EQ(run.find_stage(stage.hash)->arm, "ticket");
    EXPECT_EQ(run.find_stage(stage.hash)->curve.size(), stage.curve.size());
}

TEST_F(StoreTest, NotesComeWithTheRecordsAndReplaceThoseOfBefore) {
    Run run = Run::create(folder_, "");
    Stage stage = made_up_stage("ticket", 1, 0);
    Stage other = stage;
    other.arm = "one-shot";
    run.set_fact("note ticket.0.10.0", "of another level");
    run.add_places({stage, other}, {"first", "second"});
    EXPECT_EQ(run.stages().size(), 2U);
    EXPECT_EQ(run.facts().at("note ticket.0.1.1"), "second");
    run.add_places({stage, other}, {"only"});
    EXPECT_EQ(run.facts(), (std::map<std::string, std::string>{{"note ticket.0.1.0", "only"},
                                                               {"note ticket.0.10.0", "of another level"}}));
}

TEST_F(StoreTest, AnAmendedRecordKeepsWhatWasMeasuredOfItsNetwork) {
    Run run = Run::create(folder_, "");
    Stage stage = made_up_stage("ticket", 1, 0);
    run.add(stage);
    Latency latency;
    latency.level = 1;
    latency.batch = 1;
    run.add(latency);
    stage.metrics = {{"top-5", true, 0.99, 0.98}};
    Stage other = stage;
    other.arm = "one-shot";
    run.amend({stage, other});
    EXPECT_EQ(run.stages().size(), 2U);
    expect_equal(*run.find_stage(stage.hash), stage);
    EXPECT_EQ(run.latencies().size(), 1U);
    run.add(stage);  // trained again
    EXPECT_TRUE(run.latencies().empty());
    run.add(latency);
    stage.hash = "another";
    run.amend({stage});
    EXPECT_TRUE(run.latencies().empty());
}

TEST_F(StoreTest, StabilitiesReplaceThoseOfTheSamePlace) {
    Run run = Run::create(folder_, "");
    run.add({.hash = "a", .level = 2, .replicate = 0, .step = 500, .points = {{0, 0.1, 0.2}, {1, 0.3, 0.4}}});
    run.add({.hash = "b", .level = 2, .replicate = 0, .step = 0, .points = {{0, 0.1, 0.2}}});
    run.add({.hash = "c", .level = 2, .replicate = 0, .step = 500, .points = {{0.5, 0.6, 0.7}}});
    EXPECT_EQ(run.positions("b"), (std::vector<Position>{{"b", "stability", 2, 0, 0}}));
    EXPECT_TRUE(run.positions("a").empty());
    EXPECT_EQ(run.positions().size(), 2U);
    const auto all = run.stabilities();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].hash, "b");
    EXPECT_EQ(all[1].step, 500);
    ASSERT_EQ(all[1].points.size(), 1U);
    EXPECT_EQ(all[1].points[0].test_error, 0.7);
}

TEST_F(StoreTest, OrdersStagesByArmLevelReplicate) {
    Run run = Run::create(folder_, "");
    for (const auto& [arm, level, replicate] :
         {std::tuple{"ticket", 10, 0}, {"ticket", 2, 1}, {"random-mask", 5, 0}, {"ticket", 2, 0}}) {
        run.add(made_up_stage(arm, level, replicate));
    }
    std::vector<std::string> order;
    for (const Stage& stage : run.stages()) {
        order.push_back(stage.hash);
        EXPECT_EQ(stage.curve.size(), 200U);
    }
    EXPECT_EQ(order,
              (std::vector<std::string>{"random-mask-5-0", "ticket-2-0", "ticket-2-1", "ticket-10-0"}));
}

TEST_F(StoreTest, ReplacesARecordWithAllThatBelongsToIt) {
    Run run = Run::create(folder_, "");
    Stage stage = made_up_stage("ticket", 1, 0);
    run.add(stage);
    stage.layers.resize(1);
    stage.curve.resize(7);
    stage.best_step = 1;
    run.add(stage);
    ASSERT_EQ(run.stages().size(), 1U);
    expect_equal(run.stages()[0], stage);

    stage.hash = "another-way-to-the-same-place";
    run.add(stage);
    ASSERT_EQ(run.stages().size(), 1U);
    expect_equal(run.stages()[0], stage);

    Latency latency;
    latency.batch = 1;
    run.add(latency);
    latency.median_ms = 4;
    run.add(latency);
    ASSERT_EQ(run.latencies().size(), 1U);
    EXPECT_EQ(run.latencies()[0].median_ms, 4);
}

TEST_F(StoreTest, KeepsNumbersThatAreNotFinite) {
    Run run = Run::create(folder_, "");
    Stage stage = made_up_stage("ticket", 0, 0);
    stage.validation_loss = std::numeric_limits<double>::quiet_NaN();
    stage.test_loss = std::numeric_limits<double>::infinity();
    stage.curve[3].train_loss = std::numeric_limits<double>::quiet_NaN();
    run.add(stage);
    const Stage read = run.stages().at(0);
    EXPECT_TRUE(std::isnan(read.validation_loss));
    EXPECT_TRUE(std::isinf(read.test_loss));
    EXPECT_TRUE(std::isnan(read.curve[3].train_loss));
    EXPECT_EQ(read.test_accuracy, stage.test_accuracy);
}

TEST_F(StoreTest, CountsWeightsAndMacs) {
    Stage stage = made_up_stage("ticket", 2, 0);
    EXPECT_EQ(stage.weights_total(), 265200);
    EXPECT_EQ(stage.weights_left(), 265200 - 2200);
    EXPECT_EQ(stage.macs_left(), 235200 - 2000 + 64 * (30000 - 200));
    stage.layers[1].macs_per_weight = 0;
    EXPECT_EQ(stage.macs_left(), 0) << "not known of every layer";
    EXPECT_EQ(Stage{}.weights_left(), 0);
}

TEST_F(StoreTest, OpensTheSameRecipeAgainAndRefusesAnother) {
    Run::create(folder_, "a = 1\nb = 2\n").add(made_up_stage("ticket", 0, 0));
    EXPECT_EQ(Run::create(folder_, "a = 1\nb = 2\n").stages().size(), 1U);
    const std::string message = message_of<BadData>([&] { Run::create(folder_, "a = 1\nb = 3\n"); });
    EXPECT_HAS(message, folder_.string());
    EXPECT_HAS(message, R"(line 2 is "b = 2", expected "b = 3")");
    EXPECT_HAS(message_of<BadData>([&] { Run::create(folder_, "a = 1\n"); }),
               R"(line 2 is "b = 2", expected missing)");
    EXPECT_EQ(Run::open(folder_).stages().size(), 1U);
}

TEST_F(StoreTest, AnotherRecipeIsGivenOnRequest) {
    Run::create(folder_, "a = 1\n").add(made_up_stage("ticket", 0, 0));
    Run run = Run::create_or_open(folder_, "a = 2\n");
    EXPECT_EQ(run.recipe(), "a = 1\n");
    EXPECT_EQ(read_text(folder_ / "recipe.toml"), "a = 1\n");
    run.set_recipe("a = 2\n");
    EXPECT_EQ(Run::create(folder_, "a = 2\n").stages().size(), 1U);
    EXPECT_EQ(read_text(folder_ / "recipe.toml"), "a = 2\n");
}

TEST_F(StoreTest, TheFileOfTheRecipeIsMadeAgainAsTheStoreHasIt) {
    Run::create(folder_, "a = 1\n");
    fs::remove(folder_ / "recipe.toml");
    Run::create(folder_, "a = 1\n");
    EXPECT_EQ(read_text(folder_ / "recipe.toml"), "a = 1\n");
    write_text(folder_ / "recipe.toml", "of a process that was killed");
    Run::create(folder_, "a = 1\n");
    EXPECT_EQ(read_text(folder_ / "recipe.toml"), "a = 1\n");
}

TEST_F(StoreTest, DoesNotWriteOverAForeignRecipe) {
    make_folder(folder_);
    write_text(folder_ / "recipe.toml", "mine");
    EXPECT_HAS(message_of<BadData>([&] { Run::create(folder_, "other"); }), "holds a recipe.toml but no run");
    EXPECT_EQ(read_text(folder_ / "recipe.toml"), "mine");
    EXPECT_FALSE(fs::exists(folder_ / "run.sqlite"));
    Run::create(folder_, "mine");
}

TEST_F(StoreTest, RefusesWhatIsNotARun) {
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_); }), "not a run: it has no run.sqlite");
    make_folder(folder_);
    const fs::path file = folder_ / "run.sqlite";
    write_text(file, "");
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_); }), "run.sqlite is empty");
    write_text(file, std::string(5000, 'x'));
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_); }), "not a database");
    EXPECT_HAS(message_of<BadData>([&] { Run::create(folder_, ""); }), "not a database");
    fs::remove(file);
    execute(file, "CREATE TABLE cookies (name TEXT)");
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_); }), "database of another program");
    EXPECT_HAS(message_of<BadData>([&] { Run::create(folder_, ""); }), "database of another program");
}

TEST_F(StoreTest, RefusesAnotherVersion) {
    Run::create(folder_, "");
    execute(folder_ / "run.sqlite", "PRAGMA user_version = 99");
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_); }), "store version 99, expected 3");
    EXPECT_HAS(message_of<BadData>([&] { Run::create(folder_, ""); }), "store version 99, expected 3");
}

TEST_F(StoreTest, TreatsADamagedStoreAsBadData) {
    Run::create(folder_, "");
    execute(folder_ / "run.sqlite", "DROP TABLE stages");
    EXPECT_HAS(message_of<BadData>([&] { Run::open(folder_).stages(); }), "no such table");
}

TEST_F(StoreTest, SaysWhichFolderCannotBeWritten) {
    make_folder(folder_);
    write_text(folder_ / "file", "");
    EXPECT_HAS(message_of<IoError>([&] { Run::create(folder_ / "file" / "run", ""); }),
               (folder_ / "file" / "run").string());
    make_folder(folder_ / "run.sqlite");
    EXPECT_HAS(message_of<IoError>([&] { Run::create(folder_, ""); }), (folder_ / "run.sqlite").string());
}

TEST_F(StoreTest, ReadsButDoesNotWriteInAFolderWithoutPermission) {
    if (::geteuid() == 0) GTEST_SKIP() << "the superuser may write everywhere";
    Run::create(folder_, "").set_fact("a", "b");
    ASSERT_EQ(::chmod((folder_ / "run.sqlite").c_str(), 0444), 0);
    ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
    Run run = Run::open(folder_);
    EXPECT_EQ(run.facts().size(), 1U);
    EXPECT_HAS(message_of<IoError>([&] { run.set_fact("c", "d"); }), "readonly");
    ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
}

TEST_F(StoreTest, MakesStageFoldersOnlyInsideTheRun) {
    const Run run = Run::create(folder_, "");
    EXPECT_EQ(run.stage_folder("0a1b"), folder_ / "stages" / "0a1b");
    EXPECT_TRUE(fs::is_directory(folder_ / "stages" / "0a1b"));
    for (const char* hash : {"", "..", "a/b", "a.b"}) {
        EXPECT_THROW(run.stage_folder(hash), InvalidArgument) << hash;
    }
}

}  // namespace
}  // namespace espalier::store
