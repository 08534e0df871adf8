// Sets that grow together, of which some cannot go.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace espalier {

/// Sets of things that go together. Those that cannot go have a reason.
class Things {
  public:
    std::size_t add(std::size_t count) {
        const std::size_t first = roots_.size();
        for (std::size_t i = 0; i < count; ++i) roots_.push_back(first + i);
        return first;
    }
    std::size_t find(std::size_t thing) {
        while (roots_[thing] != thing) thing = roots_[thing] = roots_[roots_[thing]];
        return thing;
    }
    void join(std::size_t a, std::size_t b) {
        a = find(a);
        b = find(b);
        if (a == b) return;
        roots_[std::max(a, b)] = std::min(a, b);
        const auto reason = refused_.find(std::max(a, b));
        if (reason != refused_.end()) refused_.emplace(std::min(a, b), reason->second);
    }
    void refuse(std::size_t thing, const std::string& why) { refused_.emplace(find(thing), why); }
    std::string refusal(std::size_t thing) {
        const auto found = refused_.find(find(thing));
        return found == refused_.end() ? "" : found->second;
    }

  private:
    std::vector<std::size_t> roots_;
    std::map<std::size_t, std::string> refused_;
};

}  // namespace espalier
