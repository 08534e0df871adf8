#include "lottery/network/examples.h"

#include <algorithm>

#include "base/random.h"

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

data::Examples drawn(const data::Examples& examples, std::int64_t count, std::uint64_t seed) {
    Random random(seed, "examples");
    auto order = random_permutation(static_cast<std::uint32_t>(examples.count()), random);
    order.resize(static_cast<std::size_t>(count));
    std::ranges::sort(order);
    Shape shape = examples.images.shape();
    shape[0] = count;
    data::Examples out{Tensor(examples.images.dtype(), shape), {}};
    const auto from = examples.images.bytes();
    const std::size_t bytes = order.empty() ? 0 : from.size() / examples.labels.size();
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::ranges::copy(from.subspan(order[i] * bytes, bytes),
                          out.images.bytes().subspan(i * bytes, bytes).begin());
        out.labels.push_back(examples.labels[order[i]]);
    }
    return out;
}

}  // namespace espalier::lottery
