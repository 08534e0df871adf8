// Which weights are kept. One bit a weight: 1 kept, 0 pruned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/tensor.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::prune {

class Mask {
  public:
    Mask() = default;
    /// Everything kept, or everything pruned.
    explicit Mask(Shape shape, bool kept = true);

    const Shape& shape() const { return shape_; }
    std::int64_t count() const { return count_; }
    std::int64_t kept() const;

    bool operator[](std::int64_t index) const { return (words_[index / 64] >> (index % 64) & 1) != 0; }
    void set(std::int64_t index, bool kept);

    /// Bit i of word i / 64; bits behind the last weight are 0.
    std::span<const std::uint64_t> words() const { return words_; }
    std::span<std::uint64_t> words() { return words_; }

    /// Sets the pruned ones of `values` to +0. Throws InvalidArgument on another count.
    void apply(std::span<float> values) const;
    /// 1.0F where kept, 0.0F where pruned.
    std::vector<float> to_floats() const;

    bool operator==(const Mask&) const = default;

  private:
    Shape shape_{0};
    std::int64_t count_ = 0;
    std::vector<std::uint64_t> words_;
};

/// Masks by the name of their weight. What is not in it is kept whole and is not prunable: the counts below,
/// and so every "share of weights left", are over these tensors.
class MaskSet {
  public:
    MaskSet() = default;

    void insert(std::string name, Mask mask) { masks_.insert_or_assign(std::move(name), std::move(mask)); }
    bool contains(std::string_view name) const { return masks_.contains(name); }
    /// Throws InvalidArgument if there is none of that name.
    const Mask& at(std::string_view name) const;

    auto begin() const { return masks_.begin(); }
    auto end() const { return masks_.end(); }
    std::size_t size() const { return masks_.size(); }
    bool empty() const { return masks_.empty(); }

    std::int64_t count() const;
    std::int64_t kept() const;
    /// kept() / count(); 1 when empty.
    double density() const;

    /// Zeroes what is pruned. Throws InvalidArgument if a weight is missing or has another shape.
    void apply(Weights& weights) const;

    bool operator==(const MaskSet&) const = default;

  private:
    std::map<std::string, Mask, std::less<>> masks_;
};

// Set algebra on what is kept. Throws InvalidArgument unless both have the same shape (Mask), or masks of the
// same names and shapes (MaskSet).
Mask operator&(const Mask& a, const Mask& b);
Mask operator|(const Mask& a, const Mask& b);
/// Kept in a but not in b.
Mask operator-(const Mask& a, const Mask& b);
MaskSet operator&(const MaskSet& a, const MaskSet& b);
MaskSet operator|(const MaskSet& a, const MaskSet& b);
MaskSet operator-(const MaskSet& a, const MaskSet& b);

/// Number of weights that one keeps and the other does not. Divided by count(): the distance of early-bird
/// tickets (You et al. 2020).
std::int64_t hamming_distance(const Mask& a, const Mask& b);
std::int64_t hamming_distance(const MaskSet& a, const MaskSet& b);
/// Weights kept by both / weights kept by either (Jaccard); 1 when neither keeps any.
double overlap(const Mask& a, const Mask& b);
double overlap(const MaskSet& a, const MaskSet& b);

/// Safetensors: for each mask a U64 tensor of its words, with the shapes in the metadata.
void save(const std::filesystem::path& path, const MaskSet& masks);
/// Throws IoError or BadData.
MaskSet load_masks(const std::filesystem::path& path);

}  // namespace espalier::prune

#pragma GCC visibility pop
