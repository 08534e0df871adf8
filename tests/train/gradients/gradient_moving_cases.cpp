// Operators that move elements, choose among them or add them up.
#include "train/gradients/gradient_cases.h"

namespace espalier::train {
namespace {

Attributes resize(const char* mode, const char* transformation) {
    return {{"mode", std::string(mode)}, {"coordinate_transformation_mode", std::string(transformation)}};
}

Attributes reduced(const char* reduction) { return {{"reduction", std::string(reduction)}}; }
Attributes mode(const char* mode) { return {{"mode", std::string(mode)}}; }
at::Tensor sized(const Ints& values, const Ints& shape) { return ints(values).reshape(shape); }
at::Tensor scales(std::vector<float> values) { return at::tensor(values); }

std::vector<Case> gathers_and_scatters() {
    const Attributes along_1 = {{"axis", std::int64_t{1}}};
    std::vector<Case> cases = {
        {"Gather", {{4, 3}}, {}, {ints({2, -1, 2})}},
        {"Gather", {{4, 3, 2}}, along_1, {sized({0, 1, -1, 0}, {2, 2})}},
        {"Gather", {{4, 3}}, along_1, {at::tensor(1, at::kLong)}},
        {"GatherElements", {{3, 3}}, {}, {sized({1, 2, 0, 2, 0, -1}, {2, 3})}},
        {"GatherElements", {{3, 3}}, along_1, {sized({0, 0, 1, 0, 2, -1}, {3, 2})}},
        {"GatherND", {{2, 3, 4}}, {}, {sized({0, 1, 1, -1, 0, 1}, {3, 2})}},
        {"GatherND", {{2, 3, 4}}, {{"batch_dims", std::int64_t{1}}}, {sized({2, 0}, {2, 1})}},
    };
    for (const char* reduction : {"none", "add", "mul", "max", "min"}) {
        cases.push_back({.op = "ScatterElements",
                         .shapes = {{3, 4}, {2, 2}},
                         .attributes = with(reduced(reduction), "axis", std::int64_t{-1}),
                         .between = {{1, sized({0, 3, 1, -2}, {2, 2})}}});
        cases.push_back({.op = "ScatterND",
                         .shapes = {{4, 3}, {2, 3}},
                         .attributes = reduced(reduction),
                         .between = {{1, sized({1, -1}, {2, 1})}}});
    }
    cases.push_back({.op = "ScatterElements",
                     .shapes = {{3, 4}, {2, 2}},
                     .attributes = reduced("add"),
                     .between = {{1, sized({0, 2, 0, 2}, {2, 2})}}});
    return cases;
}

std::vector<Case> resizes() {
    const at::Tensor none;
    std::vector<Case> cases = {
        {"Resize", {{1, 2, 3, 4}}, {}, {none, scales({1, 1, 2, 2})}},
        {"Resize", {{1, 1, 4, 4}}, resize("nearest", "asymmetric"), {none, none, ints({1, 1, 7, 3})}},
        {"Resize", {{1, 1, 4, 4}}, resize("linear", "align_corners"), {none, scales({1, 1, 0.6F, 2})}},
        {"Resize", {{1, 1, 4, 4}}, resize("linear", "pytorch_half_pixel"), {none, none, ints({1, 1, 7, 3})}},
        {"Resize", {{1, 1, 4, 5}}, resize("cubic", "half_pixel"), {none, scales({1, 1, 2, 1.5F})}},
        {"Resize",
         {{1, 1, 4, 5}},
         with(resize("cubic", "half_pixel"), "exclude_outside", std::int64_t{1}),
         {none, scales({1, 1, 2, 1.5F})}},
        {"Resize",
         {{1, 1, 4, 5}},
         resize("linear", "tf_crop_and_resize"),
         {scales({0, 0, 0.2F, -0.3F, 1, 1, 0.9F, 1.2F}), none, ints({1, 1, 6, 6})}},
    };
    return cases;
}

}  // namespace

std::vector<Case> moving_cases() {
    const Attributes along_1 = {{"axis", std::int64_t{1}}};
    const Attributes block = {{"blocksize", std::int64_t{2}}};
    std::vector<Case> cases = {
        {"Cast", {{2, 3}}, {{"to", std::int64_t{11}}}},
        {"CastLike", {{2, 3}}, {}, {scalar(1)}},
        {"Concat", {{2, 3}, {2, 1}, {2, 4}}, {{"axis", std::int64_t{-1}}}},
        {"Concat", {{2, 3}, {1, 3}}, {{"axis", std::int64_t{0}}}},
        {"CumSum", {{3, 4}}, {}, {at::tensor(1, at::kLong)}},
        {"CumSum",
         {{3, 4}},
         {{"exclusive", std::int64_t{1}}, {"reverse", std::int64_t{1}}},
         {at::tensor(-1, at::kLong)}},
        {"DepthToSpace", {{1, 8, 2, 3}}, block},
        {"DepthToSpace", {{1, 8, 2, 3}}, with(block, "mode", std::string("CRD"))},
        {"SpaceToDepth", {{1, 2, 4, 6}}, block},
        {"Expand", {{3, 1}}, {}, {ints({2, 1, 4})}},
        {"Tile", {{2, 3}}, {}, {ints({2, 3})}},
        {"Pad", {{2, 3}}, {}, {ints({1, 0, 0, 2}), scalar(1.5)}},
        {"Pad", {{3, 4}}, {}, {ints({-1, 1, 0, -2})}},
        {"Pad", {{3, 4}}, mode("reflect"), {ints({2, 1, 0, 3})}},
        {"Pad", {{3, 4}}, mode("edge"), {ints({2, 1, 0, 3})}},
        {"Pad", {{3, 4}}, mode("wrap"), {ints({2, 1, 0, 3})}},
        {"Slice", {{5, 6}}, {}, {ints({1, -1}), ints({4, -6}), ints({0, 1}), ints({2, -2})}},
        {"Slice", {{5, 6}}, {}, {ints({1}), ints({1000})}},
        {.op = "Split", .shapes = {{2, 6}}, .attributes = along_1, .constants = {ints({1, 5})}, .outputs = 2},
        {.op = "Split", .shapes = {{6, 2}}, .outputs = 3},
        {"Squeeze", {{1, 3, 1}}},
        {"Squeeze", {{1, 3, 1}}, {}, {ints({-1})}},
        {"Unsqueeze", {{2, 3}}, {}, {ints({0, -1})}},
        {.op = "TopK", .shapes = {{3, 5}}, .constants = {ints({2})}, .outputs = 2},
        {.op = "TopK",
         .shapes = {{5, 3}},
         .attributes = {{"axis", std::int64_t{0}}, {"largest", std::int64_t{0}}},
         .constants = {ints({3})}},
        {"Trilu", {{2, 3, 4}}},
        {"Trilu", {{3, 4}}, {{"upper", std::int64_t{0}}}, {at::tensor(-1, at::kLong)}},
        {.op = "OneHot",
         .shapes = {{2}},
         .between = {{0, ints({0, 2, -1, 7})}, {1, at::tensor(4, at::kLong)}}},
    };
    for (const auto& more : {gathers_and_scatters(), resizes()})
        cases.insert(cases.end(), more.begin(), more.end());
    return cases;
}

}  // namespace espalier::train
