#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/prune.h"

namespace espalier::prune {
namespace {

TEST(SensitivityFile, ReadsWhatItWrites) {
    testing::TemporaryFolder folder;
    const Sensitivity table = {{"a,b", {{0, 0.25, 0.9}, {0.1, 1.0 / 3, 0.875}}},
                               {"fc1.weight", {{0, 0.25, 0.9}}}};
    write_sensitivity(folder / "t.csv", table);
    const Sensitivity read = read_sensitivity(folder / "t.csv");
    ASSERT_EQ(read.size(), 2U);
    ASSERT_EQ(read.at("a,b").size(), 2U);
    EXPECT_EQ(read.at("a,b")[1].sparsity, 0.1);
    EXPECT_EQ(read.at("a,b")[1].loss, 1.0 / 3);
    EXPECT_EQ(read.at("a,b")[1].accuracy, 0.875);
}

TEST(SensitivityFile, NamesTheLineThatIsWrong) {
    testing::TemporaryFolder folder;
    const auto read = [&](const std::string& text) {
        write_text(folder / "t.csv", text);
        return read_sensitivity(folder / "t.csv");
    };
    const std::string header = "layer,sparsity,loss,accuracy\n";
    EXPECT_ERROR(
        BadData,
        "t.csv:1: \"layer\" is no line of a sensitivity table, expected layer,sparsity,loss,accuracy",
        read("layer\n"));
    EXPECT_ERROR(BadData, "t.csv:3: \"b,x,1,1\"", read(header + "a,0,1,1\nb,x,1,1\n"));
    EXPECT_ERROR(BadData, "t.csv:2: \"0,1,1\"", read(header + "0,1,1\n"));
    EXPECT_ERROR(BadData, "is empty", read(header));
    EXPECT_THROW(read_sensitivity(folder / "none.csv"), IoError);
}

}  // namespace
}  // namespace espalier::prune
