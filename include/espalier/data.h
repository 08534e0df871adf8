// Examples in memory: what a network reads of each, and what it should give for it. They become floats when a
// batch is made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "espalier/tensor.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::data {

/// What a network reads of every example under one of its inputs' names.
struct Input {
    std::string name = {};  // "": the network's only input, however it is called
    /// Images [n, c, h, w] as u8, or numbers [n, ...]: f32, or i64 (tokens, masks).
    Tensor values{DType::u8, {0, 1, 1, 1}};

    std::int64_t count() const { return values.shape()[0]; }
    bool are_images() const { return values.dtype() == DType::u8; }
    /// What a batch of them holds: integers as they are, everything else as f32.
    DType batch_dtype() const { return values.dtype() == DType::i64 ? DType::i64 : DType::f32; }
    /// Of one example.
    Shape example_shape() const { return {values.shape().begin() + 1, values.shape().end()}; }
};

/// A class that stands for none: padding, or a pixel that nobody labelled. It is neither trained nor counted.
inline constexpr std::int32_t kNoClass = -1;

struct Examples {
    Examples() = default;
    /// Of one input and one class each.
    Examples(Tensor values, const std::vector<std::int32_t>& classes)
        : inputs{{.values = std::move(values)}},
          targets(Tensor::of<std::int32_t>({static_cast<std::int64_t>(classes.size())}, classes)) {}

    std::vector<Input> inputs{Input{}};  // images first
    /// i32 [n]: a class each. i32 [n, ...]: a class at every position, or kNoClass. f32 [n, ...]: numbers.
    Tensor targets{DType::i32, {0}};

    std::int64_t count() const { return targets.shape()[0]; }
    bool have_classes() const { return targets.dtype() == DType::i32; }
    bool have_positions() const { return have_classes() && targets.rank() > 1; }
    std::span<const std::int32_t> classes() const { return targets.as<std::int32_t>(); }
    Tensor& images() { return inputs.front().values; }
    const Tensor& images() const { return inputs.front().values; }
    bool are_images() const { return inputs.front().are_images(); }
};

/// Examples `indices` of all.
Examples select(const Examples& all, std::span<const std::uint32_t> indices);

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
    Normalization normalization;  // of the first input; others are as they are
    std::int64_t classes = 0;     // 0: targets are numbers

    /// [c, h, w] of one example, or of another kind of numbers their dimensions; of the first input.
    Shape example_shape() const { return train.inputs.front().example_shape(); }
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
    std::vector<std::int64_t> ignore = {};  // targets that stand for none, as padding
};

/// Throws InvalidArgument (unknown data set, validation split not smaller than the set, more test examples
/// than there are, no stored constants),
/// IoError (missing file, with where to get it and where to put it) or BadData (wrong magic, truncated,
/// inputs and targets of different count, a label beyond the classes, inputs of different shapes, targets
/// that are not finite).
Dataset load(const Source& source);

/// Batches of an epoch over `count` examples; the last may be smaller.
std::int64_t steps_per_epoch(std::int64_t count, std::int64_t batch_size);

/// The order of examples in one epoch: a permutation of 0..count-1 drawn from (seed, epoch), so it can be
/// recomputed at any step of any epoch.
std::vector<std::uint32_t> epoch_order(std::uint64_t seed, std::int64_t epoch, std::int64_t count);

/// Writes examples `indices`, of i64, as they are to `out` [indices.size(), ...].
void gather(const Input& input, std::span<const std::uint32_t> indices, std::span<std::int64_t> out);

/// Writes examples `indices` as normalised floats to `out` [indices.size(), c, h, w]. Vectorised.
void gather(const Input& input, const Normalization& normalization, std::span<const std::uint32_t> indices,
            std::span<float> out);

/// Random changes of training images.
struct Augmentation {
    bool flip = false;  // mirror left and right, half of the time
    std::int64_t crop =
        0;  // pad by as many bytes 0 (black, before normalisation) on every side, cut back anywhere
    bool any() const { return flip || crop > 0; }
};

/// gather() of images changed at random. What happens to an example depends on (seed, epoch, its index)
/// alone.
void gather(const Input& input, const Normalization& normalization, const Augmentation& augmentation,
            std::uint64_t seed, std::int64_t epoch, std::span<const std::uint32_t> indices,
            std::span<float> out);

}  // namespace espalier::data

#pragma GCC visibility pop
