// Images of one to three axes seen as volumes: axes that are missing in front have size 1.
#pragma once

#include <algorithm>
#include <array>

#include "graph/spatial/window.h"

namespace espalier {

using Volume = std::array<std::int64_t, 3>;  // depth, height, width

inline Volume volume_of(std::span<const std::int64_t> image) {
    Volume volume{1, 1, 1};
    std::copy(image.begin(), image.end(), volume.end() - std::ssize(image));
    return volume;
}
inline Volume volume_of(const Shape& shape) { return volume_of(std::span(shape).subspan(2)); }

inline std::int64_t positions_in(const Volume& volume) { return volume[0] * volume[1] * volume[2]; }

inline std::array<WindowAxis, 3> volume_axes(const std::vector<WindowAxis>& axes) {
    std::array<WindowAxis, 3> all;
    std::copy(axes.begin(), axes.end(), all.end() - std::ssize(axes));
    return all;
}

/// Calls visit(place) for every place in the volume, in order.
template <class Visit>
void places(const Volume& volume, const Visit& visit) {
    for (std::int64_t d = 0; d < volume[0]; ++d) {
        for (std::int64_t h = 0; h < volume[1]; ++h) {
            for (std::int64_t w = 0; w < volume[2]; ++w) visit(Volume{d, h, w});
        }
    }
}

inline std::int64_t offset_in(const Volume& volume, const Volume& place) {
    return (place[0] * volume[1] + place[1]) * volume[2] + place[2];
}

/// The taps of a window that lie in the image when it is placed for one output: [begin, end) of each axis.
struct Taps {
    Volume begin, end, origin;  // origin: position of tap 0, which may lie before the image

    static Taps at(const std::array<WindowAxis, 3>& axes, const Volume& image, const Volume& place) {
        Taps taps;
        for (std::size_t i = 0; i < 3; ++i) {
            const WindowAxis& axis = axes[i];
            const std::int64_t origin = place[i] * axis.stride - axis.pad_begin;
            taps.origin[i] = origin;
            taps.begin[i] = origin >= 0 ? 0 : (-origin + axis.dilation - 1) / axis.dilation;
            const std::int64_t room = image[i] - origin;  // positions up to the image's end
            const std::int64_t fits = room <= 0 ? 0 : (room - 1) / axis.dilation + 1;
            taps.end[i] = std::min(axis.kernel, fits);
        }
        return taps;
    }

    /// Calls visit(tap, position in the image).
    template <class Visit>
    void visit(const std::array<WindowAxis, 3>& axes, const Volume& image, const Visit& visit) const {
        for (std::int64_t d = begin[0]; d < end[0]; ++d) {
            for (std::int64_t h = begin[1]; h < end[1]; ++h) {
                for (std::int64_t w = begin[2]; w < end[2]; ++w) {
                    const Volume place{origin[0] + d * axes[0].dilation, origin[1] + h * axes[1].dilation,
                                       origin[2] + w * axes[2].dilation};
                    visit(Volume{d, h, w}, offset_in(image, place));
                }
            }
        }
    }
};

/// Taps that lie in the image or in the padding that the node names.
inline std::int64_t padded_taps(const std::array<WindowAxis, 3>& axes, const Volume& image,
                                const Volume& place) {
    std::int64_t count = 1;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::int64_t first = place[i] * axes[i].stride - axes[i].pad_begin;
        const std::int64_t room = image[i] + axes[i].pad_end - first;
        count *= std::min(axes[i].kernel, (room - 1) / axes[i].dilation + 1);
    }
    return count;
}

}  // namespace espalier
