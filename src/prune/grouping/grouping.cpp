#include "prune/grouping/grouping.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/multiversion.h"
#include "base/random.h"
#include "prune/grouping/assignment.h"

namespace espalier::prune {
namespace {

using Order = std::vector<std::int64_t>;

constexpr std::int64_t kChunk = 512;   // columns at a time, so that rows and faces stay in the second cache
constexpr std::int64_t kBundle = 128;  // groups among which rows are exchanged at once
constexpr int kSweeps = 12;
constexpr double kLeastGain = 2e-4;  // of what is kept, for one more sweep
constexpr double kMostWork = 4e10;   // products of rows and columns

/// sum_j max(x_j - face_j, 0). Floats suffice for a choice: what is kept is summed in double.
ESPALIER_MULTIVERSION
float above(const float* x, const float* face, std::int64_t count) {
    constexpr std::int64_t kLanes = 16;
    float sums[kLanes] = {};
    std::int64_t j = 0;
    for (; j + kLanes <= count; j += kLanes) {
        for (std::int64_t k = 0; k < kLanes; ++k) {
            const float more = x[j + k] - face[j + k];
            sums[k] += more > 0 ? more : 0;
        }
    }
    float sum = 0;
    for (; j < count; ++j) sum += std::max(x[j] - face[j], 0.0F);
    for (const float one : sums) sum += one;
    return sum;
}

class RowOrder {
  public:
    RowOrder(std::span<const float> values, std::int64_t rows, const Grouping& grouping)
        : values_(values),
          columns_(std::accumulate(
              grouping.layers.begin(), grouping.layers.end(), std::int64_t{0},
              [](std::int64_t sum, const Grouping::Layer& layer) { return sum + layer.columns; })),
          size_(grouping.size),
          groups_(rows / grouping.size),
          grouping_(grouping) {}

    Order find() {
        Order order(static_cast<std::size_t>(groups_ * size_));
        std::iota(order.begin(), order.end(), 0);
        if (groups_ < 2 || columns_ == 0) return order;
        double kept = measure(order);
        Order best = order;
        if (grouping_.keep == 0) {
            Order alike = alike_together();
            if (const double gathered = measure(alike); gathered > kept) {
                kept = gathered;
                best = order = std::move(alike);
            } else {
                measure(order);
            }
        }
        for (int sweep = 0; sweep < kSweeps && work_ < kMostWork; ++sweep) {
            for (std::int64_t member = 0; member < size_; ++member) exchange(order, member);
            const double now = measure(order);
            const bool enough = now < kept * (1 + kLeastGain);
            if (now > kept) {
                kept = now;
                best = order;
            }
            if (enough) break;
        }
        return best;
    }

    /// What is kept, and by the way the thresholds.
    double measure(const Order& order) {
        return grouping_.keep == 0 ? measure_whole(order) : measure_pattern(order);
    }

  private:
    const float* row(std::int64_t index) const { return values_.data() + index * columns_; }
    std::int64_t member(const Order& order, std::int64_t group, std::int64_t which) const {
        return order[static_cast<std::size_t>(group * size_ + which)];
    }

    /// Scores of all groups in columns [first, first + count), group by group.
    std::vector<float> scores(const Order& order, std::int64_t first, std::int64_t count) const {
        std::vector<float> all(static_cast<std::size_t>(groups_ * count));
        for (std::int64_t g = 0; g < groups_; ++g) {
            float* const sums = all.data() + g * count;
            for (std::int64_t m = 0; m < size_; ++m) {
                const float* const x = row(member(order, g, m)) + first;
                for (std::int64_t j = 0; j < count; ++j) sums[j] += x[j];
            }
        }
        return all;
    }

    double measure_whole(const Order& order) {
        double kept = 0;
        std::int64_t first = 0;
        thresholds_.clear();
        for (const Grouping::Layer& layer : grouping_.layers) {
            std::vector<float> all = scores(order, first, layer.columns);
            const auto count = static_cast<std::size_t>(layer.share * static_cast<double>(all.size()) + 0.5);
            const std::size_t last = std::clamp<std::size_t>(count, 1, all.size()) - 1;
            const auto cut = all.begin() + static_cast<std::ptrdiff_t>(last);
            std::nth_element(all.begin(), cut, all.end(), std::greater<>());
            thresholds_.insert(thresholds_.end(), static_cast<std::size_t>(layer.columns), *cut);
            kept += std::accumulate(all.begin(), cut + 1, 0.0);
            first += layer.columns;
        }
        return kept;
    }

    double measure_pattern(const Order& order) {
        double kept = 0;
        std::vector<float> values(static_cast<std::size_t>(size_));
        for (std::int64_t g = 0; g < groups_; ++g) {
            for (std::int64_t j = 0; j < columns_; ++j) {
                for (std::int64_t m = 0; m < size_; ++m)
                    values[static_cast<std::size_t>(m)] = row(member(order, g, m))[j];
                const auto last = values.begin() + std::min(grouping_.keep, size_);
                std::partial_sort(values.begin(), last, values.end(), std::greater<>());
                kept += std::accumulate(values.begin(), last, 0.0);
            }
        }
        return kept;
    }

