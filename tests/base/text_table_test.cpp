#include "base/text/text_table.h"

#include "base/text/numbers.h"

#include <gtest/gtest.h>

#include <sstream>

namespace espalier {
namespace {

using enum TextTable::Align;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST(DisplayWidth, CountsColumnsOfATerminal) {
    EXPECT_EQ(display_width("µs"), 2U);
    EXPECT_EQ(display_width("89.61 ± 0.24"), 12U);
    EXPECT_EQ(display_width("畳み込み"), 8U) << "two columns each";
    EXPECT_EQ(display_width("e\u0301"), 1U) << "a combining accent takes none";
    EXPECT_EQ(display_width("\xff\xc3"), 2U) << "bytes that are no UTF-8";
}

TEST(Shortened, KeepsBothEnds) {
    EXPECT_EQ(shortened("encoder/layer.0/query", 21), "encoder/layer.0/query");
    EXPECT_EQ(shortened("encoder/layer.0/query", 11), "encod…query");
    EXPECT_EQ(shortened("encoder", 1), "…");
    for (std::size_t columns = 1; columns < 12; ++columns)
        EXPECT_LE(display_width(shortened("畳み込み/畳み込み", columns)), columns);
}

TEST(Wrapped, BreaksBetweenWords) {
    EXPECT_EQ(wrapped("one two three", 9, 2), "  one two\n  three\n");
    EXPECT_EQ(wrapped("one two three", 0), "one two three\n");
    EXPECT_EQ(wrapped("a-word-longer-than-it", 5), "a-word-longer-than-it\n");
}

TEST(TextTable, AlignsByColumnsOfATerminal) {
    TextTable table({{"a"}, {"µs", right}});
    table.add({"畳", "1"});
    table.add({"long", "12.5"});
    EXPECT_EQ(table.text(),
              "  a       µs\n"
              "  畳       1\n"
              "  long  12.5\n");
}

TEST(TextTable, ShortensTheWidestThatMayBe) {
    TextTable table({{.heading = "layer", .least = 8}, {"left", right}, {.heading = "why", .least = 8}});
    table.add({std::string(190, 'x'), "20.0 %", std::string(60, 'y')});
    for (const std::string& line : lines_of(table.text(60))) EXPECT_LE(display_width(line), 60U) << line;
    EXPECT_NE(table.text(60).find("xx…xx"), std::string::npos);
    EXPECT_EQ(table.text(0).find("…"), std::string::npos) << "without a width nothing is shortened";
    EXPECT_NE(table.text(60).find("20.0 %"), std::string::npos) << "numbers stay whole";
}

TEST(TextTable, PutsGroupsBeneathWithoutEmptyRows) {
    TextTable table({{"level", right},
                     {.heading = "test", .align = right, .group = "Ticket"},
                     {.heading = "stop", .align = right, .group = "Ticket"},
                     {.heading = "test", .align = right, .group = "Control"},
                     {.heading = "stop", .align = right, .group = "Control"}});
    table.repeat(1);
    table.add({"0", "90.0", "91.0", "–", "–"});
    table.add({"1", "89.0", "90.0", "80.0", "81.0"});
    EXPECT_EQ(table.text(40),
              "          Ticket       Control\n"
              "  level   test  stop   test  stop\n"
              "      0   90.0  91.0      –     –\n"
              "      1   89.0  90.0   80.0  81.0\n");
    EXPECT_EQ(table.text(24),
              "          Ticket\n"
              "  level   test  stop\n"
              "      0   90.0  91.0\n"
              "      1   89.0  90.0\n"
              "\n"
              "          Control\n"
              "  level   test  stop\n"
              "      1   80.0  81.0\n");
}

TEST(TextTable, LeavesOptionalColumnsOutWhereAGroupIsTooWide) {
    TextTable table({{"level", right},
                     {.heading = "test", .align = right, .group = "Ticket"},
                     {.heading = "stop", .align = right, .group = "Ticket", .optional = true}});
    table.repeat(1);
    table.add({"0", "90.0", "91.0"});
    EXPECT_NE(table.text(20).find("stop"), std::string::npos);
    EXPECT_EQ(table.text(19).find("stop"), std::string::npos);
}

TEST(TextTable, LeavesOptionalColumnsOutBeforeItShortensNames) {
    TextTable table({{.heading = "layer", .least = 4}, {.heading = "guess", .optional = true}});
    table.add({"encoder/query", "12"});
    EXPECT_EQ(table.text(22), "  layer          guess\n  encoder/query  12\n");
    EXPECT_EQ(table.text(21), "  layer\n  encoder/query\n");
    EXPECT_EQ(table.text(14), "  layer\n  encod…/query\n");
}

TEST(TextTable, NamesCannotBreakLines) {
    TextTable table({{.heading = "layer"}});
    table.add({"a\n\x1b[31mb"});
    EXPECT_EQ(lines_of(table.text()).size(), 2U);
    EXPECT_EQ(table.text().find('\x1b'), std::string::npos);
}

TEST(FormatDuration, NamesTwoUnitsAtMost) {
    EXPECT_EQ(format_duration(8.4), "8 s");
    EXPECT_EQ(format_duration(72), "1 min 12 s");
    EXPECT_EQ(format_duration(7500), "2 h 5 min");
}

}  // namespace
}  // namespace espalier
