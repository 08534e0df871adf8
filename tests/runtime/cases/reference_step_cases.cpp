#include "runtime/cases/reference_step_cases.h"

#include <cmath>

#include "base/random.h"
#include "graph/tree_nodes.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "tensor/convert.h"

namespace espalier::test {
namespace {

using Attributes = std::map<std::string, Attribute>;

Attribute text(std::string value) { return value; }

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

/// Small whole numbers, so that many are equal.
template <class T>
Tensor numbers(const Shape& shape, const std::string& seed) {
    Tensor tensor(dtype_of<T>, shape);
    Random random(1, seed);
    for (T& value : tensor.as<T>()) value = static_cast<T>(static_cast<int>(random.below(5)) - 2);
    return tensor;
}

Tensor booleans(const Shape& shape, const std::string& seed) {
    Tensor tensor(DType::boolean, shape);
    Random random(1, seed);
    for (bool& value : tensor.as<bool>()) value = random.below(2) == 1;
    return tensor;
}

/// What functions make something of their own of.
Tensor with_specials(Shape shape, const std::string& seed) {
    Tensor tensor = random_tensor(std::move(shape), seed);
    const float specials[] = {NAN,  INFINITY, -INFINITY, 0.0F,   -0.0F,  0.5F,
                              1.5F, -2.5F,    1e-6F,     -1e-6F, 200.0F, -200.0F};
    for (std::size_t i = 0; i < std::size(specials); ++i) tensor.f32()[i] = specials[i];
    return tensor;
}

const std::vector<std::pair<Shape, Shape>> kRepeated = {{{}, {}},
                                                        {{7}, {7}},
                                                        {{3, 5, 7}, {7}},
                                                        {{5, 1}, {3, 1, 7}},
                                                        {{3, 5, 7}, {3, 1, 7}},
                                                        {{1}, {2, 9000}},
                                                        {{2, 3, 4}, {1, 3, 1}}};

template <class T>
void add_pairs(std::vector<EvaluatedCase>& cases, const std::string& op) {
    for (const auto& [a, b] : kRepeated) {
        cases.push_back({op + std::to_string(cases.size()),
                         node(op, {"a", "b"}, "y"),
                         {{"a", numbers<T>(a, op + "a")}, {"b", numbers<T>(b, op + "b")}}});
    }
}

/// A reduction with its axes as its form has them: ReduceSum as an input, the others as an attribute.
EvaluatedCase reduction(const std::string& op, const std::string& suffix,
                        const std::vector<std::int64_t>& axes, Attributes attributes, Tensor x,
                        double tolerance) {
    EvaluatedCase made{op + suffix, {}, {{"x", std::move(x)}}, {}, tolerance};
    if (op == "ReduceSum") {
        made.constants["axes"] = ints(axes);
    } else if (!axes.empty()) {
        attributes["axes"] = integers(axes);
    }
    made.node = node(
        op, made.constants.empty() ? std::vector<std::string>{"x"} : std::vector<std::string>{"x", "axes"},
        "y", std::move(attributes));
    return made;
}

}  // namespace

Graph graph_of(const EvaluatedCase& test) {
    Graph graph;
    graph.name = test.name;
    for (const auto& [name, tensor] : test.inputs)
        graph.inputs.push_back({name, {tensor.dtype(), to_dims(tensor.shape())}});
    graph.initializers = test.constants;
    graph.nodes = {test.node};
    const auto types = infer_types(graph);
    for (const std::string& output : test.node.outputs) {
        if (!output.empty()) graph.outputs.push_back({output, types.at(output)});
    }
    return graph;
}

std::vector<EvaluatedCase> comparison_cases() {
    std::vector<EvaluatedCase> cases;
    for (const char* op : {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
        add_pairs<float>(cases, op);
        add_pairs<std::int64_t>(cases, op);
        add_pairs<std::int32_t>(cases, op);
        cases.push_back({std::string(op) + "Nan",
                         node(op, {"a", "b"}, "y"),
                         {{"a", with_specials({20}, "a")}, {"b", with_specials({20}, "b")}}});
    }
    for (const char* op : {"And", "Or", "Xor"}) {
        cases.push_back(
            {op, node(op, {"a", "b"}, "y"), {{"a", booleans({3, 5}, "a")}, {"b", booleans({5}, "b")}}});
    }
    cases.push_back({"Not", node("Not", {"a"}, "y"), {{"a", booleans({3, 5}, "a")}}});
    const auto where = [&](const char* name, Tensor c, Tensor a, Tensor b) {
        cases.push_back({name,
                         node("Where", {"c", "a", "b"}, "y"),
                         {{"c", std::move(c)}, {"a", std::move(a)}, {"b", std::move(b)}}});
    };
    where("Where", booleans({3, 5}, "c"), numbers<float>({3, 5}, "a"), numbers<float>({3, 5}, "b"));
    where("WhereScalar", booleans({2, 3, 5}, "c"), numbers<float>({}, "a"), numbers<float>({5}, "b"));
    where("WhereOneCondition", booleans({3, 1}, "c"), numbers<std::int64_t>({1, 4}, "a"),
          numbers<std::int64_t>({3, 4}, "b"));
    where("WhereBool", booleans({7}, "c"), booleans({7}, "a"), booleans({1}, "b"));
    where("WhereHalf", booleans({7}, "c"), numbers<std::int16_t>({7}, "a"), numbers<std::int16_t>({1}, "b"));
    for (const char* op : {"Min", "Max", "Sum", "Mean"}) {
        const Tensor x =
            op[0] == 'M' && op[1] != 'e' ? with_specials({3, 5, 2}, "x") : random_tensor({3, 5, 2}, "x");
        cases.push_back({std::string(op) + "One", node(op, {"a"}, "y"), {{"a", random_tensor({3, 5}, "a")}}});
        cases.push_back(
            {std::string(op) + "Two", node(op, {"a", "b"}, "y"), {{"a", x}, {"b", random_tensor({2}, "b")}}});
        cases.push_back({std::string(op) + "Many",
                         node(op, {"a", "b", "c", "b"}, "y"),
                         {{"a", random_tensor({5, 1}, "a")},
                          {"b", random_tensor({4}, "b")},
                          {"c", random_tensor({2, 1, 1}, "c")}},
                         {},
                         1e-6});
    }
    return cases;
}

std::vector<EvaluatedCase> function_cases() {
    std::vector<EvaluatedCase> cases;
    const auto add = [&](const std::string& op, double tolerance, const Attributes& attributes = {}) {
        for (const Shape& shape : {Shape{13, 7}, Shape{5003}}) {
            cases.push_back({op + std::to_string(cases.size()),
                             node(op, {"x"}, "y", attributes),
                             {{"x", with_specials(shape, op)}},
                             {},
                             tolerance});
        }
    };
    for (const char* op : {"Neg", "Floor", "Ceil", "Round", "Sign", "Reciprocal"}) add(op, 0);
    for (const char* op : {"Log", "Softsign", "Softplus", "Selu"}) add(op, 1e-6);
    add("Selu", 1e-6, {{"alpha", 0.7F}, {"gamma", 2.0F}});
    cases.push_back({"PRelu",
                     node("PRelu", {"x", "s"}, "y"),
                     {{"x", random_tensor({2, 3, 4}, "x")}},
                     {{"s", random_tensor({3, 1}, "s")}}});
    for (const std::int64_t axis : {-1, 0, 1}) {
        cases.push_back({"LogSoftmax" + std::to_string(cases.size()),
                         node("LogSoftmax", {"x"}, "y", {{"axis", integer(axis)}}),
                         {{"x", random_tensor({3, 5, 7}, "x")}},
                         {},
                         1e-5});
    }
    for (const Shape& shape : {Shape{2, 6, 5, 7}, Shape{1, 6, 40}, Shape{3, 6, 1, 1, 1}}) {
        const NamedTensors inputs = {{"x", random_tensor(shape, "x")}};
        const Weights constants = {{"s", random_tensor({6}, "s")}, {"b", random_tensor({6}, "b")}};
        cases.push_back({"InstanceNorm" + std::to_string(cases.size()),
                         node("InstanceNormalization", {"x", "s", "b"}, "y"), inputs, constants, 1e-5});
        cases.push_back({"GroupNorm" + std::to_string(cases.size()),
                         node("GroupNormalization", {"x", "s", "b"}, "y",
                              {{"num_groups", integer(2)}, {"epsilon", 1e-3F}}),
                         inputs, constants, 1e-5});
    }
    return cases;
}

std::vector<EvaluatedCase> reduction_cases() {
    std::vector<EvaluatedCase> cases;
    const std::vector<std::vector<std::int64_t>> all_axes = {{},     {-1},      {0},         {1},
                                                             {0, 2}, {1, 2, 3}, {0, 1, 2, 3}};
    for (const char* op : {"ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSum",
                           "ReduceMax", "ReduceMin", "ReduceProd"}) {
        const bool extreme = std::string(op) == "ReduceMax" || std::string(op) == "ReduceMin";
        for (const auto& axes : all_axes) {
            for (const std::int64_t keep : {0, 1}) {
                Tensor x = extreme ? with_specials({2, 3, 5, 37}, op) : random_tensor({2, 3, 5, 37}, op);
                if (!extreme) {
                    for (float& value : x.f32()) value = std::abs(value) + 0.5F;
                }
                cases.push_back(reduction(op, std::to_string(cases.size()), axes,
                                          {{"keepdims", integer(keep)}}, std::move(x), extreme ? 0 : 1e-6));
            }
        }
        cases.push_back(reduction(op, "Scalar", {}, {}, Tensor::of<float>({}, std::vector{2.0F}), 1e-6));
        cases.push_back(reduction(op, "OfNothing", {1}, {}, Tensor(DType::f32, {3, 0}), 0));
    }
    cases.push_back(reduction("ReduceSum", "Noop", {}, {{"noop_with_empty_axes", integer(1)}},
                              Tensor::of<float>({3, 1}, std::vector{1.0F, 2.0F, 3.0F}), 0));
    for (const char* op : {"ArgMax", "ArgMin"}) {
        for (const std::int64_t axis : {0, 1, -1}) {
            for (const std::int64_t last : {0, 1}) {
                cases.push_back({op + std::to_string(cases.size()),
                                 node(op, {"x"}, "y",
                                      {{"axis", integer(axis)},
                                       {"select_last_index", integer(last)},
                                       {"keepdims", integer(last)}}),
                                 {{"x", numbers<float>({3, 130, 5}, op)}}});
            }
        }
        cases.push_back({std::string(op) + "Nan",
                         node(op, {"x"}, "y", {{"axis", integer(1)}}),
                         {{"x", with_specials({2, 20}, op)}}});
    }
    return cases;
}

std::vector<EvaluatedCase> recurrent_cases() {
    std::vector<EvaluatedCase> cases;
    for (const char* op : {"LSTM", "GRU"}) {
        const std::int64_t gates = op[0] == 'L' ? 4 : 3;
        for (const char* direction : {"forward", "reverse", "bidirectional"}) {
            const std::int64_t directions = direction[0] == 'b' ? 2 : 1;
            for (int form = 0; form < 16; ++form) {
                const bool by_batch = (form & 1) != 0;
                const bool fed = (form & 2) != 0;
                const bool states = (form & 4) != 0;
                const bool linear = (form & 8) != 0;
                if (linear && gates == 4) continue;
                constexpr std::int64_t kSteps = 5, kBatch = 3, kInputs = 6, kHidden = 19;
                Attributes attributes = {{"direction", text(direction)},
                                         {"layout", integer(by_batch ? 1 : 0)}};
                if (linear) attributes["linear_before_reset"] = integer(1);
                Node made = node(op, {"x", "w", "r"}, "y", attributes);
                NamedTensors inputs = {{"x", random_tensor(by_batch ? Shape{kBatch, kSteps, kInputs}
                                                                    : Shape{kSteps, kBatch, kInputs},
                                                           "x")}};
                Weights weights = {{"w", random_tensor({directions, gates * kHidden, kInputs}, "w")},
                                   {"r", random_tensor({directions, gates * kHidden, kHidden}, "r")}};
                made.outputs.emplace_back("y_h");
                if (gates == 4) made.outputs.emplace_back("y_c");
                if (states) {
                    const Shape state =
                        by_batch ? Shape{kBatch, directions, kHidden} : Shape{directions, kBatch, kHidden};
                    made.inputs.insert(made.inputs.end(), {"b", "", "h"});
                    if (gates == 4) made.inputs.emplace_back("c");
                    weights["b"] = random_tensor({directions, 2 * gates * kHidden}, "b");
                    inputs["h"] = random_tensor(state, "h");
                    if (gates == 4) inputs["c"] = random_tensor(state, "c");
                    made.outputs[0] = "";  // the last state alone
                }
                if (fed) inputs.merge(weights);
                cases.push_back({op + std::to_string(cases.size()), std::move(made), std::move(inputs),
                                 std::move(weights), 2e-5});
            }
        }
    }
    return cases;
}

std::vector<EvaluatedCase> conversion_cases() {
    std::vector<EvaluatedCase> cases;
    const Tensor scale = Tensor::of<float>({}, std::vector<float>{0.03F});
    const Tensor bytes = converted(numbers<std::int32_t>({3, 50}, "q"), DType::i8);
    const auto zero = [](DType dtype) { return converted(ints({2}), dtype); };
    for (const DType dtype : {DType::u8, DType::i8}) {
        const std::string name(name_of(dtype));
        const Weights constants = {{"s", scale}, {"z", zero(dtype).reshaped({})}};
        cases.push_back({"Quantize" + name,
                         node("QuantizeLinear", {"x", "s", "z"}, "y"),
                         {{"x", with_specials({3, 50}, "x")}},
                         constants});
        cases.push_back({"Dequantize" + name,
                         node("DequantizeLinear", {"q", "s", "z"}, "y"),
                         {{"q", converted(bytes, dtype)}},
                         constants});
    }
    cases.push_back({"QuantizeAlone",
                     node("QuantizeLinear", {"x", "s"}, "y"),
                     {{"x", random_tensor({70}, "x")}, {"s", scale}}});
    for (const Shape& shape : {Shape{3, 50}, Shape{1}, Shape{5, 64}}) {
        EvaluatedCase made{"Dynamic" + std::to_string(shape.size()) + std::to_string(shape.back()),
                           node("DynamicQuantizeLinear", {"x"}, "q"),
                           {{"x", random_tensor(shape, "x")}}};
        made.node.outputs = {"q", "s", "z"};
        cases.push_back(std::move(made));
    }
    const auto cast = [&](const std::string& name, Tensor x, std::int64_t to) {
        cases.push_back(
            {"Cast" + name, node("Cast", {"x"}, "y", {{"to", integer(to)}}), {{"x", std::move(x)}}});
    };
    constexpr std::int64_t kF32 = 1, kI32 = 6;
    cast("ToInt", numbers<float>({50}, "x"), kI32);
    cast("Long", numbers<std::int64_t>({50}, "x"), kF32);
    cast("Int", numbers<std::int32_t>({50}, "x"), kF32);
    cast("Byte", bytes, kF32);
    cast("Bool", booleans({50}, "x"), kF32);
    return cases;
}

std::vector<EvaluatedCase> tree_cases() {
    const Tensor x = with_specials({20, 2}, "trees");
    return {{"trees_regressor", testing::small_regressor(), {{"x", x}}},
            {"trees_classifier", testing::small_classifier(-1, 2, true), {{"x", x}}},
            {"trees_test", testing::one_test(1, 0.5F, true), {{"x", x}}}};
}

std::vector<EvaluatedCase> evaluated_cases() {
    std::vector<EvaluatedCase> all;
    for (const auto& cases : {comparison_cases(), function_cases(), reduction_cases(), recurrent_cases(),
                              conversion_cases(), tree_cases()})
        all.insert(all.end(), cases.begin(), cases.end());
    return all;
}

}  // namespace espalier::test
