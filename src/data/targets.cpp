#include "data/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "espalier/data.h"
#include "espalier/error.h"
#include "tensor/convert.h"

namespace espalier::data {
namespace {

constexpr std::int64_t kMostClasses = 1'000'000;

/// "example 3", or where an example has many positions "position 7 of example 3".
std::string place_of(std::size_t at, const Tensor& targets) {
    const auto each =
        static_cast<std::size_t>(targets.count() / std::max<std::int64_t>(1, targets.shape()[0]));
    if (each == 1) return fmt::format("example {}", at);
    return fmt::format("position {} of example {}", at % each, at / each);
}

template <class T>
bool copy_classes(const NamedArray& from, std::span<const std::int64_t> ignore,
                  std::span<std::int32_t> classes) {
    if (from.array.dtype() != dtype_of<T>) return false;
    const auto values = from.array.as<T>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Comparisons are by value whatever the type's sign.
        const T value = values[i];
        if (std::ranges::any_of(ignore, [&](std::int64_t other) { return std::cmp_equal(other, value); })) {
            classes[i] = kNoClass;
            continue;
        }
        if (std::cmp_less(value, 0) || std::cmp_greater_equal(value, kMostClasses)) {
            throw BadData(fmt::format("{}: label {} of {}, expected 0 to {}{}", from.where, value,
                                      place_of(i, from.array), kMostClasses - 1,
                                      from.array.rank() > 1 ? " (or one of data.ignore)" : ""));
        }
        classes[i] = static_cast<std::int32_t>(value);
    }
    return true;
}

Tensor classes_of(const NamedArray& from, std::span<const std::int64_t> ignore) {
    Tensor out(DType::i32, from.array.shape());
    const auto classes = out.as<std::int32_t>();
    const bool integers = copy_classes<std::uint8_t>(from, ignore, classes) ||
                          copy_classes<std::int8_t>(from, ignore, classes) ||
                          copy_classes<std::uint16_t>(from, ignore, classes) ||
                          copy_classes<std::int16_t>(from, ignore, classes) ||
                          copy_classes<std::uint32_t>(from, ignore, classes) ||
                          copy_classes<std::int32_t>(from, ignore, classes) ||
                          copy_classes<std::uint64_t>(from, ignore, classes) ||
                          copy_classes<std::int64_t>(from, ignore, classes);
    if (!integers) {
        throw BadData(
            fmt::format("{}: targets are {}, expected integers (classes) or floating point (numbers)",
                        from.where, name_of(from.array.dtype())));
    }
    const Shape& shape = out.shape();
    return shape.size() == 2 && shape[1] == 1 ? std::move(out).reshaped({shape[0]}) : std::move(out);
}

/// An example without a target would be trained on nothing.
void check_each_has_one(const Tensor& targets, const std::string& where) {
    const auto classes = targets.as<std::int32_t>();
    const auto each =
        static_cast<std::size_t>(targets.count() / std::max<std::int64_t>(1, targets.shape()[0]));
    for (std::size_t at = 0; at < classes.size(); at += each) {
        const auto own = classes.subspan(at, each);
        if (std::ranges::all_of(own, [](std::int32_t one) { return one == kNoClass; }))
            throw BadData(
                fmt::format("{}: example {} has no target that data.ignore leaves", where, at / each));
    }
}

void check_finite(const Tensor& targets, const std::string& where) {
    const auto values = targets.f32();
    const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
    if (bad == values.end()) return;
    throw BadData(fmt::format("{}: the target of {} is {}, expected a finite number", where,
                              place_of(static_cast<std::size_t>(bad - values.begin()), targets), *bad));
}

}  // namespace

Tensor targets_of(const NamedArray& from, std::span<const std::int64_t> ignore) {
    const DType dtype = from.array.dtype();
    if (from.array.rank() == 0 || (from.array.count() == 0 && from.array.rank() > 1)) {
        throw BadData(fmt::format("{}: targets are {}, expected [n] or [n, ...]", from.where,
                                  to_string(from.array.shape())));
    }
    if (dtype == DType::f32 || dtype == DType::f64 || dtype == DType::f16) {
        if (!ignore.empty())
            throw BadData(fmt::format("{}: targets are {}, and data.ignore is for integers (classes)",
                                      from.where, name_of(dtype)));
        Tensor numbers = converted(from.array, DType::f32);
        check_finite(numbers, from.where);
        return numbers;
    }
    Tensor classes = classes_of(from, ignore);
    if (!ignore.empty()) check_each_has_one(classes, from.where);
    return classes;
}

std::int64_t count_classes(const Tensor& targets, const std::string& where) {
    if (targets.dtype() != DType::i32 || targets.count() == 0) return 0;
    const auto classes = targets.as<std::int32_t>();
    const auto [least, most] = std::ranges::minmax_element(classes);
    if (*least != 0 && targets.rank() == 1) {
        throw BadData(fmt::format("{}: training labels are {} to {}, expected them to count from 0", where,
                                  *least, *most));
    }
    return std::int64_t{*most} + 1;
}

}  // namespace espalier::data
