#include "data/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier::data {

void check_labels(std::span<const std::int32_t> labels, std::int64_t classes, const std::string& where) {
    const auto bad = std::find_if(labels.begin(), labels.end(),
                                  [&](std::int32_t label) { return label < 0 || label >= classes; });
    if (bad == labels.end()) return;
    throw BadData(fmt::format("{}: label {} of example {}, expected 0 to {}", where, *bad,
                              bad - labels.begin(), classes - 1));
}

void check_images(const StoredDataset& stored, const std::string& where) {
    const Shape& train = stored.train.images.shape();
    const Shape& test = stored.test.images.shape();
    for (const Shape* shape : {&train, &test}) {
        if (element_count(*shape) == 0) {
            throw BadData(fmt::format("{}: {} images are {}, expected at least one pixel", where,
                                      shape == &train ? "training" : "test", to_string(*shape)));
        }
    }
    if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1)) {
        throw BadData(fmt::format("{}: training images are {}, but test images are {}", where,
                                  to_string(train), to_string(test)));
    }
}

}  // namespace espalier::data
