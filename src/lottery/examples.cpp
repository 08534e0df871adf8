#include "lottery/examples.h"

#include <algorithm>

namespace espalier::lottery {

data::Examples examples_from(const data::Examples& examples, std::int64_t begin, std::int64_t count) {
    count = std::clamp<std::int64_t>(examples.count() - begin, 0, count);
    Shape shape = examples.images.shape();
    const auto bytes =
        examples.images.bytes().size() / static_cast<std::size_t>(std::max<std::int64_t>(1, shape[0]));
    shape[0] = count;
    data::Examples out{Tensor(examples.images.dtype(), shape), {}};
    const auto first = bytes * static_cast<std::size_t>(begin);
    std::ranges::copy(examples.images.bytes().subspan(first, bytes * static_cast<std::size_t>(count)),
                      out.images.bytes().begin());
    out.labels.assign(examples.labels.begin() + begin, examples.labels.begin() + begin + count);
    return out;
}

}  // namespace espalier::lottery
