// Opsets 18 to 26, from ONNX's changelog (docs/Changelog.md of onnx 1.16, the definitions of onnx 1.23). A
// line without additions only allowed more types; of opset 22 and later these are left out.
#include "onnx/schema.h"

namespace espalier::onnx {
namespace {

using Added = LaterChange::Added;
constexpr auto kInt = pb::AttributeProto::INT;
constexpr auto kInts = pb::AttributeProto::INTS;
constexpr auto kFloat = pb::AttributeProto::FLOAT;
constexpr auto kString = pb::AttributeProto::STRING;

constexpr Added kDilations[] = {{"dilations", kInts}};
constexpr Added kSaturate[] = {{"saturate", kInt}};
constexpr Added kAxes[] = {{"axes", kInts}};
constexpr Added kBlocks[] = {{"block_size", kInt}};
constexpr Added kBlocksAndType[] = {{"block_size", kInt}, {"output_dtype", kInt}};
constexpr Added kWindow[] = {{"strides", kInts}, {"pads", kInts}, {"dilations", kInts}};
constexpr Added kCeilAndDilations[] = {{"ceil_mode", kInt}, {"dilations", kInts}};
constexpr Added kDeformation[] = {{"strides", kInts},      {"pads", kInts}, {"offset_group", kInt},
                                  {"kernel_shape", kInts}, {"group", kInt}, {"dilations", kInts}};
constexpr Added kApproximate[] = {{"approximate", kString}};
constexpr Added kGroups[] = {{"num_groups", kInt, true}, {"epsilon", kFloat}};
constexpr Added kStash[] = {{"stash_type", kInt}};
constexpr Added kAlign[] = {{"align_corners", kInt}};
constexpr Added kEmptyAxes[] = {{"noop_with_empty_axes", kInt}};
constexpr Added kResize[] = {{"keep_aspect_ratio_policy", kString}, {"axes", kInts}, {"antialias", kInt}};
constexpr Added kRounding[] = {{"round_mode", kString}};
constexpr Added kType[] = {{"output_dtype", kInt}};
constexpr Added kPrecision[] = {{"precision", kInt}};
constexpr Added kRms[] = {{"axis", kInt}, {"epsilon", kFloat}, {"stash_type", kInt}};
constexpr Added kRotary[] = {{"interleaved", kInt}, {"num_heads", kInt}, {"rotary_embedding_dim", kInt}};
constexpr Added kAttention[] = {
    {"is_causal", kInt},        {"kv_num_heads", kInt},          {"q_num_heads", kInt},
    {"scale", kFloat},          {"qk_matmul_output_mode", kInt}, {"softcap", kFloat},
    {"softmax_precision", kInt}};
constexpr Added kWindows[] = {{"left_window_size", kInt}, {"right_window_size", kInt}};
constexpr Added kTo[] = {{"to", kInt, true}};
constexpr Added kDirection[] = {{"exclusive", kInt}, {"reverse", kInt}};
constexpr Added kAlpha[] = {{"alpha", kFloat}};
constexpr Added kScatter[] = {{"axis", kInt}, {"mode", kString}};
constexpr Added kParts[] = {{"num_outputs", kInt}};

constexpr LaterChange kChanges[] = {
    {.op = "AffineGrid", .since = 20, .added = kAlign, .max_inputs = 2, .is_new = true},
    {.op = "Attention", .since = 23, .added = kAttention, .max_inputs = 6, .is_new = true},
    {.op = "Attention", .since = 24, .max_inputs = 7},
    {.op = "Attention", .since = 25, .added = kWindows},
    {.op = "AveragePool", .since = 19, .added = kDilations},
    {.op = "BitCast", .since = 26, .added = kTo, .max_inputs = 1, .is_new = true},
    {.op = "BitwiseAnd", .since = 18, .max_inputs = 2, .is_new = true},
    {.op = "BitwiseNot", .since = 18, .max_inputs = 1, .is_new = true},
    {.op = "BitwiseOr", .since = 18, .max_inputs = 2, .is_new = true},
    {.op = "BitwiseXor", .since = 18, .max_inputs = 2, .is_new = true},
    {.op = "Cast", .since = 19, .added = kSaturate},
    {.op = "Cast", .since = 21},
    {.op = "Cast", .since = 24, .added = kRounding},
    {.op = "CastLike", .since = 19, .added = kSaturate},
    {.op = "CastLike", .since = 21},
    {.op = "CastLike", .since = 24, .added = kRounding},
    {.op = "CenterCropPad", .since = 18, .added = kAxes, .max_inputs = 2, .is_new = true},
    {.op = "Col2Im", .since = 18, .added = kWindow, .max_inputs = 3, .is_new = true},
    {.op = "Constant", .since = 19},
    {.op = "Constant", .since = 21},
    {.op = "ConstantOfShape", .since = 20},
    {.op = "ConstantOfShape", .since = 21},
    {.op = "CumProd", .since = 26, .added = kDirection, .max_inputs = 2, .is_new = true},
    {.op = "DFT", .since = 20, .removed = "axis", .max_inputs = 3},
    {.op = "DeformConv", .since = 19, .added = kDeformation, .max_inputs = 5, .is_new = true},
    {.op = "DequantizeLinear", .since = 19},
    {.op = "DequantizeLinear", .since = 21, .added = kBlocks},
    {.op = "DequantizeLinear", .since = 23, .added = kType},
    {.op = "Equal", .since = 19},
    {.op = "Flatten", .since = 21},
    {.op = "Gelu", .since = 20, .added = kApproximate, .max_inputs = 1, .is_new = true},
    {.op = "GridSample", .since = 20},
    {.op = "GroupNormalization", .since = 18, .added = kGroups, .max_inputs = 3, .is_new = true},
    {.op = "GroupNormalization", .since = 21, .added = kStash},
    {.op = "Identity", .since = 19},
    {.op = "Identity", .since = 21},
    {.op = "If", .since = 19},
    {.op = "If", .since = 21},
    {.op = "IsInf", .since = 20},
    {.op = "IsNaN", .since = 20},
    {.op = "Loop", .since = 19},
    {.op = "Loop", .since = 21},
    {.op = "LpPool", .since = 18, .added = kCeilAndDilations},
    {.op = "Mish", .since = 18, .max_inputs = 1, .is_new = true},
    {.op = "Pad", .since = 18, .max_inputs = 4},
    {.op = "Pad", .since = 19},
    {.op = "Pad", .since = 21},
    {.op = "QLinearMatMul", .since = 21},
    {.op = "QuantizeLinear", .since = 19, .added = kSaturate},
    {.op = "QuantizeLinear", .since = 21, .added = kBlocksAndType},
    {.op = "QuantizeLinear", .since = 23, .added = kPrecision},
    {.op = "RMSNormalization", .since = 23, .added = kRms, .max_inputs = 2, .is_new = true},
    {.op = "ReduceL1", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceL2", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceLogSum", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceLogSumExp", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceMax", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceMax", .since = 20},
    {.op = "ReduceMean", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceMin", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceMin", .since = 20},
    {.op = "ReduceProd", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "ReduceSumSquare", .since = 18, .added = kEmptyAxes, .removed = "axes", .max_inputs = 2},
    {.op = "Reshape", .since = 19},
    {.op = "Reshape", .since = 21},
    {.op = "Resize", .since = 18, .added = kResize},
    {.op = "Resize", .since = 19},
    {.op = "RotaryEmbedding", .since = 23, .added = kRotary, .max_inputs = 4, .is_new = true},
    {.op = "Scan", .since = 19},
    {.op = "Scan", .since = 21},
    {.op = "ScatterElements", .since = 18},
    {.op = "ScatterND", .since = 18},
    {.op = "Shape", .since = 19},
    {.op = "Shape", .since = 21},
    {.op = "Size", .since = 19},
    {.op = "Size", .since = 21},
    {.op = "Split", .since = 18, .added = kParts},
    {.op = "Squeeze", .since = 21},
    {.op = "Swish", .since = 24, .added = kAlpha, .max_inputs = 1, .is_new = true},
    {.op = "TensorScatter", .since = 24, .added = kScatter, .max_inputs = 3, .is_new = true},
    {.op = "Transpose", .since = 21},
    {.op = "Unsqueeze", .since = 21},
};

}  // namespace

std::span<const LaterChange> later_changes() { return kChanges; }

}  // namespace espalier::onnx
