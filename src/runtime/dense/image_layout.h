// How images lie in memory, N x C and up to three axes: row by row, in blocks of channels, or channels last.
//
// Convolutions of oneDNN are several times faster when the channels that a vector instruction takes lie
// beside each other. A block is as long as such a vector; the last one is padded with zeros.
#pragma once

#include <vector>

#include "runtime/dense/onednn.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// Values of 3 to 5 dimensions are images, with channels in the second.
bool is_image(const Shape& shape);

/// Row-major, and the others if it is an image.
std::vector<Layout> layouts_of(const Shape& shape);

/// Not of panels. Of f32 or bytes.
dnnl::memory::desc described(const Shape& shape, Layout layout, DType dtype = DType::f32);

std::size_t bytes_in(Layout layout, const Shape& shape, DType dtype = DType::f32);

/// The same bytes serve as both: an image of one position, say, whose channels fill their blocks.
bool same_bytes(const Shape& shape, Layout a, Layout b);

std::int64_t channel_block();

/// As profiles say it: "channels in blocks of 16".
std::string describe(Layout layout);

/// Rewrites a value of this shape.
Candidate change_image_layout(const Shape& shape, Layout from, Layout to, DType dtype = DType::f32);

}  // namespace espalier::runtime
