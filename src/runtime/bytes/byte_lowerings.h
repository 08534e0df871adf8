// Lowerings of layers of 8-bit integers (fusion/integer_layers.h). Inputs of their nodes: each operand with
// its scale and zero point, then scale and zero point of what is given (left out: f32), then the bias, and
// integers that are added to the sums of each output; those left out are "". Attributes "low" and "high"
// bound what is given, before it is quantised.
#pragma once

#include "runtime/lowering.h"

namespace espalier::runtime {

extern const Lowering kByteConvolution;  // QLinearConv
extern const Lowering kByteProduct;      // QLinearMatMul, with transB as of Gemm
extern const Lowering
    kByteDynamicProduct;  // MatMulIntegerToFloat: scale and zero point of the first operand vary
extern const Lowering kByteDynamicConvolution;  // ConvIntegerToFloat: the same
extern const Lowering kByteSum;                 // QLinearAdd, of one shape
extern const Lowering kByteScaling;  // QLinearMul, of one shape, or the second has one for each channel
extern const Lowering kByteTable;    // QLinearFunction: one input, its attribute "table" says what of it
extern const Lowering kByteMean;     // QLinearGlobalAveragePool
extern const Lowering kByteMaxPool;  // MaxPool: one input

}  // namespace espalier::runtime
