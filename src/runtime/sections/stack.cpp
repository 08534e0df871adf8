#include "runtime/sections/stack.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "espalier/error.h"

namespace espalier::runtime {
namespace {

constexpr std::size_t kCheckedFrom = std::size_t{1} << 26;  // bytes; less is not asked for

}  // namespace

void Stack::push(const Tensor& tensor, const std::string& where) {
    if (count_ == 0) {
        dtype_ = tensor.dtype();
        shape_ = tensor.shape();
    } else if (tensor.shape() != shape_ || tensor.dtype() != dtype_) {
        throw InvalidModel(fmt::format("{}: a round gives {} {}, those before {} {}, and they are stacked",
                                       where, name_of(tensor.dtype()), to_string(tensor.shape()),
                                       name_of(dtype_), to_string(shape_)));
    }
    const auto bytes = tensor.bytes();
    if (bytes_.size() + bytes.size() > bytes_.capacity()) {
        const std::size_t wanted = std::max(2 * bytes_.capacity(), bytes_.size() + bytes.size());
        if (wanted > kCheckedFrom && wanted > available_memory()) refuse_memory(wanted);
        bytes_.reserve(wanted);
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    ++count_;
}

Tensor Stack::take(const ValueType& type, std::int64_t axis, bool is_reversed) && {
    if (count_ == 0) {
        dtype_ = type.dtype;
        for (const Dim& dim : type.dims) shape_.push_back(dim.is_fixed() ? dim.size() : 0);
    }
    const auto rank = static_cast<std::int64_t>(shape_.size()) + 1;
    const auto at = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    Shape whole = shape_;
    whole.insert(whole.begin() + static_cast<std::ptrdiff_t>(at), count_);
    Tensor out(dtype_, whole);
    if (count_ == 0) return out;
    const std::size_t one = bytes_.size() / static_cast<std::size_t>(count_);
    std::size_t before = 1;
    for (std::size_t d = 0; d < at; ++d) before *= static_cast<std::size_t>(shape_[d]);
    const std::size_t run = before == 0 ? 0 : one / before;
    for (std::int64_t i = 0; i < count_; ++i) {
        const auto place = static_cast<std::size_t>(is_reversed ? count_ - 1 - i : i);
        for (std::size_t b = 0; b < before; ++b) {
            const std::byte* from = bytes_.data() + static_cast<std::size_t>(i) * one + b * run;
            std::copy_n(from, run, out.bytes().data() + (b * static_cast<std::size_t>(count_) + place) * run);
        }
    }
    return out;
}

Slices::Slices(const TensorView& whole, std::int64_t axis, bool is_reversed)
    : whole_(whole), is_reversed_(is_reversed) {
    const auto rank = static_cast<std::int64_t>(whole.shape.size());
    const auto at = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    count_ = whole.shape.at(at);
    Shape shape = whole.shape;
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(at));
    for (std::size_t d = 0; d < at; ++d) before_ *= whole.shape[d];
    behind_ = size_of(whole.dtype);
    for (std::size_t d = at + 1; d < whole.shape.size(); ++d)
        behind_ *= static_cast<std::size_t>(whole.shape[d]);
    slice_ = Tensor(whole.dtype, shape);
}

TensorView Slices::at(std::int64_t index) {
    const std::int64_t step = is_reversed_ ? count_ - 1 - index : index;
    for (std::int64_t b = 0; b < before_; ++b) {
        const std::byte* from = whole_.data + static_cast<std::size_t>(b * count_ + step) * behind_;
        std::copy_n(from, behind_, slice_.bytes().data() + static_cast<std::size_t>(b) * behind_);
    }
    return slice_;
}

}  // namespace espalier::runtime
