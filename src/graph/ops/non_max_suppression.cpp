// NonMaxSuppression: of the boxes of each image and class, by falling score, those that overlap no chosen one
// by more than iou_threshold. boxes [N, B, 4], scores [N, C, B] -> [chosen, 3] of image, class, box.
// center_point_box = 0: corners (y1, x1, y2, x2) in any order; 1: (x, y, width, height) around the centre.
#include <algorithm>
#include <numeric>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::non_max_suppression_ {
namespace {

void infer(InferContext& context) {
    context.require_rank(0, 3, "boxes");
    context.require_rank(1, 3, "scores");
    for (const std::size_t i : {0, 1}) {
        if (context.input(i).dtype != DType::f32)
            context.fail("input " + std::to_string(i) + " holds " +
                         std::string(name_of(context.input(i).dtype)) + ", expected f32");
    }
    const Dims& boxes = context.input(0).dims;
    const Dims& scores = context.input(1).dims;
    context.unify(Dim(4), boxes[2], "numbers of a box");
    context.unify(boxes[0], scores[0], "images");
    context.unify(boxes[1], scores[2], "boxes");
    for (const std::size_t i : {3, 4}) {
        if (context.has_input(i) && context.input(i).dtype != DType::f32)
            context.fail("thresholds must be f32");
    }
    if (context.has_input(2) && context.input(2).dtype != DType::i64)
        context.fail("max_output_boxes_per_class must be i64");
    context.set_output(0, {DType::i64, {Dim(), Dim(3)}});
}

struct Box {
    float top, left, bottom, right;
    float area() const { return (bottom - top) * (right - left); }
};

Box box_of(const float* at, bool centred) {
    if (centred) return {at[1] - at[3] / 2, at[0] - at[2] / 2, at[1] + at[3] / 2, at[0] + at[2] / 2};
    return {std::min(at[0], at[2]), std::min(at[1], at[3]), std::max(at[0], at[2]), std::max(at[1], at[3])};
}

/// What both cover, over what any of them covers.
float overlap(const Box& a, const Box& b) {
    const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
    if (height <= 0 || width <= 0) return 0;
    const float both = height * width;
    const float any = a.area() + b.area() - both;
    return any > 0 ? both / any : 0;
}

struct Rule {
    std::int64_t most = 0;
    float overlap = 0;
    const float* least = nullptr;  // a score must be above it
};

/// Of one image and class.
std::vector<std::int64_t> chosen(const std::vector<Box>& boxes, const float* scores, const Rule& rule) {
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < std::ssize(boxes); ++i) {
        if (rule.least == nullptr || scores[i] > *rule.least) order.push_back(i);
    }
    std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) { return scores[a] > scores[b]; });
    std::vector<std::int64_t> kept;
    for (const std::int64_t i : order) {
        if (std::ssize(kept) >= rule.most) break;
        const auto covers = [&](std::int64_t k) {
            return overlap(boxes[static_cast<std::size_t>(k)], boxes[static_cast<std::size_t>(i)]) >
                   rule.overlap;
        };
        if (std::ranges::none_of(kept, covers)) kept.push_back(i);
    }
    return kept;
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(1).shape();
    const bool centred = e.node().attribute_int("center_point_box", 0) != 0;
    const auto number = [&](std::size_t i) {
        return e.has_input(i) && e.input(i).count() > 0 ? e.data<float>(i) : nullptr;
    };
    const float* threshold = number(3);
    Rule rule{.overlap = threshold == nullptr ? 0 : *threshold, .least = number(4)};
    if (e.has_input(2) && e.input(2).count() > 0) rule.most = e.data<std::int64_t>(2)[0];
    std::vector<std::int64_t> found;
    for (std::int64_t n = 0; n < shape[0]; ++n) {
        std::vector<Box> boxes;
        for (std::int64_t i = 0; i < shape[2]; ++i)
            boxes.push_back(box_of(e.data<float>(0) + (n * shape[2] + i) * 4, centred));
        for (std::int64_t c = 0; c < shape[1]; ++c) {
            const float* scores = e.data<float>(1) + (n * shape[1] + c) * shape[2];
            for (const std::int64_t i : chosen(boxes, scores, rule)) found.insert(found.end(), {n, c, i});
        }
    }
    e.set_output(0, Tensor::of<std::int64_t>({std::ssize(found) / 3, 3}, found));
}

constexpr std::size_t kSettings[] = {2, 3, 4};

}  // namespace

extern const Operator non_max_suppression{.name = "NonMaxSuppression",
                                          .summary = "boxes that do not overlap better ones",
                                          .min_inputs = 2,
                                          .max_inputs = 5,
                                          .infer = infer,
                                          .evaluate = evaluate,
                                          .settings = kSettings};

}  // namespace espalier::ops_::non_max_suppression_
