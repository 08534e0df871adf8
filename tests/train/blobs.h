// A small data set in memory that a network can learn: each class is its own pattern of bright pixels, with
// noise.
#pragma once

#include "base/random.h"
#include "espalier/data.h"

namespace espalier::testing {

inline data::Examples blob_examples(std::int64_t count, std::int64_t classes, std::int64_t side,
                                    const char* purpose) {
    Tensor images(DType::u8, {count, 1, side, side});
    std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
    Random random(7, purpose);
    auto* pixel = images.as<std::uint8_t>().data();
    for (auto& label : labels) {
        label = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(classes)));
        for (std::int64_t i = 0; i < side * side; ++i) {
            const std::uint64_t bright = (i * 7 + label * 13) % classes < 2 ? 120 : 0;
            *pixel++ = static_cast<std::uint8_t>(bright + random.below(136));
        }
    }
    return {std::move(images), labels};
}

inline data::Dataset blob_dataset(std::int64_t train = 600, std::int64_t classes = 10,
                                  std::int64_t side = 6) {
    return {.name = "blobs",
            .train = blob_examples(train, classes, side, "train"),
            .validation = blob_examples(200, classes, side, "validation"),
            .test = blob_examples(300, classes, side, "test"),
            .normalization = {{0.36F}, {0.22F}},
            .classes = classes};
}

}  // namespace espalier::testing
