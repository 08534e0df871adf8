// Whatever the bytes, reading gives a graph or an Error: no crash, no other exception, no memory beyond the
// file's.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "onnx/models.h"
#include "onnx/mutate.h"

namespace espalier {
namespace {

using testing::as_bytes;
using testing::small_graph;

/// The graph, or nothing if it was refused.
std::optional<Graph> read_or_refuse(const std::string& bytes) {
    try {
        return onnx::from_bytes(as_bytes(bytes));
    } catch (const Error& error) {
        const std::string_view text = error.what();
        EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; })) << text;
        return std::nullopt;
    }
}

TEST(OnnxDamaged, CutOffAnywhere) {
    Graph graph = small_graph();
    graph.metadata.clear();
    const std::string whole = onnx::to_bytes(graph);
    ASSERT_TRUE(read_or_refuse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read_or_refuse(whole.substr(0, size))) << "cut to " << size << " of " << whole.size();
    }
}

TEST(OnnxDamaged, NotOnnx) {
    for (const std::string& text :
         {std::string("\x89PNG\r\n\x1a\n"), std::string("PK\x03\x04"), std::string("# a recipe\n"),
          std::string(1000, '\0'), std::string(1000, '\xff'), std::string()}) {
        EXPECT_ERROR(InvalidModel, "model: not an ONNX file, or it is cut off",
                     onnx::from_bytes(as_bytes(text)));
    }
}

TEST(OnnxDamaged, TheFileIsNamed) {
    const testing::TemporaryFolder folder;
    write_text(folder / "a.onnx", "not onnx");
    EXPECT_ERROR(InvalidModel, (folder / "a.onnx").string() + ": not an ONNX file",
                 onnx::read(folder / "a.onnx"));
    EXPECT_ERROR(IoError, "none.onnx: cannot open", onnx::read(folder / "none.onnx"));
    EXPECT_ERROR(IoError, "cannot read", onnx::read(folder.path()));
}

/// Attributes nested in graphs, deeper than any parser should follow.
TEST(OnnxDamaged, DeeplyNestedMessages) {
    std::string graph;
    const auto wrapped = [](char tag, const std::string& inside) {
        std::string out(1, tag);
        for (std::size_t left = inside.size();; left >>= 7) {
            const bool last = left < 128;
            out += static_cast<char>((left & 127) | (last ? 0 : 128));
            if (last) return out + inside;
        }
    };
    for (int depth = 0; depth < 5000; ++depth) {
        graph = wrapped('\x0a', wrapped('\x2a', wrapped('\x32', graph)));  // graph.node.attribute.g
    }
    EXPECT_FALSE(read_or_refuse("\x08\x07\x42\x02\x10\x0d" + wrapped('\x3a', graph)));
}

TEST(OnnxDamaged, Mutations) {
    Graph graph = small_graph();
    graph.initializers.emplace("shape", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{-1, 6}));
    graph.nodes[0].attributes["__tensor"] = Tensor::of<bool>({1}, std::span<const bool>(std::array{true}));
    const std::string whole = onnx::to_bytes(graph);
    Random random(1, "mutations");
    int read = 0;
    constexpr int kRounds = 20000;
    for (int round = 0; round < kRounds; ++round) {
        const auto got = read_or_refuse(testing::mutated(whole, random));
        if (!got) continue;
        ++read;
        const std::string written = onnx::to_bytes(*got);  // what was read can be written
        EXPECT_EQ(onnx::to_bytes(onnx::from_bytes(as_bytes(written))), written);
    }
    EXPECT_GT(read, kRounds / 100);  // both sides are reached
    EXPECT_LT(read, kRounds);
}

}  // namespace
}  // namespace espalier
