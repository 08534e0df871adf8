// Labelled examples in memory, as the bytes they were stored in; they become floats when a batch is made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "espalier/tensor.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::data {

/// Images [n, c, h, w] as bytes, or [n, ...] of f32 or i64 for networks that read other numbers (features,
/// tokens); and one class each.
struct Examples {
    Tensor images{DType::u8, {0, 1, 1, 1}};
    std::vector<std::int32_t> labels;
    std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
    bool are_images() const { return images.dtype() == DType::u8; }
    /// What a batch of them holds: integers as they are, everything else as f32.
    DType batch_dtype() const { return images.dtype() == DType::i64 ? DType::i64 : DType::f32; }
};

/// A float is (byte / 255 - mean) / deviation of its channel; numbers of f32 are as they are if both are
/// empty, else (number - mean) / deviation of their channel, the first dimension of an example. Integers are
/// as they are.
struct Normalization {
    std::vector<float> mean;
    std::vector<float> deviation;
    bool operator==(const Normalization&) const = default;
};

struct Dataset {
    std::string name;
    Examples train;  // without the validation split
    Examples validation;
    Examples test;
    Normalization normalization;
    std::int64_t classes = 0;

    /// [c, h, w] of one example, or of another kind of numbers their dimensions.
    Shape example_shape() const;
};

struct Source {
    std::string dataset = {};         // name in `espalier list datasets`
    std::filesystem::path path = {};  // empty: where the data set is usually found
    std::int64_t validation = 5000;   // examples split off the training set
    std::int64_t test = 0;            // so many of the test examples, drawn at random; 0: all
    std::uint64_t split_seed = 0;     // chooses both; the same for every replicate of an experiment
    /// "stored": constants known for the data set. "computed": mean and deviation over its training files,
    /// the validation split included, so that they do not depend on it. "": stored where known, else
    /// computed; of numbers that are no images, none.
    std::string normalize = {};
};

/// Throws InvalidArgument (unknown data set, validation split not smaller than the set, more test examples
/// than there are, no stored constants),
/// IoError (missing file, with where to get it and where to put it) or BadData (wrong magic, truncated,
/// images and labels of different count, a label beyond the classes, images of different shapes).
Dataset load(const Source& source);

/// Batches of an epoch over `count` examples; the last may be smaller.
std::int64_t steps_per_epoch(std::int64_t count, std::int64_t batch_size);

/// The order of examples in one epoch: a permutation of 0..count-1 drawn from (seed, epoch), so it can be
/// recomputed at any step of any epoch.
std::vector<std::uint32_t> epoch_order(std::uint64_t seed, std::int64_t epoch, std::int64_t count);

/// Writes examples `indices`, of i64, as they are to `out` [indices.size(), ...].
void gather(const Examples& examples, std::span<const std::uint32_t> indices, std::span<std::int64_t> out);

/// Writes examples `indices` as normalised floats to `out` [indices.size(), c, h, w]. Vectorised.
void gather(const Examples& examples, const Normalization& normalization,
            std::span<const std::uint32_t> indices, std::span<float> out);

/// Random changes of training images.
struct Augmentation {
    bool flip = false;  // mirror left and right, half of the time
    std::int64_t crop =
        0;  // pad by as many bytes 0 (black, before normalisation) on every side, cut back anywhere
    bool any() const { return flip || crop > 0; }
};

/// gather() of images changed at random. What happens to an example depends on (seed, epoch, its index)
/// alone.
void gather(const Examples& examples, const Normalization& normalization, const Augmentation& augmentation,
            std::uint64_t seed, std::int64_t epoch, std::span<const std::uint32_t> indices,
            std::span<float> out);

}  // namespace espalier::data

#pragma GCC visibility pop
