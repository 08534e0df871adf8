// One of H attention heads: outputs/H outputs next to each other in a projection to queries, keys or values,
// or, with "inputs", inputs/H inputs next to each other in the projection behind attention. Michel et al.
// 2019, "Are Sixteen Heads Really Better than One?".
#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/units/granularity.h"

namespace espalier::prune::granularities_::head_ {
namespace {

constexpr std::string_view kInputs = "inputs";

Arguments parse(std::string_view text) {
    const std::size_t space = text.find(' ');
    Arguments arguments{.a = number_of(text.substr(0, space))};

    if (space != std::string_view::npos && text.substr(space + 1) != kInputs) {
        throw InvalidArgument(fmt::format("\"{}\" is not \"{}\"", text.substr(space + 1), kInputs));
    }
    if (space != std::string_view::npos) arguments.word = kInputs;
    return arguments;
}

Tile tile(const Arguments& arguments, const Candidate& candidate, const Layout& layout) {
    const bool of_inputs = arguments.word == kInputs;
    const std::int64_t features = of_inputs ? layout.inputs() : layout.outputs();
    if (features % arguments.a != 0) {
        throw InvalidArgument(fmt::format("{} heads do not divide the {} {} of \"{}\"", arguments.a, features,
                                          of_inputs ? "inputs" : "outputs", candidate.name));
    }
    const std::int64_t width = features / arguments.a;
    const bool along_rows = (layout.output_axis == 0) != of_inputs;
    if (along_rows) return {width, layout.cols};
    return {layout.rows, width * layout.kernel};
}

}  // namespace

extern const Granularity head{.name = "head",
                              .summary = "one of H attention heads",
                              .usage = "head H or head H inputs",
                              .example = "head 12",
                              .edges = "refused: heads have equal width",
                              .parse = parse,
                              .tile = tile};

}  // namespace espalier::prune::granularities_::head_
