// Where exceptions end: a C function's body runs in guarded(), which gives a status and keeps the text.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string_view>

#include "espalier/c.h"
#include "espalier/error.h"

namespace espalier::c_api {

/// Of the exception in flight; its text becomes espalier_last_error().
espalier_status keep_error() noexcept;

template <class Body>
espalier_status guarded(const Body& body) noexcept {
    try {
        body();
        return ESPALIER_OK;
    } catch (...) {
        return keep_error();
    }
}

/// `*pointer`. Throws InvalidArgument, `FUNCTION: WHAT is NULL`.
template <class T>
T& given(T* pointer, std::string_view function, std::string_view what) {
    if (pointer == nullptr) throw InvalidArgument(fmt::format("{}: {} is NULL", function, what));
    return *pointer;
}

/// Throws InvalidArgument for options of another version than this library's.
template <class Options>
void check_size(const Options& options, std::string_view function) {
    if (options.size == sizeof(Options)) return;
    throw InvalidArgument(fmt::format("{}: options of {} bytes, expected {}: {}", function, options.size,
                                      sizeof(Options),
                                      options.size > sizeof(Options) ? "those of a newer version of Espalier"
                                                                     : "begin with ESPALIER_..._OPTIONS"));
}

/// `given` with what options of its size did not have yet from `defaults`. `least`: how many bytes the first
/// version had.
template <class Options>
Options whole(const Options& given, Options defaults, std::size_t least, std::string_view function) {
    if (given.size > sizeof(Options) || given.size < least) check_size(given, function);
    std::memcpy(&defaults, &given, given.size);
    return defaults;
}

}  // namespace espalier::c_api
