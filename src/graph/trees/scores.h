// What becomes of the sums over the leaves: base values, the function behind, the label of a classifier.
//
// ONNX leaves much of it open; this is what ONNX Runtime gives. T is float, or double where the input is.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "graph/trees/ensemble.h"

namespace espalier::trees {

template <class T>
T logistic(T x) {
    const T y = 1 / (1 + std::exp(-std::abs(x)));
    return x < 0 ? 1 - y : y;
}

/// sqrt(2) * erfinv(2 x - 1), by Winitzki's approximation, in f32.
template <class T>
T probit(T x) {
    const float wide = 2 * static_cast<float>(x) - 1;
    const float sign = wide < 0 ? -1.0F : 1.0F;
    const float log = std::log((1 - wide) * (1 + wide));
    const float half = 2 / (3.14159F * 0.147F) + 0.5F * log;
    return static_cast<T>(1.41421356F * sign * std::sqrt(-half + std::sqrt(half * half - 1 / 0.147F * log)));
}

/// exp(x - max) / sum. Of softmax_zero, what is 0 stays 0.
template <class T>
void softmax(std::span<T> scores, bool keep_zeros) {
    T most = std::numeric_limits<T>::lowest();
    for (const T score : scores) most = std::max(most, score);
    T sum = 0;
    for (T& score : scores) {
        if (keep_zeros && std::abs(score) <= T(0.0000001)) {
            score *= std::exp(-most);
        } else {
            score = std::exp(score - most);
            sum += score;
        }
    }
    for (T& score : scores) score /= sum;
}

template <class T>
void post_transform(PostTransform post, std::span<T> scores) {
    switch (post) {
        case PostTransform::none:
            return;
        case PostTransform::logistic:
            for (T& score : scores) score = logistic(score);
            return;
        case PostTransform::probit:
            for (T& score : scores) score = probit(score);
            return;
        case PostTransform::softmax:
        case PostTransform::softmax_zero:
            return softmax(scores, post == PostTransform::softmax_zero);
    }
}

/// Of two classes by one score. Where that is the second one's, the first stays at 0 and the function is of
/// both.
template <class T>
std::int64_t finish_binary(const Ensemble& ensemble, std::span<T> scores, bool of_second) {
    const auto& base = ensemble.base;
    if (of_second && base.size() != 2) {
        scores[0] = base.empty() ? T(0) : static_cast<T>(base.front());
        const T alone = scores[1];
        post_transform(ensemble.post, scores);
        return ensemble.labels[alone > (ensemble.positive ? T(0.5) : T(0)) ? 1 : 0];
    }
    T score = scores[0] + scores[1];  // only one of them is ever scored
    if (!base.empty()) score += static_cast<T>(base.back());
    // Two base values stand for scores of either sign.
    const bool positive = ensemble.positive && base.size() != 2;
    if (base.size() == 2) {
        scores[1] = score;
        scores[0] = -score;
        post_transform(ensemble.post, scores);
    } else if (positive && ensemble.post != PostTransform::logistic) {
        scores[0] = 1 - score;
        scores[1] = score;
    } else {
        const bool squashed = ensemble.post == PostTransform::logistic;
        scores[0] = squashed ? logistic(-score) : -score;
        scores[1] = squashed ? logistic(score) : score;
    }
    return ensemble.labels[score > (ensemble.positive ? T(0.5) : T(0)) ? 1 : 0];
}

/// `scores`: one sum (or least, or largest) for each output; gets what the operator gives. `scored`: whether
/// any leaf said something of an output. Returns the label; 0 without labels.
template <class T>
std::int64_t finish(const Ensemble& ensemble, std::span<T> scores, std::span<const std::uint8_t> scored) {
    if (ensemble.binary) return finish_binary(ensemble, scores, scored[1] != 0);
    const auto& base = ensemble.base;
    std::int64_t best = -1;
    for (std::size_t k = 0; k < scores.size(); ++k) {
        if (ensemble.aggregate == Aggregate::average) scores[k] /= static_cast<T>(ensemble.roots.size());
        if (base.size() == scores.size()) scores[k] += static_cast<T>(base[k]);
        const bool counts = scored[k] != 0 || base.size() == scores.size();
        if (counts && (best < 0 || scores[k] > scores[static_cast<std::size_t>(best)]))
            best = static_cast<std::int64_t>(k);
    }
    std::int64_t label = 0;
    if (ensemble.classifies) {
        // Of two scored classes the second one decides alone.
        if (ensemble.outputs == 2) best = scores[1] > 0 ? 1 : 0;
        label = ensemble.labels[static_cast<std::size_t>(std::max<std::int64_t>(best, 0))];
    }
    if (ensemble.outputs == 1 && !ensemble.classifies && ensemble.post != PostTransform::probit) return 0;
    post_transform(ensemble.post, scores);
    return label;
}

}  // namespace espalier::trees
