#include "cli/progress.h"

#include <gtest/gtest.h>

#include "base/text/text_table.h"

namespace espalier::cli {
namespace {

TEST(ProgressLine, ShowsTheTimeLeftOnA80ColumnTerminal) {
    const std::string line =
        progress_line(0.62, "12 min 34 s left", "level 10 · reinitialize · replicate 2 · val 88.4 %", 80);
    EXPECT_NE(line.find("12 min 34 s left"), std::string::npos);
    EXPECT_EQ(display_width(line), 79U);
}

TEST(ProgressLine, IsCutBetweenCharacters) {
    for (int columns = 1; columns < 60; ++columns) {
        const std::string line = progress_line(0.5, "8 s left", "a · b · c · d · e", columns);
        EXPECT_LT(display_width(line), static_cast<std::size_t>(columns));
        EXPECT_EQ(first_columns(line, 1000), line);
    }
}

}  // namespace
}  // namespace espalier::cli
