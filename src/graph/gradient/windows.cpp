#include "graph/gradient/windows.h"

#include <numeric>

namespace espalier {
namespace {

std::vector<std::int64_t> each(const std::vector<WindowAxis>& axes, std::int64_t WindowAxis::*field) {
    std::vector<std::int64_t> numbers;
    for (const WindowAxis& axis : axes) numbers.push_back(axis.*field);
    return numbers;
}

std::vector<std::int64_t> counted_up(std::size_t count) {
    std::vector<std::int64_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    return numbers;
}

}  // namespace

std::vector<WindowAxis> window_of(Derivation& d, const Shape& kernel) {
    const Shape x = d.shape(d.in());
    const std::span<const std::int64_t> image = std::span(x).subspan(2);
    std::optional<std::vector<std::int64_t>> taps;
    if (!kernel.empty()) taps.emplace(kernel.begin() + 2, kernel.end());
    return Window::of(d.node(), image.size(), taps).on(image).axes;
}

Attributes attributes_of(const std::vector<WindowAxis>& axes, std::int64_t group) {
    std::vector<std::int64_t> pads = each(axes, &WindowAxis::pad_begin);
    const std::vector<std::int64_t> ends = each(axes, &WindowAxis::pad_end);
    pads.insert(pads.end(), ends.begin(), ends.end());
    return {{"strides", each(axes, &WindowAxis::stride)},
            {"dilations", each(axes, &WindowAxis::dilation)},
            {"pads", std::move(pads)},
            {"group", group}};
}

std::string spread_back(Derivation& d, const std::string& value, const std::string& weight,
                        const std::vector<WindowAxis>& axes, std::int64_t group, const Shape& image) {
    const Shape from = d.shape(value);
    Attributes attributes = attributes_of(axes, group);
    std::vector<std::int64_t> rest;  // behind the last window, which no window reaches
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const WindowAxis& axis = axes[i];
        const std::int64_t reached =
            axis.stride * (from[i + 2] - 1) + axis.extent() - axis.pad_begin - axis.pad_end;
        rest.push_back(image[i + 2] - reached);
    }
    // Where the last window of a pool reaches over the image, that much is cut.
    auto& pads = std::get<std::vector<std::int64_t>>(attributes.at("pads"));
    for (std::size_t i = 0; i < axes.size(); ++i) {
        pads[axes.size() + i] += std::max<std::int64_t>(0, -rest[i]);
        rest[i] = std::max<std::int64_t>(0, rest[i]);
    }
    attributes.emplace("output_padding", rest);
    return d.make("ConvTranspose", {value, weight}, std::move(attributes));
}

std::string correlate(Derivation& d, const std::string& image, const std::string& value,
                      const std::vector<WindowAxis>& axes, std::int64_t group) {
    const Shape x = d.shape(image);
    const Shape y = d.shape(value);
    const std::int64_t in_group = x[1] / group;
    // Channels are a batch and examples channels; the steps of the windows and those of the taps change
    // places.
    Shape apart = {x[0], group, in_group};
    apart.insert(apart.end(), x.begin() + 2, x.end());
    std::vector<std::int64_t> order = counted_up(apart.size());
    std::swap(order[0], order[2]);
    Shape together = {in_group, group * x[0]};
    together.insert(together.end(), x.begin() + 2, x.end());
    const std::string channels = d.reshaped(d.transposed(d.reshaped(image, apart), order), together);
    std::vector<std::int64_t> swapped = counted_up(y.size());
    std::swap(swapped[0], swapped[1]);
    std::vector<WindowAxis> across = axes;
    for (WindowAxis& axis : across) std::swap(axis.stride, axis.dilation);
    const std::string all =
        d.make("Conv", {channels, d.transposed(value, swapped)}, attributes_of(across, group));
    // Places behind the last window would be further taps.
    const std::vector<std::int64_t> ends = each(axes, &WindowAxis::kernel);
    std::vector<std::int64_t> along = counted_up(axes.size());
    for (std::int64_t& axis : along) axis += 2;
    const std::string taps = d.make("Slice", {all, d.integers(std::vector<std::int64_t>(axes.size(), 0)),
                                              d.integers(ends), d.integers(along)});
    return d.transposed(taps, swapped);
}

}  // namespace espalier
