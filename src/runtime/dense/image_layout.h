// How images lie in memory, N x C and up to three axes: row by row, in blocks of channels, or channels last.
//
// Convolutions of oneDNN are several times faster when the channels that a vector instruction takes lie
// beside each other. A block is as long as such a vector; the last one is padded with zeros.
#pragma once

#include <vector>

#include "espalier/runtime.h"
#include "runtime/dense/onednn.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// Values of 3 to 5 dimensions are images, with channels in the second.
bool is_image(const Shape& shape);

/// Row-major, and the others if it is an image; with Precision::bf16 each also in bf16, behind these.
std::vector<Layout> layouts_of(const Shape& shape, Precision precision = Precision::f32);

/// Not of panels. Of f32, which is stored as bf16 where the layout says so, or bytes.
dnnl::memory::desc described(const Shape& shape, Layout layout, DType dtype = DType::f32);

std::size_t bytes_in(Layout layout, const Shape& shape, DType dtype = DType::f32);

/// The same bytes serve as both: an image of one position, say, whose channels fill their blocks.
bool same_bytes(const Shape& shape, Layout a, Layout b);

std::int64_t channel_block();

/// Bytes that pass over a value, of those in f32.
inline double share_of(Layout layout) { return is_bf16(layout) ? 0.5 : 1; }

/// As profiles say it: "channels in blocks of 16".
std::string describe(Layout layout);

/// Rewrites a value of this shape; from f32 to bf16 it rounds to the nearest, half to even.
Candidate change_image_layout(const Shape& shape, Layout from, Layout to, DType dtype = DType::f32);

}  // namespace espalier::runtime
