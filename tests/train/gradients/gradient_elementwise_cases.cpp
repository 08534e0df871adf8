// Element-wise operators and reductions.
#include "train/gradients/gradient_cases.h"

namespace espalier::train {
namespace {

/// Functions of one value that are defined everywhere, without attributes.
std::vector<Case> plain_functions() {
    std::vector<Case> cases;
    for (const char* op :
         {"Abs",  "Asinh",       "Atan",           "Ceil", "Celu",      "Cos",       "Cosh",     "Elu",
          "Exp",  "Floor",       "Gelu",           "Mish", "HardSwish", "LeakyRelu", "Neg",      "Round",
          "Selu", "Shrink",      "Sigmoid",        "Sign", "Sin",       "Sinh",      "Softplus", "Softsign",
          "Tanh", "HardSigmoid", "ThresholdedRelu"})
        cases.push_back({op, {{3, 7}}});
    for (const char* op : {"Acos", "Asin", "Atanh", "Tan"}) {
        cases.push_back({.op = op, .shapes = {{3, 7}}, .scale = 0.2});
    }
    for (const char* op : {"Acosh", "Log", "Reciprocal", "Sqrt"}) {
        cases.push_back({.op = op, .shapes = {{3, 7}}, .shift = 4, .scale = 0.5});
    }
    return cases;
}

std::vector<Case> reductions() {
    std::vector<Case> cases;
    for (const char* op : {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax",
                           "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"}) {
        cases.push_back({.op = op, .shapes = {{2, 3, 4}}, .shift = 1.2, .scale = 0.3});
        cases.push_back({.op = op,
                         .shapes = {{2, 3, 4}},
                         .attributes = {{"axes", Ints{-1, 0}}, {"keepdims", std::int64_t{0}}},
                         .shift = 1.2,
                         .scale = 0.3});
    }
    cases.push_back({.op = "ReduceSum", .shapes = {{2, 3, 4}}, .constants = {ints({1})}});
    return cases;
}

}  // namespace

std::vector<Case> elementwise_cases() {
    std::vector<Case> cases = {
        {"Celu", {{3, 7}}, {{"alpha", 0.5F}}},
        {"Elu", {{3, 7}}, {{"alpha", 0.3F}}},
        {"Gelu", {{3, 7}}, {{"approximate", std::string("tanh")}}},
        {"HardSigmoid", {{3, 7}}, {{"alpha", 0.6F}, {"beta", 0.3F}}},
        {"LeakyRelu", {{3, 7}}, {{"alpha", 0.3F}}},
        {"Selu", {{3, 7}}, {{"alpha", 2.0F}, {"gamma", 3.0F}}},
        {"Shrink", {{3, 7}}, {{"bias", 0.3F}, {"lambd", 0.7F}}},
        {"ThresholdedRelu", {{3, 7}}, {{"alpha", 0.2F}}},
        {"LogSoftmax", {{3, 5}}},
        {"LogSoftmax", {{3, 5, 2}}, {{"axis", std::int64_t{1}}}},
        {"Sub", {{2, 3, 1}, {3, 5}}},
        {"Sum", {{3, 4}, {4}, {3, 1}}},
        {"Mean", {{3, 4}, {4}, {3, 1}}},
        {"Max", {{3, 4}, {4}, {3, 1}}},
        {"Min", {{3, 4}, {4}, {3, 1}}},
        {"PRelu", {{2, 3, 4}, {3, 1}}},
        {.op = "Mod", .shapes = {{3, 4}, {4}}, .attributes = {{"fmod", std::int64_t{1}}}, .shift = 4},
        {.op = "Pow", .shapes = {{3, 4}, {4}}, .shift = 2, .scale = 0.3},
        {.op = "Pow", .shapes = {{3, 4}}, .constants = {scalar(3)}},
        {.op = "Where", .shapes = {{2, 3, 1}, {3, 4}}, .between = {{0, ints({1, 0, 0, 1}).to(at::kBool)}}},
    };
    for (const auto& more : {plain_functions(), reductions()})
        cases.insert(cases.end(), more.begin(), more.end());
    return cases;
}

}  // namespace espalier::train
