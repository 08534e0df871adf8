#include "lottery/cluster/packs.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lottery/plan/needs.h"

namespace espalier::lottery {
namespace {

struct OpenPack {
    std::size_t array = 0;
    double seconds = 0;
    Pack stages = {};
};

class Packer {
  public:
    Packer(const std::vector<StageSpec>& stages, std::span<const double> seconds, double pack_seconds)
        : stages_(stages), seconds_(seconds), pack_seconds_(pack_seconds), pack_of_(stages.size()) {}

    PackPlan plan() {
        for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
            if (seconds_[stage] > 0) place(stage);
        }
        PackPlan plan;
        for (OpenPack& pack : packs_) {
            plan.resize(std::max(plan.size(), pack.array + 1));
            plan[pack.array].push_back(std::move(pack.stages));
        }
        return plan;
    }

  private:
    /// Into the pack of what it needs if that is one, else into the first that has room in the first array
    /// behind all that it needs.
    void place(std::size_t stage) {
        std::set<std::size_t> needed;
        for (const std::size_t need : needs_of(stages_, stage)) {
            if (pack_of_[need]) needed.insert(*pack_of_[need]);
        }
        std::size_t array = 0;
        for (const std::size_t pack : needed) array = std::max(array, packs_[pack].array);
        std::set<std::size_t> last;  // those that it can only follow from within
        for (const std::size_t pack : needed) {
            if (packs_[pack].array == array) last.insert(pack);
        }
        if (last.size() == 1 && has_room(*last.begin(), stage)) return put(*last.begin(), stage);
        if (!last.empty()) ++array;
        for (std::size_t pack = 0; pack < packs_.size(); ++pack) {
            if (packs_[pack].array == array && has_room(pack, stage)) return put(pack, stage);
        }
        packs_.push_back({.array = array});
        put(packs_.size() - 1, stage);
    }

    bool has_room(std::size_t pack, std::size_t stage) const {
        return packs_[pack].seconds + seconds_[stage] <= pack_seconds_;
    }

    void put(std::size_t pack, std::size_t stage) {
        packs_[pack].stages.push_back(stage);
        packs_[pack].seconds += seconds_[stage];
        pack_of_[stage] = pack;
    }

    const std::vector<StageSpec>& stages_;
    std::span<const double> seconds_;
    double pack_seconds_;
    std::vector<OpenPack> packs_;
    std::vector<std::optional<std::size_t>> pack_of_;
};

}  // namespace

PackPlan pack(const std::vector<StageSpec>& stages, std::span<const double> seconds, double pack_seconds) {
    return Packer(stages, seconds, pack_seconds).plan();
}

}  // namespace espalier::lottery
