// Outputs change places with all that is coupled with them: what the network computes is proved in
// tests/experiment/permute_test.cpp; here, what moves and what cannot.
#include "surgery/permutation/permutation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/builder.h"

namespace espalier::surgery {
namespace {

const Reordered& named(const std::vector<Reordered>& all, const std::string& name) {
    return *std::ranges::find(all, name, &Reordered::name);
}

/// Rows 0, 2, 4, ... of `name` use the first half of their inputs, the others the second.
void interleave(Graph& graph, const std::string& name) {
    Tensor& tensor = graph.initializers.at(name);
    const std::int64_t rows = tensor.shape()[0];
    const std::int64_t columns = tensor.count() / rows;
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c) {
            const bool used = (r % 2 == 0) == (c < columns / 2);
            tensor.f32()[static_cast<std::size_t>(r * columns + c)] =
                used ? 1 + 0.01F * static_cast<float>(r + c) : 0.001F;
        }
    }
}

TEST(Reorder, MovesRowsBiasesAndTheColumnsThatReadThem) {
    GraphBuilder builder("mlp", 1);
    const std::string x = builder.input("x", {Dim("N"), 8});
    builder.output(builder.linear("last", builder.relu("r", builder.linear("first", x, 8, 8)), 8, 3));
    Graph graph = std::move(builder).finish();
    interleave(graph, "first.weight");
    const Graph before = graph;
    const auto all = reorder(graph, {.size = 4, .shares = {{"first.weight", 0.5}}});
    EXPECT_EQ(named(all, "first.weight").units, 8);
    EXPECT_GT(named(all, "first.weight").moved, 0);
    EXPECT_NE(named(all, "last.weight").left_out.find("is an output of the network"), std::string::npos);
    const auto row = [](const Graph& one, std::size_t r) {
        const auto all_rows = one.initializers.at("first.weight").f32();
        return std::vector<float>(all_rows.begin() + static_cast<std::ptrdiff_t>(8 * r),
                                  all_rows.begin() + static_cast<std::ptrdiff_t>(8 * r + 8));
    };
    for (std::size_t to = 0; to < 8; ++to) {
        std::size_t from = 0;
        while (from < 8 && row(before, from) != row(graph, to)) ++from;
        ASSERT_LT(from, 8U);
        EXPECT_EQ(from % 2, to < 4 ? row(graph, 0)[0] > 0.5F ? 0U : 1U : row(graph, 0)[0] > 0.5F ? 1U : 0U);
        EXPECT_EQ(graph.initializers.at("first.bias").f32()[to],
                  before.initializers.at("first.bias").f32()[from]);
        for (std::size_t o = 0; o < 3; ++o)
            EXPECT_EQ(graph.initializers.at("last.weight").f32()[8 * o + to],
                      before.initializers.at("last.weight").f32()[8 * o + from]);
    }
}

TEST(Reorder, OfInputsLooksAtWhatReadsThem) {
    GraphBuilder builder("mlp", 1);
    const std::string x = builder.input("x", {Dim("N"), 8});
    builder.output(builder.linear("last", builder.relu("r", builder.linear("first", x, 8, 8)), 8, 4));
    Graph graph = std::move(builder).finish();
    interleave(graph, "last.weight");  // every output has its large weights in one group of four inputs
    const auto all =
        reorder(graph, {.size = 4, .of_inputs = true, .keep = 2, .shares = {{"last.weight", 0.5}}});
    EXPECT_GT(named(all, "first.weight").moved, 0);
    // Of the first layer's own inputs nothing can move: they are the network's.
    Graph again = graph;
    const auto none =
        reorder(again, {.size = 4, .of_inputs = true, .keep = 2, .shares = {{"first.weight", 0.5}}});
    EXPECT_EQ(named(none, "first.weight").left_out, "no weight has its groups along it");
}

/// Channels of which half is rectified and half is not must not change places, though the same weights make
/// and read them.
TEST(Reorder, KeepsApartWhatGoesDifferentWays) {
    Graph graph;
    graph.name = "halves";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), 8}}}};
    Tensor first(DType::f32, {16, 8});
    for (std::size_t i = 0; i < 128; ++i) first.f32()[i] = static_cast<float>((i * 37) % 64) / 64;
    Tensor last(DType::f32, {3, 16});
    for (std::size_t i = 0; i < 48; ++i) last.f32()[i] = static_cast<float>(i) / 48;
    graph.initializers.emplace("first.weight", std::move(first));
    graph.initializers.emplace("last.weight", std::move(last));
    graph.initializers.emplace("sizes", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{8, 8}));
    graph.nodes = {{"first", "Gemm", {"x", "first.weight"}, {"y"}, {{"transB", std::int64_t{1}}}},
                   {"split", "Split", {"y", "sizes"}, {"a", "b"}, {{"axis", std::int64_t{1}}}},
                   {"relu", "Relu", {"a"}, {"c"}, {}},
                   {"join", "Concat", {"c", "b"}, {"joined"}, {{"axis", std::int64_t{1}}}},
                   {"last", "Gemm", {"joined", "last.weight"}, {"z"}, {{"transB", std::int64_t{1}}}}};
    graph.outputs = {{"z", {DType::f32, {Dim("N"), 3}}}};
    const Graph before = graph;
    const auto all = reorder(graph, {.size = 4, .shares = {{"first.weight", 0.25}}});
    const auto kinds = std::ranges::count(all, std::string("first.weight"), &Reordered::name);
    EXPECT_EQ(kinds, 2);
    for (const Reordered& one : all) EXPECT_LE(one.units, 8);
    const auto sum_of = [](const Graph& one, std::size_t from) {
        const auto weight = one.initializers.at("first.weight").f32();
        double sum = 0;
        for (std::size_t i = from; i < from + 64; ++i) sum += static_cast<double>(weight[i]);
        return sum;
    };
    EXPECT_NEAR(sum_of(graph, 0), sum_of(before, 0), 1e-5);
    EXPECT_NEAR(sum_of(graph, 64), sum_of(before, 64), 1e-5);
}

}  // namespace
}  // namespace espalier::surgery
