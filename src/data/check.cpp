#include "data/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "espalier/error.h"

namespace espalier::data {

void check_labels(std::span<const std::int32_t> labels, std::int64_t classes, const std::string& where) {
    const auto bad = std::find_if(labels.begin(), labels.end(),
                                  [&](std::int32_t label) { return label < 0 || label >= classes; });
    if (bad == labels.end()) return;
    throw BadData(fmt::format("{}: label {} of example {}, expected 0 to {}", where, *bad,
                              bad - labels.begin(), classes - 1));
}

std::string missing_labels(const Dataset& dataset) {
    constexpr std::size_t kNamed = 5;
    std::vector<std::string> parts;
    const auto look = [&](const std::vector<const Examples*>& all, const char* what) {
        std::vector<bool> seen(static_cast<std::size_t>(dataset.classes));
        for (const Examples* examples : all) {
            for (const std::int32_t label : examples->labels) seen[static_cast<std::size_t>(label)] = true;
        }
        std::vector<std::string> missing;  // not all of them: a label may be a large number by mistake
        std::size_t count = 0;
        for (std::size_t label = 0; label < seen.size(); ++label) {
            if (seen[label]) continue;
            if (++count <= kNamed) missing.push_back(std::to_string(label));
        }
        if (missing.empty()) return;
        if (count > kNamed) missing.back() = fmt::format("{} more", count - kNamed + 1);
        const std::string last = missing.back();
        missing.pop_back();
        parts.push_back(fmt::format("{}{}{} {} no {} example", fmt::join(missing, ", "),
                                    missing.empty() ? "" : " and ", last, count == 1 ? "has" : "have", what));
    };
    look({&dataset.train, &dataset.validation}, "training");
    look({&dataset.test}, "test");
    if (parts.empty()) return "";
    return fmt::format("of the labels 0 to {}, {}", dataset.classes - 1, fmt::join(parts, "; "));
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
