// What converters write around trees, against values worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "graph/evaluation.h"
#include "graph/tree_nodes.h"

namespace espalier {
namespace {

using testing::Floats;
using testing::Ints;

std::vector<Tensor> given(const std::string& op, const std::vector<Tensor>& inputs,
                          std::map<std::string, Attribute> attributes, std::size_t outputs = 1) {
    Node node{.name = "node", .op = op, .inputs = {}, .outputs = {}, .attributes = std::move(attributes)};
    std::vector<const Tensor*> places;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        node.inputs.push_back("x" + std::to_string(i));
        places.push_back(&inputs[i]);
    }
    for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back("y" + std::to_string(i));
    return evaluate(node, places);
}

Tensor rows(std::int64_t columns, const Floats& values) {
    return Tensor::of<float>({static_cast<std::int64_t>(values.size()) / columns, columns}, values);
}

Floats floats(const Tensor& tensor) { return {tensor.f32().begin(), tensor.f32().end()}; }
Ints ints(const Tensor& tensor) {
    return {tensor.as<std::int64_t>().begin(), tensor.as<std::int64_t>().end()};
}

TEST(MlOperators, Normalizer) {
    const auto by = [](const char* norm) {
        return floats(given("Normalizer", {rows(2, {3, -4, 0, 0})}, {{"norm", std::string(norm)}})[0]);
    };
    EXPECT_EQ(by("MAX"), (Floats{1, -4.0F / 3, 0, 0}));
    EXPECT_EQ(by("L1"), (Floats{3.0F / 7, -4.0F / 7, 0, 0}));
    EXPECT_EQ(by("L2"), (Floats{3.0F / 5, -4.0F / 5, 0, 0}));
    EXPECT_THROW(by("L3"), InvalidModel);
}

TEST(MlOperators, Scaler) {
    const Tensor x = rows(2, {1, 2, 3, 4});
    EXPECT_EQ(floats(given("Scaler", {x}, {{"offset", Floats{1, 2}}, {"scale", Floats{2, 3}}})[0]),
              (Floats{0, 0, 4, 6}));
    EXPECT_EQ(floats(given("Scaler", {x}, {{"offset", Floats{1}}, {"scale", Floats{2}}})[0]),
              (Floats{0, 2, 4, 6}));
    EXPECT_THROW(given("Scaler", {x}, {{"offset", Floats{1, 2, 3}}, {"scale", Floats{2}}}), InvalidModel);
}

TEST(MlOperators, Imputer) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(floats(given("Imputer", {rows(2, {nan, 2, 3, nan})},
                           {{"imputed_value_floats", Floats{7, 8}}, {"replaced_value_float", nan}})[0]),
              (Floats{7, 2, 3, 8}));
}

TEST(MlOperators, EncodersOfLabels) {
    const Tensor x = Tensor::of<std::int64_t>({3}, Ints{1, 5, 9});
    EXPECT_EQ(ints(given("LabelEncoder", {x},
                         {{"keys_int64s", Ints{1, 9}},
                          {"values_int64s", Ints{10, 90}},
                          {"default_int64", std::int64_t{-3}}})[0]),
              (Ints{10, -3, 90}));
    EXPECT_EQ(floats(given("OneHotEncoder", {x}, {{"cats_int64s", Ints{5, 9}}})[0]),
              (Floats{0, 0, 1, 0, 0, 1}));
    EXPECT_THROW(given("OneHotEncoder", {x}, {{"cats_int64s", Ints{5, 9}}, {"zeros", std::int64_t{0}}}),
                 InvalidModel);
    EXPECT_EQ(
        ints(given("LabelEncoder", {x},
                   {{"keys_int64s", Ints{9, 1}}, {"values_strings", testing::Strings{"nine", "one"}}})[0]),
        (Ints{1, -1, 0}));
    EXPECT_THROW(given("LabelEncoder", {x},
                       {{"keys_int64s", Ints{9, 1}}, {"values_strings", testing::Strings{"nine"}}}),
                 InvalidModel);
    // Keys that are strings: the input holds their positions.
    const Tensor places = Tensor::of<std::int64_t>({3}, Ints{1, -1, 0});
    EXPECT_EQ(floats(given("LabelEncoder", {places},
                           {{"keys_strings", testing::Strings{"a", "b"}},
                            {"values_floats", Floats{0.5F, 2}},
                            {"default_float", 7.0F}})[0]),
              (Floats{2, 7, 0.5F}));
    EXPECT_THROW(
        given(
            "LabelEncoder", {x},
            {{"keys_strings", testing::Strings{"a"}}, {"keys_int64s", Ints{1}}, {"values_int64s", Ints{1}}}),
        InvalidModel);
}

TEST(MlOperators, ArrayFeatureExtractor) {
    const Tensor places = Tensor::of<std::int64_t>({2}, Ints{2, 0});
    EXPECT_EQ(floats(given("ArrayFeatureExtractor", {rows(3, {1, 2, 3, 4, 5, 6}), places}, {})[0]),
              (Floats{3, 1, 6, 4}));
    const Tensor beyond = Tensor::of<std::int64_t>({1}, Ints{3});
    EXPECT_THROW(given("ArrayFeatureExtractor", {rows(3, {1, 2, 3}), beyond}, {}), InvalidModel);
}

TEST(MlOperators, Linear) {
    const Tensor x = rows(2, {1, 2, -3, 1});
    EXPECT_EQ(floats(given("LinearRegressor", {x},
                           {{"coefficients", Floats{2, 1}}, {"intercepts", Floats{0.5F}}})[0]),
              (Floats{4.5F, -4.5F}));
    const auto out = given(
        "LinearClassifier", {x},
        {{"coefficients", Floats{2, 1}}, {"intercepts", Floats{0.5F}}, {"classlabels_ints", Ints{3, 8}}}, 2);
    EXPECT_EQ(ints(out[0]), (Ints{8, 3}));
    EXPECT_EQ(floats(out[1]), (Floats{-3.5F, 4.5F, 5.5F, -4.5F}));
    EXPECT_THROW(given("LinearRegressor", {x}, {{"coefficients", Floats{2, 1, 3}}}), InvalidModel);
}

}  // namespace
}  // namespace espalier
