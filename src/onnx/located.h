// Where an error in a model is.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "espalier/error.h"

namespace espalier::onnx {

/// Names come from the file: control characters in them must not reach a terminal.
std::string printable(std::string_view text);

/// Calls body() and puts `where` in front of the message of what it throws.
template <class Body>
auto located(const std::string& where, Body&& body) {
    try {
        return body();
    } catch (const Unsupported& error) {
        throw Unsupported(printable(fmt::format("{}: {}", where, error.what())));
    } catch (const InvalidModel& error) {
        throw InvalidModel(printable(fmt::format("{}: {}", where, error.what())));
    } catch (const InvalidArgument& error) {
        throw InvalidModel(printable(fmt::format("{}: {}", where, error.what())));
    }
}

}  // namespace espalier::onnx
