// Long calls: the GIL is released, Ctrl-C stops them at a safe point, and progress is told on the thread that
// called.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "espalier/experiment.h"

namespace espalier::python {

/// `body(watch)` on a thread of its own. `progress(share, what)` is a callable of Python or None; what it
/// raises, and KeyboardInterrupt, stop the body and are raised when it has ended.
template <class Body>
auto watched(const nanobind::object& progress, const Body& body) {
    using Result = decltype(body(std::declval<const experiment::Watch&>()));
    std::mutex mutex;
    std::condition_variable woken;
    std::optional<std::pair<double, std::string>> news;
    bool done = false;
    std::optional<Result> result;
    std::exception_ptr failure;
    std::atomic<bool> stop{false};
    experiment::Watch watch{.progress =
                                [&](double share, const std::string& what) {
                                    const std::scoped_lock lock(mutex);
                                    news.emplace(share, what);
                                    woken.notify_one();
                                },
                            .stop = &stop};
    std::thread worker([&] {
        try {
            result.emplace(body(watch));
        } catch (...) {
            failure = std::current_exception();
        }
        const std::scoped_lock lock(mutex);
        done = true;
        woken.notify_one();
    });
    std::exception_ptr raised;
    for (bool is_last = false; !is_last;) {
        std::optional<std::pair<double, std::string>> told;
        {
            const nanobind::gil_scoped_release released;
            std::unique_lock lock(mutex);
            woken.wait_for(lock, std::chrono::milliseconds(50), [&] { return done || news; });
            told = std::exchange(news, std::nullopt);
            is_last = done;
        }
        if (raised) continue;
        try {
            if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
            if (told && !progress.is_none()) progress(told->first, told->second);
        } catch (...) {
            raised = std::current_exception();
            stop = true;
        }
    }
    worker.join();
    if (raised) std::rethrow_exception(raised);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
}

}  // namespace espalier::python
