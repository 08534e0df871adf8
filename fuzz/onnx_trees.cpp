// Trees that were read say the same on every way: as the plain traversal and as the runtime has them, behind
// the lossless passes, and when they are written and read again. Rows are made of the thresholds themselves,
// their neighbours, NaN and infinities. What a file asks for beyond small sizes is left out.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "graph/trees/ensemble.h"
#include "graph/trees/predict.h"
#include "graph/trees/scores.h"
#include "kernels/forest_walk/ranked_trees.h"
#include "runtime/trees/pack_forest.h"
#include "trees/grown/grown.h"
#include "trees/lossless/lossless.h"

namespace {

using espalier::Graph;
using espalier::Node;
using espalier::Tensor;
using espalier::trees::Ensemble;

constexpr std::int64_t kMostColumns = 100;
constexpr std::int64_t kMostOutputs = 100;
constexpr std::size_t kMostNodes = 2000;  // when none is shared
constexpr std::size_t kMostSteps = 2000;  // of a row through all trees, were each as deep as it has nodes

void require(bool holds) {
    if (!holds) std::abort();
}

/// `rows` rows, every other block of them without NaN.
template <class T>
Tensor rows_at_thresholds(const Ensemble& ensemble, std::int64_t rows, std::int64_t columns, bool missing) {
    std::vector<T> values = {0, -1, 1, std::numeric_limits<T>::infinity(),
                             -std::numeric_limits<T>::infinity()};
    for (const auto& node : ensemble.nodes) {
        if (node.is_leaf() || values.size() > 200) continue;
        const T value = static_cast<T>(node.threshold);
        if (std::isnan(value)) continue;
        values.insert(values.end(), {value, std::nextafter(value, T(-1e30)), std::nextafter(value, T(1e30))});
    }
    // A program may count denormal numbers as zero.
    for (T& value : values) value = std::fpclassify(value) == FP_SUBNORMAL ? T(0) : value;
    if (missing) values.push_back(std::numeric_limits<T>::quiet_NaN());
    Tensor x(espalier::dtype_of<T>, {rows, columns});
    std::uint64_t state = 88172645463325252U;
    for (T& value : x.as<T>()) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        value = values[state % values.size()];
    }
    return x;
}

template <class T>
struct Said {
    std::vector<T> scores;
    std::vector<std::int64_t> labels;

    /// By their bits, but that one NaN is as good as another.
    bool operator==(const Said& other) const {
        if (labels != other.labels || scores.size() != other.scores.size()) return false;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const bool both = std::isnan(scores[i]) && std::isnan(other.scores[i]);
            if (!both && std::memcmp(&scores[i], &other.scores[i], sizeof(T)) != 0) return false;
        }
        return true;
    }
};

template <class T>
Said<T> said_by(const Ensemble& ensemble, const Tensor& x) {
    const std::int64_t rows = x.shape()[0];
    Said<T> said;
    said.scores.resize(static_cast<std::size_t>(rows * ensemble.outputs));
    if (ensemble.classifies) said.labels.resize(static_cast<std::size_t>(rows));
    espalier::trees::predict<T>(ensemble, x.as<T>().data(), rows, x.shape()[1], said.scores.data(),
                                said.labels);
    return said;
}

/// As the runtime computes them.
template <class T>
void check_packed(const Ensemble& ensemble, const Tensor& x, const Said<T>& expected, std::int64_t lanes) {
    auto forest = espalier::runtime::pack_forest<T>(ensemble);
    rank_trees(forest, lanes);
    const std::int64_t rows = x.shape()[0];
    const std::int64_t columns = x.shape()[1];
    const auto outputs = static_cast<std::size_t>(ensemble.outputs);
    std::vector<std::byte> scratch(forest_scratch_bytes(forest, columns) + 64);
    void* place = scratch.data();
    std::size_t room = scratch.size();
    std::align(64, 1, place, room);
    Said<T> got{std::vector<T>(static_cast<std::size_t>(rows) * outputs), {}};
    forest_walk(forest, rows, columns, x.as<T>().data(), got.scores.data(), static_cast<std::byte*>(place),
                1);
    std::vector<std::uint8_t> scored(outputs, forest.leaves == espalier::kernels::ForestLeaves::all ? 1 : 0);
    for (const std::uint32_t output : forest.output_of) scored[output] = 1;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const std::span<T> scores(got.scores.data() + row * outputs, outputs);
        const std::int64_t label = espalier::trees::finish<T>(ensemble, scores, scored);
        if (ensemble.classifies) got.labels.push_back(label);
    }
    require(got == expected);
}

/// The same ensemble, or none where the operator cannot say it.
bool written_and_read(Node& node, const Ensemble& ensemble, Ensemble& again) {
    try {
        espalier::trees::set_ensemble(node, ensemble);
    } catch (const espalier::Unsupported&) {
        return false;
    }
    again = espalier::trees::ensemble_of(node);
    return true;
}

template <class T>
void check_as(const Node& node, const Ensemble& ensemble, const Ensemble& simple, std::int64_t columns) {
    const bool packs = espalier::runtime::can_pack(ensemble);
    for (const bool missing : {false, true}) {
        for (const std::int64_t rows : {1, 5, 150}) {
            const Tensor x = rows_at_thresholds<T>(ensemble, rows, columns, missing);
            const Said<T> said = said_by<T>(ensemble, x);
            require(said_by<T>(simple, x) == said);
            if (packs) check_packed<T>(ensemble, x, said, rows == 1 ? 32 : 0);
            if (packs) check_packed<T>(simple, x, said, 32);
            Node written = node;
            Ensemble again;
            if (rows == 150 && written_and_read(written, simple, again))
                require(said_by<T>(again, x) == said);
        }
    }
}

/// Trees whose nodes are shared so often that they are not written out.
void check_shared(const Ensemble& ensemble, std::int64_t columns) {
    const Tensor x = rows_at_thresholds<float>(ensemble, 5, columns, true);
    if (espalier::runtime::can_pack(ensemble))
        check_packed<float>(ensemble, x, said_by<float>(ensemble, x), 32);
}

void check(const Node& node, const Ensemble& ensemble) {
    const std::int64_t columns = std::max<std::int64_t>(1, espalier::trees::features_read(ensemble));
    const bool small = columns <= kMostColumns && ensemble.outputs <= kMostOutputs &&
                       ensemble.roots.size() * ensemble.nodes.size() < kMostSteps;
    if (!small) return;
    Ensemble simple;
    try {
        simple = espalier::trees::without_sharing(ensemble, kMostNodes);
    } catch (const espalier::Unsupported&) {
        return check_shared(ensemble, columns);
    }
    espalier::trees::simplify(simple);
    check_as<float>(node, ensemble, simple, columns);
    check_as<double>(node, ensemble, simple, columns);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Graph graph;
    try {
        graph = espalier::onnx::from_bytes(std::as_bytes(std::span(data, size)));
    } catch (const espalier::Error&) {
        return 0;
    }
    for (const Node& node : graph.nodes) {
        if (!espalier::trees::is_tree_operator(node.op)) continue;
        Ensemble ensemble;
        try {
            ensemble = espalier::trees::ensemble_of(node);
        } catch (const espalier::Error&) {
            continue;
        }
        check(node, ensemble);
    }
    return 0;
}
