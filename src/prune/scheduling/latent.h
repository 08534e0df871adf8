// What is trained in the place of a weight: numbers, one a weight, that decide which weights take part, and
// that may be the weights themselves. One file in prune/latents each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/random.h"
#include "base/table.h"
#include "espalier/mask.h"

namespace espalier::prune {

/// How much of one weight tensor takes part.
struct LatentBudget {
    std::int64_t kept = 0;     // computes
    std::int64_t updated = 0;  // of which the latents are trained; at least what is kept
    std::int64_t inputs = 1;   // of each output
};

/// One weight as its gradient sees it.
struct LatentElement {
    float gradient = 0;  // dL/dw of what the network computed with, taken as if it took part
    float initial = 0;   // the weight at step 0
    float latent = 0;
    bool kept = false;
    double share = 1;  // of the tensor's weights that are kept
    double decay = 0;  // regularize.l2
};

struct Latent {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    std::string_view source;
    /// First values. `inputs` of each output, `share` of the weights to be kept.
    void (*start)(std::span<const float> initial, std::int64_t inputs, double share, Random& random,
                  std::span<float> latent) = nullptr;
    /// The weights with the greatest are kept; of equal ones the earlier.
    float (*score)(float latent) = nullptr;
    /// What a weight is where it takes part: itself at step 0, or its latent.
    bool is_weight = false;
    /// How likely a weight is to take part in a step of training; nullptr: exactly those that are kept do.
    float (*chance)(float latent) = nullptr;
    /// dL/dlatent, straight through the choice.
    float (*gradient)(const LatentElement& element) = nullptr;
    /// Nothing else is trained.
    bool freezes_others = false;
    bool reads_decay = false;
};

/// The files of prune/latents.
const Table<Latent>& latents();

/// The `count` with the greatest scores.
Mask best_latents(const Latent& kind, const Shape& shape, std::span<const float> latent, std::int64_t count);

}  // namespace espalier::prune