    /// Groups of rows with the same large columns: the largest row that is left, and those which add most to
    /// it among the next ones.
    Order alike_together() {
        constexpr std::size_t kAhead = 1024;
        Order left(static_cast<std::size_t>(groups_ * size_));
        std::iota(left.begin(), left.end(), 0);
        std::vector<float> sizes;
        std::vector<float> face(static_cast<std::size_t>(columns_));
        const auto set_face = [&](const std::vector<float>& sums, std::int64_t members) {
            for (std::size_t j = 0; j < face.size(); ++j)
                face[j] = thresholds_[j] * static_cast<float>(members) / static_cast<float>(size_) - sums[j];
        };
        const std::vector<float> none(face.size());
        set_face(none, 1);
        for (const std::int64_t index : left) sizes.push_back(above(row(index), face.data(), columns_));
        std::ranges::stable_sort(left, std::greater<>(),
                                 [&](std::int64_t index) { return sizes[static_cast<std::size_t>(index)]; });
        Order order;
        while (!left.empty()) {
            std::vector<float> sums = none;
            for (std::int64_t members = 1; members <= size_; ++members) {
                std::size_t best = 0;
                float most = -1;
                if (members > 1) set_face(sums, members);
                for (std::size_t i = 0; members > 1 && i < std::min(kAhead, left.size()); ++i) {
                    const float more = above(row(left[i]), face.data(), columns_);
                    if (more > most) {
                        most = more;
                        best = i;
                    }
                }
                const float* const x = row(left[best]);
                for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += x[j];
                order.push_back(left[best]);
                left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
            }
        }
        work_ += static_cast<double>(order.size()) * static_cast<double>(std::min(kAhead, order.size())) *
                 static_cast<double>(columns_);
        return order;
    }

    /// Takes one member out of every group, and puts all back where they add most: within bundles of groups,
    /// other ones each time.
    void exchange(Order& order, std::int64_t which) {
        Random random(static_cast<std::uint64_t>(exchanges_++), "grouping/bundles");
        const auto mixed = random_permutation(static_cast<std::uint32_t>(groups_), random);
        for (std::int64_t first = 0; first < groups_; first += kBundle) {
            const std::int64_t count = std::min(kBundle, groups_ - first);
            exchange_among(order, {mixed.data() + first, static_cast<std::size_t>(count)}, which);
        }
    }

    void exchange_among(Order& order, std::span<const std::uint32_t> groups, std::int64_t which) {
        const std::size_t count = groups.size();
        std::vector<double> worth(count * count);
        std::vector<float> faces(count * static_cast<std::size_t>(kChunk));
        for (std::int64_t first = 0; first < columns_; first += kChunk) {
            const std::int64_t width = std::min(kChunk, columns_ - first);
            for (std::size_t g = 0; g < count; ++g)
                write_face(order, groups[g], which, first,
                           {faces.data() + g * kChunk, static_cast<std::size_t>(width)});
            for (std::size_t r = 0; r < count; ++r) {
                const float* const x = row(member(order, groups[r], which)) + first;
                for (std::size_t g = 0; g < count; ++g)
                    worth[r * count + g] += above(x, faces.data() + g * kChunk, width);
            }
        }
        work_ += static_cast<double>(count * count) * static_cast<double>(columns_);
        const std::vector<int> to = best_assignment(worth, static_cast<int>(count));
        double before = 0;
        double after = 0;
        for (std::size_t r = 0; r < count; ++r) {
            before += worth[r * count + r];
            after += worth[r * count + static_cast<std::size_t>(to[r])];
        }
        if (after <= before * (1 + 1e-9)) return;  // equal rows stay where they are
        std::vector<std::int64_t> taken;
        for (const std::uint32_t group : groups) taken.push_back(member(order, group, which));
        for (std::size_t r = 0; r < count; ++r)
            order[static_cast<std::size_t>(groups[static_cast<std::size_t>(to[r])] * size_ + which)] =
                taken[r];
    }

    /// What the rest of a group asks of a row that joins it.
    void write_face(const Order& order, std::int64_t group, std::int64_t which, std::int64_t first,
                    std::span<float> face) const {
        if (grouping_.keep == 0) {
            std::copy_n(thresholds_.begin() + first, face.size(), face.begin());
            for (std::int64_t m = 0; m < size_; ++m) {
                if (m == which) continue;
                const float* const x = row(member(order, group, m)) + first;
                for (std::size_t j = 0; j < face.size(); ++j) face[j] -= x[j];
            }
            return;
        }
        std::vector<float> rest(static_cast<std::size_t>(size_ - 1));
        for (std::size_t j = 0; j < face.size(); ++j) {
            std::size_t at = 0;
            for (std::int64_t m = 0; m < size_; ++m) {
                if (m != which)
                    rest[at++] = row(member(order, group, m))[first + static_cast<std::int64_t>(j)];
            }
            face[j] = 0;
            if (grouping_.keep > static_cast<std::int64_t>(rest.size())) continue;
            const auto nth = rest.begin() + (grouping_.keep - 1);
            std::nth_element(rest.begin(), nth, rest.end(), std::greater<>());
            face[j] = *nth;
        }
    }

    std::span<const float> values_;
    std::int64_t columns_;
    std::int64_t size_;
    std::int64_t groups_;
    const Grouping& grouping_;
    std::vector<float> thresholds_;  // of each column
    std::int64_t exchanges_ = 0;
    double work_ = 0;
};

}  // namespace

std::vector<std::int64_t> order_rows(std::span<const float> values, std::int64_t rows,
                                     const Grouping& grouping) {
    return RowOrder(values, rows, grouping).find();
}

double kept_by_groups(std::span<const float> values, std::span<const std::int64_t> order,
                      const Grouping& grouping) {
    return RowOrder(values, std::ssize(order), grouping).measure(Order(order.begin(), order.end()));
}

}  // namespace espalier::prune
