#include "report/page.h"

#include <cmath>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/safetensors.h"
#include "report/fixture.h"
#include "report/made_up_run.h"

namespace espalier::report {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The page without the scripts and the style, which are the same in every report.
std::string content_of(const std::string& html) {
    const std::size_t begin = html.find("<header>");
    return html.substr(begin, html.find("</footer>") - begin);
}

Json data_of(const std::string& html, const std::string& section) {
    const std::string open = "<script type=\"application/json\" id=\"data-" + section + "\">";
    const std::size_t begin = html.find(open);
    if (begin == std::string::npos) return nullptr;
    const std::size_t end = html.find("</script>", begin);
    return Json::parse(html.substr(begin + open.size(), end - begin - open.size()));
}

class PageTest : public ReportTest {
  protected:
    std::string html_of(const Run& run) {
        const std::filesystem::path path = folder_ / "deep" / "report.html";
        write_html(run, path);
        return read_text(path);
    }
};

/// A whole run and its report, made once.
class WholePageTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder() =
            std::filesystem::temp_directory_path() / ("espalier-whole-page-" + std::to_string(::getpid()));
        const store::Run run = make_up_run(folder() / "run", {.replicates = 3,
                                                              .arms = true,
                                                              .stability = true,
                                                              .tradeoff = true,
                                                              .widths = true,
                                                              .shrink = 10});
        stages() = run.stages();
        write_html(run, folder() / "report.html");
        html() = read_text(folder() / "report.html");
    }
    static void TearDownTestSuite() { std::filesystem::remove_all(folder()); }

    static std::filesystem::path& folder() {
        static std::filesystem::path folder;
        return folder;
    }
    static std::vector<store::Stage>& stages() {
        static std::vector<store::Stage> stages;
        return stages;
    }
    static std::string& html() {
        static std::string html;
        return html;
    }
};

TEST_F(WholePageTest, HasEverySectionWithItsData) {
    EXPECT_LT(html().size(), 1'000'000U);
    for (const Section* section : sections()) {
        EXPECT_TRUE(has(html(), "<section id=\"" + std::string(section->name) + "\"")) << section->name;
        EXPECT_TRUE(has(html(), "<h2 id=\"title-" + std::string(section->name) + "\">")) << section->name;
        const bool draws = !asset("sections/" + std::string(section->name) + ".js").empty();
        EXPECT_EQ(data_of(html(), std::string(section->name)).is_null(), !draws) << section->name;
    }
    EXPECT_EQ(data_of(html(), "accuracy")["arms"].size(), 16U);
    EXPECT_EQ(data_of(html(), "accuracy")["arms"][0]["points"].size(), 16U);
    EXPECT_EQ(data_of(html(), "accuracy")["arms"][0]["points"][0]["test"][3], 3);
    EXPECT_EQ(data_of(html(), "early_stop")["arms"][1]["name"], "reinitialize");
    EXPECT_EQ(data_of(html(), "latency")["series"].size(), 2U);
    EXPECT_EQ(data_of(html(), "widths")["plots"][0]["categories"].size(), 3U);
    EXPECT_EQ(data_of(html(), "widths")["plots"][0]["lines"].size(), 6U) << "of 16 levels";
    EXPECT_EQ(data_of(html(), "widths")["plots"][0]["lines"][0]["points"][0]["value"][0], 300);
    EXPECT_EQ(data_of(html(), "frontier")["plots"].size(), 2U);
    EXPECT_EQ(data_of(html(), "stability")["plots"][2]["lines"].size(), 8U) << "two levels, four steps";
    EXPECT_EQ(data_of(html(), "rewinding")["plots"][0]["categories"], Json({"0it", "500it", "2000it"}));
    EXPECT_EQ(data_of(html(), "tradeoff")["plots"][0]["lines"].size(), 5U);
    EXPECT_EQ(data_of(html(), "tradeoff")["plots"][1]["categories"].size(), 4U);
    EXPECT_TRUE(has(html(), "<code>espalier study tradeoff recipe.toml</code>"));
    EXPECT_TRUE(has(html(), "[arms.one-shot]")) << "the recipe to repeat it with";
    EXPECT_EQ(data_of(html(), "layers")["layers"].size(), 3U);
    EXPECT_TRUE(has(html(), "output_layer_rate = 0.1")) << "the recipe";
    EXPECT_TRUE(has(html(), "invented machine, 2 cores"));
    EXPECT_TRUE(has(html(), "<h1>lenet-300-100 on fashion-mnist</h1>"));
}

