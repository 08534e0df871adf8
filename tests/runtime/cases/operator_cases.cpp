// Element-wise functions and operators that move elements, against their plain computation in double.
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"

namespace espalier::test {
namespace {

using Attributes = std::map<std::string, Attribute>;

Attribute text(std::string value) { return value; }

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

Tensor floats(const std::vector<float>& values) { return Tensor::of<float>({std::ssize(values)}, values); }

std::vector<Case> functions() {
    struct Form {
        std::string op;
        Attributes attributes = {};
        std::string suffix = {};
    };
    const std::vector<Form> forms = {
        {"Sigmoid"},     {"Tanh"},
        {"Exp"},         {"Abs"},
        {"Mish"},        {"HardSwish"},
        {"HardSigmoid"}, {"HardSigmoid", {{"alpha", 0.5F}, {"beta", 0.6F}}, "Steep"},
        {"Elu"},         {"Elu", {{"alpha", 0.3F}}, "Alpha"},
        {"LeakyRelu"},   {"LeakyRelu", {{"alpha", 0.3F}}, "Alpha"},
        {"Gelu"},        {"Gelu", {{"approximate", text("tanh")}}, "Tanh"}};
    std::vector<Case> cases;
    for (const Form& form : forms)
        cases.push_back(
            {form.op + form.suffix, {{"x", {3, 5, 7}}}, {}, {node(form.op, {"x"}, "y", form.attributes)}});
    cases.push_back({"Sqrt", {{"x", {3, 5}}}, {}, {node("Abs", {"x"}, "a"), node("Sqrt", {"a"}, "y")}});
    for (const float exponent : {2.0F, 3.0F, -1.0F, 0.5F}) {
        cases.push_back({"Pow" + std::to_string(cases.size()),
                         {{"x", {3, 5}}},
                         {},
                         {node("Abs", {"x"}, "a"), node("Pow", {"a", "e"}, "y")},
                         {{"e", floats({exponent})}}});
    }
    cases.push_back({"Sub", {{"a", {2, 3, 5}}, {"b", {3, 1}}}, {}, {node("Sub", {"a", "b"}, "y")}});
    cases.push_back({"SubFromShorter",
                     {{"a", {5}}, {"b", {2, 3, 5}}},
                     {},
                     {node("Sub", {"a", "b"}, "s"), node("Relu", {"s"}, "y")}});
    cases.push_back(
        {"Swish", {{"x", {4, 9}}}, {}, {node("Sigmoid", {"x"}, "s"), node("Mul", {"x", "s"}, "y")}});
    cases.push_back({"GlobalMaxPool", {{"x", {2, 3, 5, 7}}}, {}, {node("GlobalMaxPool", {"x"}, "y")}});
    return cases;
}

std::vector<Case> movements() {
    const std::map<std::string, Shape> x = {{"x", {2, 4, 6, 5}}};
    std::vector<Case> cases = {
        {"Slice",
         x,
         {},
         {node("Slice", {"x", "s", "e", "a"}, "y")},
         {{"s", ints({1})}, {"e", ints({3})}, {"a", ints({1})}}},
        {"SliceBackwards",
         x,
         {},
         {node("Slice", {"x", "s", "e", "a", "t"}, "y")},
         {{"s", ints({-1, 4})}, {"e", ints({-6, 0})}, {"a", ints({3, 2})}, {"t", ints({-2, -1})}}},
        {"GatherChannels",
         x,
         {},
         {node("Gather", {"x", "i"}, "y", {{"axis", integer(1)}})},
         {{"i", ints({3, 0, -1})}}},
        {"GatherLast",
         x,
         {},
         {node("Gather", {"x", "i"}, "y", {{"axis", integer(-1)}})},
         {{"i", ints({4, 4, 1})}}},
        {"PadZeros", x, {}, {node("Pad", {"x", "p"}, "y")}, {{"p", ints({0, 0, 1, 2, 0, 1, 0, 3})}}},
        {"PadValue",
         x,
         {},
         {node("Pad", {"x", "p", "v"}, "y")},
         {{"p", ints({0, -1, 1, 2, 0, 1, 0, 0})}, {"v", Tensor::of<float>({}, std::vector{7.0F})}}},
        {"PadReflect",
         x,
         {},
         {node("Pad", {"x", "p"}, "y", {{"mode", text("reflect")}})},
         {{"p", ints({0, 0, 2, 3, 0, 0, 1, 1})}}},
        {"PadEdge",
         x,
         {},
         {node("Pad", {"x", "p"}, "y", {{"mode", text("edge")}})},
         {{"p", ints({0, 0, 2, 3, 0, 0, 1, 1})}}},
        {"Tile", x, {}, {node("Tile", {"x", "r"}, "y")}, {{"r", ints({1, 2, 1, 3})}}},
        {"Expand", {{"x", {2, 1, 3}}}, {}, {node("Expand", {"x", "s"}, "y")}, {{"s", ints({4, 1, 5, 1})}}},
        {"DepthToSpace", x, {}, {node("DepthToSpace", {"x"}, "y", {{"blocksize", integer(2)}})}},
        {"SpaceToDepth",
         {{"x", {2, 3, 4, 6}}},
         {},
         {node("SpaceToDepth", {"x"}, "y", {{"blocksize", integer(2)}})}},
        {"Squeeze", {{"x", {2, 1, 3}}}, {}, {node("Squeeze", {"x", "a"}, "y")}, {{"a", ints({1})}}},
        {"Unsqueeze", {{"x", {2, 3}}}, {}, {node("Unsqueeze", {"x", "a"}, "y")}, {{"a", ints({0, -1})}}},
        {"Concat",
         {{"a", {2, 3, 4}}, {"b", {2, 1, 4}}, {"c", {2, 2, 4}}},
         {},
         {node("Concat", {"a", "b", "c"}, "y", {{"axis", integer(1)}})}},
        {"ConcatLast",
         {{"a", {2, 3}}, {"b", {2, 1}}},
         {},
         {node("Concat", {"a", "b", "a"}, "y", {{"axis", integer(-1)}})}}};
    // Both outputs are read, and the second one alone.
    Node split = node("Split", {"x", "s"}, "a", {{"axis", integer(1)}});
    split.outputs.emplace_back("b");
    cases.push_back({"Split",
                     {{"x", {3, 5, 4}}},
                     {},
                     {split, node("Concat", {"b", "a"}, "y", {{"axis", integer(1)}})},
                     {{"s", ints({2, 3})}}});
    return cases;
}

std::vector<Case> resizes() {
    struct Form {
        std::string name;
        Attributes attributes;
        Tensor scales, sizes;
    };
    const Tensor none(DType::f32, {0});
    const std::vector<Form> forms = {
        {"Nearest", {}, floats({1, 1, 2, 3}), {}},
        {"NearestDown",
         {{"nearest_mode", text("floor")}, {"coordinate_transformation_mode", text("asymmetric")}},
         floats({1, 1, 0.5F, 0.7F}),
         {}},
        {"NearestTwice",
         {{"nearest_mode", text("floor")}, {"coordinate_transformation_mode", text("asymmetric")}},
         floats({1, 1, 2, 2}),
         {}},
        {"NearestAsManyChannels", {}, floats({1, 1.3F, 2, 2}), {}},
        {"NearestOfVectors", {}, floats({1, 1, 1, 2}), {}},
        {"LinearAsManyChannels", {{"mode", text("linear")}}, floats({1, 1.3F, 2, 1}), {}},
        {"Linear", {{"mode", text("linear")}}, floats({1, 1, 1.7F, 0.6F}), {}},
        {"LinearToSizes",
         {{"mode", text("linear")}, {"coordinate_transformation_mode", text("align_corners")}},
         none,
         ints({2, 3, 11, 4})},
        {"Cubic", {{"mode", text("cubic")}, {"cubic_coeff_a", -0.5F}}, floats({1, 1, 2, 2}), {}},
        {"LinearOverChannels", {{"mode", text("linear")}}, floats({1, 2, 1, 1}), {}}};
    std::vector<Case> cases;
    for (const Form& form : forms) {
        const bool by_sizes = form.sizes.count() > 0;
        std::vector<std::string> inputs = {"x", "", by_sizes ? "" : "scales"};
        if (by_sizes) inputs.emplace_back("sizes");
        cases.push_back({"Resize" + form.name,
                         {{"x", {2, 3, 5, 7}}},
                         {},
                         {node("Resize", inputs, "y", form.attributes)},
                         {{by_sizes ? "sizes" : "scales", by_sizes ? form.sizes : form.scales}}});
    }
    return cases;
}

std::vector<Case> transposed_convolutions() {
    struct Form {
        std::string name;
        Shape x, w;
        Attributes attributes;
    };
    const std::vector<Form> forms = {
        {"Plain", {2, 3, 5, 4}, {3, 4, 3, 3}, {}},
        {"Strided",
         {2, 3, 5, 4},
         {3, 4, 3, 2},
         {{"strides", integers({2, 3})},
          {"pads", integers({1, 0, 0, 1})},
          {"output_padding", integers({1, 0})}}},
        {"Groups", {1, 6, 5, 4}, {6, 2, 2, 2}, {{"group", integer(3)}, {"strides", integers({2, 2})}}},
        {"Dilated", {1, 2, 5, 4}, {2, 3, 2, 2}, {{"dilations", integers({2, 1})}}},
        {"Line", {2, 3, 5}, {3, 4, 3}, {{"strides", integers({2})}}},
        {"NegativePadding", {1, 1, 3, 3}, {1, 2, 3, 3}, {{"output_shape", integers({8, 8})}}}};
    std::vector<Case> cases;
    for (const Form& form : forms) {
        const std::int64_t group = node("", {}, "", form.attributes).attribute_int("group", 1);
        cases.push_back({"ConvTranspose" + form.name,
                         {{"x", form.x}},
                         {{"w", form.w}, {"b", {form.w[1] * group}}},
                         {node("ConvTranspose", {"x", "w", "b"}, "y", form.attributes)}});
        cases.push_back({"ConvTransposeFed" + form.name,
                         {{"x", form.x}, {"w", form.w}},
                         {},
                         {node("ConvTranspose", {"x", "w"}, "y", form.attributes)}});
    }
    return cases;
}

/// Convolutions and pools of one and three axes.
std::vector<Case> other_images() {
    return {{"ConvLine",
             {{"x", {2, 3, 9}}},
             {{"w", {5, 3, 3}}, {"b", {5}}},
             {node("Conv", {"x", "w", "b"}, "y")}},
            {"ConvVolume",
             {{"x", {2, 3, 5, 6, 4}}},
             {{"w", {4, 3, 3, 2, 2}}},
             {node("Conv", {"x", "w"}, "c", {{"pads", integers({1, 0, 0, 1, 1, 0})}}),
              node("Relu", {"c"}, "y")}}};
}

}  // namespace

std::vector<Case> operator_cases() {
    std::vector<Case> all;
    for (const auto& cases : {functions(), movements(), resizes(), transposed_convolutions(), other_images()})
        all.insert(all.end(), cases.begin(), cases.end());
    return all;
}

}  // namespace espalier::test
