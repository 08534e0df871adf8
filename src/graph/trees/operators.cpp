#include "graph/trees/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "espalier/error.h"
#include "graph/evaluation.h"
#include "graph/trees/predict.h"
#include "graph/trees/rows.h"

namespace espalier::trees {
namespace {

void require_columns(const Node& node, std::int64_t read, std::int64_t columns) {
    if (read <= columns) return;
    throw InvalidModel(
        fmt::format("{}: its trees test column {}, and the input has {}", describe(node), read - 1, columns));
}

}  // namespace

void check_trees(const Node& node, const std::map<std::string, ValueType>& types) {
    const Ensemble ensemble = ensemble_of(node);
    const Dims& dims = types.at(node.inputs[0]).dims;
    if (dims.back().is_fixed()) require_columns(node, features_read(ensemble), dims.back().size());
}

void evaluate_trees(Evaluation& e, std::size_t scores) {
    const Ensemble ensemble = ensemble_of(e.node());
    with_rows(e, [&](const auto* x, std::int64_t rows, std::int64_t columns) {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(x)>>;
        require_columns(e.node(), features_read(ensemble), columns);
        std::vector<T> sums(static_cast<std::size_t>(rows * ensemble.outputs));
        std::span<std::int64_t> labels;
        if (scores > 0) labels = e.output(0).as<std::int64_t>();
        predict(ensemble, x, rows, columns, sums.data(), labels);
        e.floats(e.output_type(scores).dtype, [&](auto zero) {
            auto* to = e.result<decltype(zero)>(scores);
            std::ranges::transform(sums, to, [](T sum) { return static_cast<decltype(zero)>(sum); });
        });
    });
}

}  // namespace espalier::trees
