// Runs side by side.
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "base/text/text_table.h"
#include "espalier/error.h"
#include "espalier/report.h"
#include "report/fixture.h"

namespace espalier::report {
namespace {

class CompareTest : public ReportTest {
  protected:
    void SetUp() override {
        ReportTest::SetUp();
        for (const char* name : {"a", "b"}) {
            Run run = Run::create(folder_ / name, "");
            for (int replicate = 0; replicate < (name[0] == 'a' ? 3 : 1); ++replicate) {
                run.add(stage("ticket", 0, replicate, 1000, 0.9 + 0.001 * replicate));
                run.add(stage("ticket", 1, replicate, 200, 0.897 + 0.001 * replicate));
                run.add(stage("ticket", 2, replicate, 50, 0.8 + 0.001 * replicate));
            }
            runs_.push_back(std::move(run));
        }
    }
    std::vector<Run> runs_;
};

TEST_F(CompareTest, TableHasOneColumnARun) {
    // Three values 0.1 apart: 0.1 * 4.3027 / sqrt(3) = 0.25.
    // clang-format off
    EXPECT_EQ(comparison_table(runs_),
        "                              a                               b\n"
        "  what                        a                               b\n"
        "  replicates                  3                               1\n"
        "  dense, test %               89.10 ± 0.25 (n = 3)            89.00 (n = 1)\n"
        "    minus a                   –                               +0.00 points (n = 1)\n"
        "  sparsest within 0.5 points  20.0 % left, level 1            20.0 % left, level 1\n"
        "    its test %                88.80 ± 0.25 (n = 3)            88.70 (n = 1)\n"
        "  test % near 50.0 % left     –                               –\n"
        "  test % near 20.0 % left     88.80 ± 0.25 (n = 3) at 20.0 %  88.70 (n = 1) at 20.0 %\n"
        "    minus a                   –                               +0.00 points (n = 1)\n"
        "  test % near 10.0 % left     –                               –\n"
        "  test % near 5.0 % left      79.10 ± 0.25 (n = 3) at 5.0 %   79.00 (n = 1) at 5.0 %\n"
        "    minus a                   –                               +0.00 points (n = 1)\n"
        "  test % near 2.0 % left      –                               –\n"
        "  test % near 1.0 % left      –                               –\n"
        "means ± half the 95 % confidence interval (Student's t) over n replicates; levels are chosen by validation accuracy; "
        "differences are of replicates in pairs, between runs of one seed and the same data\n");
    // clang-format on
}

/// A hundredth of a point lower, give or take: far less than replicates differ, so only pairs show it.
TEST_F(CompareTest, HasDifferencesInPairs) {
    Run run = Run::create(folder_ / "c", "");
    for (int replicate = 0; replicate < 3; ++replicate) {
        run.add(stage("ticket", 0, replicate, 1000, 0.9 + 0.001 * replicate - 0.0001 - 0.00001 * replicate));
        run.add(stage("ticket", 1, replicate, 200, 0.9));
    }
    std::vector<Run> two;
    two.push_back(Run::open(folder_ / "a"));
    two.push_back(std::move(run));
    const std::string table = comparison_table(two);
    EXPECT_NE(table.find("−0.01 points (95 % interval −0.01 to −0.01, n = 3)"), std::string::npos) << table;
    const auto json = nlohmann::json::parse(comparison_json(two));
    EXPECT_TRUE(json["runs"][0]["minus_first"].is_null());
    EXPECT_EQ(json["runs"][1]["minus_first"][0]["what"], "dense");
    EXPECT_LT(json["runs"][1]["minus_first"][0]["high"].get<double>(), 0);

    std::vector<Run> others;
    others.push_back(Run::open(folder_ / "a"));
    others.push_back(Run::create(folder_ / "d", "[experiment]\nseed = 2\n"));
    others.back().add(stage("ticket", 0, 0, 1000, 0.9));
    EXPECT_EQ(comparison_table(others).find("minus a"), std::string::npos) << "another seed has no pairs";
}

TEST_F(CompareTest, KeepsToAWidth) {
    std::vector<Run> many;
    for (int i = 0; i < 4; ++i) many.push_back(Run::open(folder_ / "a"));
    std::istringstream text(comparison_table(many, 100));
    for (std::string line; std::getline(text, line);) EXPECT_LE(display_width(line), 100U) << line;
}

TEST_F(CompareTest, JsonHoldsTheNumbers) {
    const auto json = nlohmann::json::parse(comparison_json(runs_));
    ASSERT_EQ(json["runs"].size(), 2U);
    EXPECT_EQ(json["runs"][0]["sparsest"]["level"], 1);
    EXPECT_NEAR(json["runs"][0]["dense"]["test"]["mean"].get<double>(), 0.891, 1e-12);
    EXPECT_NEAR(json["runs"][0]["dense"]["test"]["high"].get<double>(), 0.891 + 0.00248414, 1e-7);
    EXPECT_TRUE(json["runs"][1]["dense"]["test"]["high"].is_null()) << "one replicate has no interval";
    EXPECT_EQ(json["runs"][1]["levels"].size(), 3U);
}

TEST_F(CompareTest, PageHoldsEveryCurve) {
    write_comparison_html(runs_, folder_ / "compare.html");
    const std::string html = read_text(folder_ / "compare.html");
    EXPECT_NE(html.find("\"name\":\"run 1: a\""), std::string::npos);
    EXPECT_NE(html.find("\"name\":\"run 2: b\""), std::string::npos);
    EXPECT_NE(html.find("<h1>2 runs side by side</h1>"), std::string::npos);
    EXPECT_EQ(html.find("{{"), std::string::npos);
}

TEST_F(CompareTest, NeedsTwoRuns) {
    EXPECT_THROW(comparison_table(std::span(runs_).first(1)), InvalidArgument);
}

}  // namespace
}  // namespace espalier::report
