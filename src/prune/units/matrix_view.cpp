#include "prune/units/matrix_view.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::prune {

Layout layout_of(const Candidate& candidate) {
    const Shape& shape = candidate.form.shape.empty() ? candidate.shape : candidate.form.shape;
    if (candidate.output_axis != 0 && (candidate.output_axis != 1 || shape.size() < 2)) {
        throw InvalidArgument(fmt::format("\"{}\" of shape {} has no dimension {} that could count outputs",
                                          candidate.name, to_string(shape), candidate.output_axis));
    }
    Layout layout{.output_axis = candidate.output_axis};
    if (!shape.empty()) layout.rows = shape[0];
    for (std::size_t i = 1; i < shape.size(); ++i) layout.cols *= shape[i];
    layout.groups = candidate.form.groups;
    if (layout.groups < 1 || layout.rows % layout.groups != 0) {
        throw InvalidArgument(fmt::format("{} groups do not divide \"{}\" of shape {}", layout.groups,
                                          candidate.name, to_string(shape)));
    }
    for (std::size_t i = 2; i < shape.size(); ++i) layout.kernel *= shape[i];
    return layout;
}

}  // namespace espalier::prune
