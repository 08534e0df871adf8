// The steps of compiling a graph: which are left out, and how long each takes.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/runtime.h"

namespace espalier::runtime {

/// Of one compilation.
class CompileLog {
  public:
    /// Throws InvalidArgument for steps that are not known, or without which nothing runs.
    explicit CompileLog(std::span<const std::string> without);

    bool does(std::string_view step) const;
    /// What `body` gives; its time is added to that of the step.
    template <class Body>
    auto time(std::string_view step, const Body& body) {
        const Clock clock(*this, step);
        return body();
    }
    const std::vector<CompileTime>& times() const { return entries_; }

  private:
    struct Clock {
        Clock(CompileLog& into, std::string_view which) : log(into), step(which) {}
        Clock(const Clock&) = delete;
        Clock& operator=(const Clock&) = delete;
        ~Clock() {
            const std::chrono::duration<double, std::micro> us = std::chrono::steady_clock::now() - start;
            log.add(step, us.count());
        }
        CompileLog& log;
        std::string_view step;
        std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    };
    void add(std::string_view step, double us);

    std::vector<std::string> without_;
    std::vector<CompileTime> entries_;
};

}  // namespace espalier::runtime
