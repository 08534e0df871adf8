// Processes that train one network together, each with its share of every batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "espalier/error.h"
#include "store/shard.h"

namespace espalier::train {

/// Another rank has ended, or cannot be reached any more.
class RankLost : public Error {
  public:
    using Error::Error;
};

/// Every call is made by all ranks, in the same order; each waits for the others.
class Ranks {
  public:
    virtual ~Ranks() = default;

    virtual int rank() const = 0;  // from 0
    virtual int size() const = 0;

    /// values = the sum of all ranks' values, in pairs of neighbours and then pairs of pairs: ((0 + 1) + (2 +
    /// 3)) + ..., on every rank to the same bits. All give as many. Throws RankLost.
    virtual void sum(std::span<float> values) = 0;
    /// The texts of all ranks, in their order; they may differ in length. Throws RankLost.
    virtual std::vector<std::string> gather(const std::string& text) = 0;

    /// Bytes of sums that this rank has sent so far.
    std::int64_t bytes_sent() const { return bytes_sent_; }

    bool is_first() const { return rank() == 0; }
    /// The first rank's.
    std::string from_first(const std::string& text) { return gather(text).front(); }
    /// True on all if it is on one of them.
    bool any(bool here);
    /// Throws Error with the same words on all ranks unless all give the same text: `rank 2 has another
    /// WHAT than rank 0: TEXT, not TEXT`.
    void require_same(const std::string& what, const std::string& text);

  protected:
    std::int64_t bytes_sent_ = 0;
};

inline bool has_others(const Ranks* ranks) { return ranks != nullptr && ranks->size() > 1; }
/// Whether this process is the one that leaves files: alone, or the first.
inline bool writes(const Ranks* ranks) { return ranks == nullptr || ranks->is_first(); }

/// Where the ranks of one training meet.
struct Meeting {
    store::Shard place;            // this one's rank, and how many there are
    std::filesystem::path folder;  // which all of them see; there the first rank says how it is reached
    double patience_seconds = 300;
    const std::atomic<bool>* stop = nullptr;  // once it is set nobody is waited for
};

/// Returns when all have come; one rank alone waits for nobody. Of several trainings only one at a time may
/// meet in a folder. Throws Error if somebody stays away, Interrupted, and Unsupported in a build without
/// Gloo.
std::unique_ptr<Ranks> meet(const Meeting& meeting);

}  // namespace espalier::train
