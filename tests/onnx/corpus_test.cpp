// A short run of a fuzz program (fuzz/onnx_read.cpp, fuzz/onnx_simplify.cpp), without libFuzzer: the corpus
// as it is, then with random damage.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "base/random.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "onnx/mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace espalier {
namespace {

constexpr std::size_t kMutations = 26'000;  // of all files together: the corpus grows, the test does not

std::vector<std::filesystem::path> corpus() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(ESPALIER_SOURCE_DIR "/fuzz/corpus"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void run(const std::string& bytes) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

TEST(OnnxCorpus, IsReadOrRefused) {
    ASSERT_GT(corpus().size(), 10U);
    for (const auto& file : corpus()) {
        SCOPED_TRACE(file.filename());
        ASSERT_NO_THROW(run(read_text(file)));
    }
}

/// What is neither a graph nor an Error, or a graph that is another one when it was written, ends the
/// program.
TEST(OnnxCorpus, DamagedAtRandom) {
    Random random(1, "corpus");
    const auto files = corpus();
    const std::size_t rounds = kMutations / files.size() + 1;
    for (const auto& file : files) {
        SCOPED_TRACE(file.filename());
        const std::string whole = read_text(file);
        for (std::size_t round = 0; round < rounds; ++round)
            ASSERT_NO_THROW(run(testing::mutated(whole, random)));
    }
}

}  // namespace
}  // namespace espalier
