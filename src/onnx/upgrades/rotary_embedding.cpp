// RotaryEmbedding (Su et al. 2021; opset 23): pairs of numbers (a, b) of each head are turned by an angle
// that grows with the position: (a cos - b sin, a sin + b cos). Pairs are halves of the head, or neighbours
// (interleaved).
#include "onnx/expansion/expansion.h"
#include "onnx/schema.h"

namespace espalier::onnx::upgrades_::rotary_embedding_ {
namespace {

constexpr std::string_view kOps[] = {"RotaryEmbedding"};
constexpr std::int64_t kEnd = std::int64_t{1} << 62;

/// x[..., from:to:step] of 4 dimensions.
std::string part(Expansion& e, const std::string& x, std::int64_t from, std::int64_t to, std::int64_t step) {
    return e.add("Slice", {x, e.ints({from}), e.ints({to}), e.ints({3}), e.ints({step})});
}

/// cos or sin of each position, with a dimension of one for heads: [N, S, 1, D / 2], or before S.
std::string angles(Expansion& e, std::size_t index, bool flat) {
    std::string cache = e.input(index);
    if (e.has_input(3)) cache = e.add("Gather", {cache, e.input(3)}, {{"axis", std::int64_t{0}}});
    return e.add("Unsqueeze", {cache, e.ints({flat ? 2 : 1})});
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const bool flat = e.dims(0).size() == 3;
    const std::int64_t heads = node.attribute_int("num_heads", 0);
    const bool pairs = node.attribute_int("interleaved", 0) != 0;
    if (!flat && e.dims(0).size() != 4) e.refuse("an input that has not 3 or 4 dimensions");
    if (flat && heads < 1) e.refuse("3 dimensions and no number of heads");
    if (!e.last(1).is_fixed()) e.refuse("cosines of unknown number");
    const std::int64_t half = e.last(1).size();
    const std::string x = flat ? e.add("Reshape", {e.input(0), e.ints({0, 0, heads, -1})}) : e.input(0);
    const std::string cos = angles(e, 1, flat);
    const std::string sin = angles(e, 2, flat);
    const std::string a = pairs ? part(e, x, 0, 2 * half, 2) : part(e, x, 0, half, 1);
    const std::string b = pairs ? part(e, x, 1, 2 * half, 2) : part(e, x, half, 2 * half, 1);
    std::string first = e.add("Sub", {e.add("Mul", {a, cos}), e.add("Mul", {b, sin})});
    std::string second = e.add("Add", {e.add("Mul", {a, sin}), e.add("Mul", {b, cos})});
    Inputs turned = {first, second};
    if (pairs) {
        first = e.add("Unsqueeze", {first, e.ints({4})});
        second = e.add("Unsqueeze", {second, e.ints({4})});
        const std::string both = e.add("Concat", {first, second}, {{"axis", std::int64_t{4}}});
        turned = {e.add("Reshape", {both, e.ints({0, 0, 0, 2 * half})})};
    }
    if (node.attribute_int("rotary_embedding_dim", 0) > 0) turned.push_back(part(e, x, 2 * half, kEnd, 1));
    const std::string all = e.add("Concat", turned, {{"axis", std::int64_t{3}}});
    if (flat) {
        e.finish("Reshape", {all, e.ints({0, 0, -1})});
    } else {
        e.finish("Identity", {all});
    }
}

}  // namespace

extern const Upgrade rotary_embedding{.name = "rotary_embedding",
                                      .summary = "RotaryEmbedding: slices, products, Concat",
                                      .ops = kOps,
                                      .first = 23,
                                      .last = kNewestOpset,
                                      .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::rotary_embedding_