TEST_F(WholePageTest, HistogramsCountEverySurvivor) {
    const Json data = data_of(html(), "histograms");
    ASSERT_EQ(data["levels"].size(), 16U);
    for (std::size_t layer = 0; layer < data["layers"].size(); ++layer) {
        for (const store::Stage& stage : stages()) {
            if (stage.arm != "ticket" || stage.replicate != 0) continue;
            std::int64_t sum = 0;
            for (const Json& count : data["layers"][layer]["counts"][static_cast<std::size_t>(stage.level)]) {
                sum += count.get<std::int64_t>();
            }
            EXPECT_EQ(sum, stage.layers[layer].left) << stage.hash;
        }
    }
}

TEST_F(WholePageTest, OverlapsAndSignsAreThoseOfTheFiles) {
    const Json lines = data_of(html(), "overlap")["plots"][0]["lines"];
    ASSERT_GE(lines.size(), 4U);
    EXPECT_EQ(lines[2]["name"], "before");
    // Masks are nested: both keep what the second keeps, either what the first does.
    for (const Json& point : lines[2]["points"]) {
        EXPECT_GT(point["value"][0], 79) << point["note"];
        EXPECT_LT(point["value"][0], 82) << point["note"];
    }
    const Json signs = data_of(html(), "signs")["plots"][0]["lines"][0]["points"];
    ASSERT_EQ(signs.size(), 16U);
    EXPECT_EQ(signs[0]["value"][0], 100);
    EXPECT_LT(signs[15]["value"][0], 100) << "a few change at every level";
    EXPECT_GT(signs[15]["value"][0], 85);
}

/// Weights of a network whose units changed places are compared with the initial ones there.
TEST_F(PageTest, SignsAreThoseOfTheSameWeights) {
    Run run = Run::create(folder_ / "run", "recipe");
    const auto write = [&](const store::Stage& stage, const char* file, const NamedTensors& tensors) {
        run.add(stage);
        write_safetensors(run.stage_folder(stage.hash) / file, tensors);
    };
    const auto weights = [](std::vector<float> values) {
        return NamedTensors{{"fc.weight", Tensor::of<float>({4}, values)}};
    };
    write(stage("ticket", 0, 0, 1000, 0.9), "step-0.safetensors", weights({1, 2, -3, -4}));
    write(stage("ticket", 1, 0, 750, 0.9), "weights.safetensors", weights({-3, -4, 1, 0}));
    write_safetensors(
        run.stage_folder("ticket-1-0") / "order.safetensors",
        {{"0:fc.weight", Tensor::of<std::int64_t>({4}, std::vector<std::int64_t>{2, 3, 0, 1})}});
    const Json signs = data_of(html_of(run), "signs")["plots"][0]["lines"][0]["points"];
    ASSERT_EQ(signs.size(), 1U);
    EXPECT_EQ(signs[0]["value"][0], 100);
}

TEST_F(WholePageTest, EnsemblesStandAboveTheirMembers) {
    const Json plot = data_of(html(), "ensembles")["plots"][0];
    ASSERT_EQ(plot["lines"].size(), 2U);
    ASSERT_EQ(plot["lines"][0]["points"].size(), 16U);
    EXPECT_NEAR(plot["lines"][0]["points"][0]["value"][0].get<double>(), 89.8, 1e-9);
    EXPECT_NEAR(plot["lines"][1]["points"][0]["value"][0].get<double>(), 88.6, 1e-9);
    const std::string page = content_of(html());
    const std::string section = page.substr(page.find("<section id=\"ensembles\""), 700);
    EXPECT_TRUE(has(section, "All pruned levels of replicate 0: 89.30")) << section;
    EXPECT_TRUE(has(section, "Dense: 89.80")) << section;
}

TEST_F(WholePageTest, ExplorationCountsWhatWasEverKept) {
    const std::string page = content_of(html());
    const std::string section = page.substr(page.find("<section id=\"exploration\""), 1500);
    EXPECT_TRUE(has(section, "Fine-tune, level 1") || has(section, "fine-tune, level 1")) << section;
    EXPECT_TRUE(has(section, "50.00")) << section;
}

TEST_F(WholePageTest, FirstLayerCountsEveryConnection) {
    const Json data = data_of(html(), "first_layer");
    EXPECT_EQ(data["side"], 28);
    EXPECT_EQ(data["outputs"], 30);
    for (const Json& map : data["maps"]) {
        double sum = 0;
        for (const Json& count : map["counts"]) sum += count.get<double>();
        for (const store::Stage& stage : stages()) {
            if (stage.arm != "ticket" || stage.level != map["level"] || stage.replicate != 0) continue;
            EXPECT_NEAR(sum, static_cast<double>(stage.layers[0].left), 1e-6);
        }
    }
}

