#include <algorithm>
#include <sstream>

#include "base/text/text_table.h"
#include "espalier/report.h"
#include "report/fixture.h"
#include "report/made_up_run.h"

namespace espalier::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST_F(ReportTest, LevelTableHasOneLineALevel) {
    Run run = Run::create(folder_, "recipe");
    for (int replicate = 0; replicate < 2; ++replicate) {
        run.add(stage("ticket", 0, replicate, 1000, 0.9 + 0.01 * replicate));
        run.add(stage("ticket", 1, replicate, 30, 0.8 + 0.01 * replicate));
        run.add(stage("reinitialize", 1, replicate, 30, 0.7 + 0.01 * replicate));
    }
    run.add(latency(1, 1, 0.1, 0.35));
    // clang-format off
    EXPECT_EQ(level_table(run),
        "                                 Ticket                                                                         "
        "Reinitialised                                                                  Batch 1, 2 threads\n"
        "  level  weights left                     validation                 test     test, early stop  least loss at"
        "            validation                 test     test, early stop  least loss at"
        "              dense             sparse  speed\n"
        "      0         1,000  100.0 %   90.50 (90.00–91.00)  89.50 (89.00–90.00)  87.50 (87.00–88.00)          1,500"
        "                     –                    –                    –              –"
        "                  –                  –      –\n"
        "      1            30    3.0 %   80.50 (80.00–81.00)  79.50 (79.00–80.00)  77.50 (77.00–78.00)          1,500"
        "   70.50 (70.00–71.00)  69.50 (69.00–70.00)  67.50 (67.00–68.00)          1,500"
        "   350 µs (315–420)  100 µs (90.0–120)   3.5×\n"
        "accuracies in % at the end of training: mean (least–greatest) of up to 2 replicates; least loss at: step of "
        "least validation loss; early stop: at that step\n"
        "latency of one batch: median (10th–90th percentile); speed: dense time over sparse time, no difference where "
        "its interval holds 1\n");
    // clang-format on
}

TEST_F(ReportTest, LevelTableLeavesOutWhatARunDoesNotHave) {
    Run run = Run::create(folder_, "recipe");
    EXPECT_EQ(level_table(run), "no stage of the ticket is finished yet\n");
    run.add(stage("ticket", 0, 0, 1000, 0.9));
    const std::string table = level_table(run);
    EXPECT_NE(table.find("90.00  89.00"), std::string::npos) << "one replicate has no range: " << table;
    EXPECT_EQ(table.find("Reinitialised"), std::string::npos);
    EXPECT_EQ(table.find("latency"), std::string::npos);
}

TEST_F(ReportTest, LevelTableShowsTheMetricsThatWereAskedFor) {
    Run run = Run::create(folder_, "recipe");
    store::Stage dense = stage("ticket", 0, 0, 1000, 0.9);
    dense.metrics = {{"agreement", true, 1, 1}, {"mean-squared-error", false, 0.1, 0.125}};
    run.add(dense);
    run.add(stage("ticket", 1, 0, 500, 0.8));
    const auto lines = lines_of(level_table(run));
    EXPECT_NE(lines[1].find("least loss at  agreement  mean-squared-error"), std::string::npos) << lines[1];
    EXPECT_NE(lines[2].find("100.00               0.125"), std::string::npos) << lines[2];
    EXPECT_NE(lines[3].find("–                   –"), std::string::npos) << lines[3];
    EXPECT_EQ(lines.back(), "metrics of the recipe: on the test split, shares in %");
}

TEST_F(ReportTest, LevelTableSaysWhatAnOrderGained) {
    Run run = Run::create(folder_, "recipe");
    run.add(stage("ticket", 0, 0, 1000, 0.9));
    const std::string gain = "permutation: 61.00 % of the magnitude kept instead of 55.00 %";
    run.add_places({stage("ticket", 1, 0, 500, 0.8)}, {"something else", gain});
    run.add_places({stage("ticket", 2, 0, 250, 0.8)}, {gain});
    run.add_places({stage("small.arm", 1, 12, 500, 0.8)}, {gain});
    const auto lines = lines_of(level_table(run));
    EXPECT_EQ(lines.back(), "ticket, replicate 0: " + gain) << "once a search";
    EXPECT_EQ(lines[lines.size() - 2], "small.arm, replicate 12: " + gain);
}

TEST_F(ReportTest, LevelTableKeepsToAWidth) {
    const Run run = make_up_run(folder_, {.levels = 5, .weights = false, .shrink = 10});
    const std::string whole = level_table(run);
    EXPECT_EQ(lines_of(whole).size(), 2 + 5 + 2U) << whole;
    EXPECT_NE(whole.find("early stop"), std::string::npos);
    const std::string text = level_table(run, 100);
    const auto lines = lines_of(text);
    EXPECT_EQ(std::ranges::count(lines, ""), 4)
        << "three arms and two batch sizes beneath each other: " << text;
    EXPECT_EQ(text.find("test, early stop"), std::string::npos) << "no room for it";
    for (const std::string& line : lines) EXPECT_LE(display_width(line), 100U) << line;
}

TEST_F(ReportTest, LevelTableClaimsNoSpeedFromOverlappingTimes) {
    Run run = Run::create(folder_, "recipe");
    run.add(stage("ticket", 0, 0, 1000, 0.9));
    run.add(stage("ticket", 1, 0, 500, 0.9));
    run.add(latency(1, 1, 0.1, 0.127));
    const std::string table = level_table(run);
    EXPECT_NE(table.find("no difference\n"), std::string::npos) << table;
    EXPECT_EQ(table.find("1.27"), std::string::npos) << table;
}

TEST_F(ReportTest, LevelTableSaysWhatIsNotPrunable) {
    Run run = Run::create(folder_, "recipe");
    run.set_fact("not prunable", "410 parameters are not prunable: 410 bias");
    run.add(stage("ticket", 0, 0, 1000, 0.9));
    EXPECT_NE(level_table(run).find(
                  "weights left: of the prunable ones; 410 parameters are not prunable: 410 bias\n"),
              std::string::npos);
}

}  // namespace
}  // namespace espalier::report
