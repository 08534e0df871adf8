// The machine's ceiling: how many f32 fused multiply-adds it does in a second.
#pragma once

namespace espalier::bench {

/// Measured now, in FLOP a second (a multiply-add counts two), on `threads` threads at once. Takes about 50
/// ms.
double fma_peak(int threads);

}  // namespace espalier::bench
