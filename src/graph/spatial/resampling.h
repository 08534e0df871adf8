// How a Resize maps places of its output to places of its input, along one dimension.
#pragma once

#include <array>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// One place of the output: what it takes of which places of the input.
struct Sample {
    std::array<std::int64_t, 4> places{};
    std::array<double, 4> weights{};
    int count = 0;
    bool outside = false;  // of the region that is resized
};

/// Along a dimension of `size` places that becomes `target` places.
struct Resampling {
    enum class Mode : std::uint8_t { nearest, linear, cubic };
    Mode mode = Mode::nearest;
    std::string transformation;  // coordinate_transformation_mode
    std::string rounding;        // nearest_mode
    double cubic_a = -0.75;
    bool exclude_outside = false;

    /// The attributes of a Resize. Throws InvalidModel or Unsupported, naming the node.
    static Resampling of(const Node& node);

    /// `begin` and `end` of the region that is resized count with tf_crop_and_resize only.
    std::vector<Sample> along(std::int64_t size, std::int64_t target, double scale, double begin,
                              double end) const;

  private:
    double source(std::int64_t place, std::int64_t size, std::int64_t target, double scale, double begin,
                  double end) const;
    Sample sample(double at, std::int64_t size) const;
};

}  // namespace espalier