TEST_F(WholePageTest, LoadsNothing) {
    // Chart.js names its home page in a comment, and an SVG its namespace: outside of scripts there is no
    // address.
    const std::string words =
        content_of(html()) + std::string(asset("page/page.html")) + std::string(asset("page/page.css"));
    for (const char* load :
         {"http:", "https:", "=\"//", "src=", "url(", "@import", "@font-face", "<link", "<iframe"}) {
        EXPECT_FALSE(has(words, load)) << load;
    }
    for (const char* call :
         {"fetch(", "XMLHttpRequest", "sendBeacon", "WebSocket", "EventSource", "import("}) {
        EXPECT_FALSE(has(html(), call)) << call;
    }
    EXPECT_TRUE(has(html(), "default-src 'none'"));
    EXPECT_EQ(html().find("{{"), std::string::npos) << "a placeholder was not filled";
}

TEST_F(PageTest, EscapesNames) {
    const std::string evil = "</script><img src=x onerror=alert(1)>\"'&{{title}}";
    Run run = Run::create(folder_ / "run", "# " + evil);
    for (const char* arm : {"ticket", "</script><b>arm"}) {
        store::Stage one = stage(arm, 0, 0, 1000, 0.9);
        one.layers[0].name = evil;
        run.add(one);
    }
    store::Latency slow = latency(0, 1, 1, 1);
    slow.kernels = evil;
    run.add(slow);
    run.set_fact("network", evil);
    run.set_fact("dataset", evil);
    run.set_fact(evil, evil);
    const std::string html = html_of(run);
    EXPECT_FALSE(has(html, "<img"));
    EXPECT_FALSE(has(html, "<b>arm"));
    EXPECT_TRUE(has(html, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;{{title}}"))
        << "put in as it is, once";
    EXPECT_EQ(data_of(html, "layers")["layers"][0]["name"], evil);
    EXPECT_EQ(data_of(html, "latency")["series"][0]["points"][0]["kernels"], evil);
}

TEST_F(PageTest, TakesNamesThatAreNotUtf8) {
    Run run = Run::create(folder_ / "run", "");
    store::Stage one = stage("ticket", 0, 0, 1000, 0.9);
    one.layers[0].name = "fc\xff";
    run.add(one);
    EXPECT_EQ(data_of(html_of(run), "layers")["layers"][0]["name"], "fc\uFFFD");
}

TEST_F(PageTest, SaysWhatARunDoesNotHave) {
    Run run = Run::create(folder_ / "run", "");
    std::string html = html_of(run);
    EXPECT_TRUE(has(html, "Nothing is trained yet."));
    EXPECT_TRUE(has(html, "<h1>run</h1>")) << "named like its folder";
    EXPECT_FALSE(has(html, "<figure>"));
    run.add(stage("ticket", 0, 0, 1000, 0.9));
    html = html_of(run);
    EXPECT_TRUE(has(html, "No latency was measured in this run, so nothing is said about speed."));
    EXPECT_TRUE(has(html, "does not hold the weights of the dense network and a pruned level"));
    EXPECT_FALSE(data_of(html, "accuracy").is_null());
}

TEST_F(PageTest, WritesDivergedNumbersAsNull) {
    Run run = Run::create(folder_ / "run", "");
    store::Stage one = stage("ticket", 0, 0, 1000, 0.9);
    one.test_accuracy = std::nan("");
    run.add(one);
    EXPECT_TRUE(data_of(html_of(run), "accuracy")["arms"][0]["points"][0]["test"][0].is_null());
}

TEST_F(PageTest, RefusesDamagedWeights) {
    Run run = Run::create(folder_ / "run", "");
    for (int level = 0; level < 2; ++level) {
        const store::Stage one = stage("ticket", level, 0, 1000 - level, 0.9);
        write_text(run.stage_folder(one.hash) / "weights.safetensors", "cut off");
        run.add(one);
    }
    EXPECT_THROW(html_of(run), BadData);
}

TEST_F(PageTest, NamesTheFileItCannotWrite) {
    const Run run = Run::create(folder_ / "run", "");
    write_text(folder_ / "file", "");
    EXPECT_THROW(write_html(run, folder_ / "file" / "report.html"), IoError);
}

TEST(Fill, ReplacesEachPlaceOnce) {
    EXPECT_EQ(fill("a {{x}} b {{y}}{{x}}", {{"x", "{{y}}"}, {"y", "2"}}), "a {{y}} b 2{{y}}");
}

TEST(Sections, HaveTheirOwnPlaceAndWords) {
    std::map<int, std::string_view> places;
    for (const Section* section : sections()) {
        EXPECT_TRUE(places.emplace(section->position, section->name).second) << section->name;
        EXPECT_FALSE(section->title.empty() || section->link.empty() || section->summary.empty())
            << section->name;
    }
}

}  // namespace
}  // namespace espalier::report
