// Opsets 1 to 26, and operators that meant something else in some of them.
#include <gtest/gtest.h>
#include <onnx/defs/schema.h>

#include <algorithm>

#include "base/expect_error.h"
#include "graph/op.h"
#include "onnx/models.h"
#include "onnx/schema.h"
#include "onnx/upgrade.h"

namespace espalier {
namespace {

using onnx::pb::ModelProto;
using testing::one_node;
using testing::parse;
using testing::set_int;
using testing::small_graph;
using testing::small_proto;

TEST(OnnxVersions, OpsetRange) {
    ModelProto model = small_proto();
    for (int opset = 7; opset <= 26; ++opset) {
        SCOPED_TRACE(opset);
        model.mutable_opset_import(0)->set_version(opset);
        EXPECT_EQ(parse(model).nodes.size(), small_graph().nodes.size());
    }
    for (const std::int64_t opset :
         {std::int64_t{-1}, std::int64_t{0}, std::int64_t{27}, std::int64_t{1} << 40}) {
        model.mutable_opset_import(0)->set_version(opset);
        EXPECT_ERROR(Unsupported, "only 1 to 26 are read", parse(model));
    }
}

TEST(OnnxVersions, SwishIsSpelledOut) {
    ModelProto model = one_node("Swish", {2, 3}, 24);
    EXPECT_EQ(parse(model).nodes.size(), 2U);
    auto& alpha = *model.mutable_graph()->mutable_node(0)->add_attribute();
    alpha.set_name("alpha");
    alpha.set_type(onnx::pb::AttributeProto::FLOAT);
    alpha.set_f(1.5F);
    EXPECT_EQ(parse(model).nodes.size(), 3U);
}

TEST(OnnxVersions, OpsetImports) {
    ModelProto model = small_proto();
    auto& other = *model.add_opset_import();
    other.set_domain("ai.onnx.ml");
    other.set_version(2);
    EXPECT_NO_THROW(parse(model));  // imported, but not used
    other.set_domain("ai.onnx");
    EXPECT_ERROR(InvalidModel, "two versions", parse(model));
    model.clear_opset_import();
    EXPECT_ERROR(InvalidModel, "does not say which opset", parse(model));
}

TEST(OnnxVersions, IrRange) {
    ModelProto model = small_proto();
    for (const std::int64_t version : {3, 4, 8, 10}) {
        model.set_ir_version(version);
        EXPECT_NO_THROW(parse(model));
    }
    for (const std::int64_t version : {0, 2, 99}) {
        model.set_ir_version(version);
        EXPECT_ERROR(Unsupported, "IR version", parse(model));
    }
}

std::int64_t softmax_axis(const std::vector<std::int64_t>& dims, int opset,
                          std::optional<std::int64_t> axis) {
    ModelProto model = one_node("Softmax", dims, opset);
    if (axis) set_int(*model.mutable_graph()->mutable_node(0), "axis", *axis);
    const Graph graph = parse(model);
    const auto rank = static_cast<std::int64_t>(dims.size());
    const std::int64_t found = graph.nodes.at(0).attribute_int("axis", -1);
    return found < 0 ? found + rank : found;
}

TEST(OnnxVersions, SoftmaxBefore13TookDimensionsTogether) {
    EXPECT_EQ(softmax_axis({4, 10}, 11, {}), 1);
    EXPECT_EQ(softmax_axis({4, 10}, 7, 1), 1);
    EXPECT_EQ(softmax_axis({4, 10}, 11, -1), 1);
    EXPECT_EQ(softmax_axis({4, 3, 10}, 11, 2), 2);
    EXPECT_EQ(softmax_axis({4, 10, 1, 1}, 9, {}), 1);  // the others are 1, so 10 is all there is
    EXPECT_EQ(softmax_axis({4, 1, 10}, 9, {}), 2);
    EXPECT_EQ(softmax_axis({1, 10}, 9, 0), 1);
    EXPECT_EQ(softmax_axis({5, 1, 1}, 9, {}), 1);  // softmax over one element: 1 everywhere
    EXPECT_THROW(softmax_axis({4, 10}, 11, 2), InvalidModel);
    EXPECT_THROW(softmax_axis({4}, 11, {}), InvalidModel);  // the default axis 1 does not exist
}

TEST(OnnxVersions, SoftmaxFrom13TakesOneDimension) {
    EXPECT_EQ(softmax_axis({4, 3, 10}, 13, {}), 2);
    EXPECT_EQ(softmax_axis({4, 3, 10}, 13, 1), 1);
    EXPECT_EQ(softmax_axis({4, 3, 10}, 17, 0), 0);
}

Graph converted(const std::string& op, int opset, const char* key, float value) {
    auto model = testing::one_node(op, {2, 3}, opset);
    auto& attribute = *model.mutable_graph()->mutable_node(0)->add_attribute();
    attribute.set_name(key);
    attribute.set_type(onnx::pb::AttributeProto::FLOAT);
    attribute.set_f(value);
    return testing::parse(model);
}

TEST(OnnxVersions, BoundsAndRatiosOfOldNodesBecomeInputs) {
    const Graph clip = converted("Clip", 9, "max", 6);
    EXPECT_EQ(clip.nodes.at(0).inputs, (std::vector<std::string>{"x", "", "y.max"}));
    EXPECT_TRUE(clip.nodes.at(0).attributes.empty());
    EXPECT_EQ(clip.initializers.at("y.max").f32()[0], 6);
    const Graph dropout = converted("Dropout", 10, "ratio", 0.25F);
    EXPECT_EQ(dropout.nodes.at(0).inputs, (std::vector<std::string>{"x", "y.ratio"}));
    EXPECT_EQ(dropout.initializers.at("y.ratio").f32()[0], 0.25F);
}

TEST(OnnxVersions, EveryOperatorIsOnnxs) {
    for (const Operator* op : ops()) {
        SCOPED_TRACE(op->name);
        const std::string name(op->name);
        const bool of_ml = op->domain == kMlDomain;
        const auto opset = of_ml ? onnx::kLibraryMl : onnx::first_opset(name, onnx::kOpset);
        ASSERT_TRUE(opset);
        ASSERT_TRUE(!of_ml || onnx::find_ml_schema(name, onnx::kNewestMl));
        const auto* schema = onnx::pb::OpSchemaRegistry::Schema(name, *opset, std::string(op->domain));
        if (schema == nullptr) continue;
        EXPECT_EQ(static_cast<int>(op->min_inputs), schema->min_input());
        EXPECT_LE(static_cast<int>(op->max_inputs), schema->max_input());
        EXPECT_LE(static_cast<int>(op->outputs), schema->max_output());
    }
}

/// Operators of later opsets, as the table beside the library has them.
TEST(OnnxVersions, LaterOpsets) {
    EXPECT_FALSE(onnx::find_schema("Gelu", 19));
    EXPECT_EQ(onnx::find_schema("Gelu", 21)->since, 20);
    EXPECT_EQ(onnx::find_schema("ReduceMean", 17)->since, 13);
    EXPECT_TRUE(onnx::find_schema("ReduceMean", 17)->attributes.contains("axes"));
    EXPECT_FALSE(onnx::find_schema("ReduceMean", 18)->attributes.contains("axes"));
    EXPECT_TRUE(onnx::find_schema("Split", 21)->attributes.contains("num_outputs"));
    EXPECT_EQ(onnx::find_schema("Relu", 21)->since, 14);
    EXPECT_FALSE(onnx::find_schema("Upsample", 10));
    EXPECT_EQ(onnx::first_opset("LayerNormalization", 13), 17);
    EXPECT_EQ(onnx::first_opset("Frobnicate", 13), std::nullopt);
}

}  // namespace
}  // namespace espalier
