#include "runtime/attention/attention_pattern.h"

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/attention/attention_layer.h"

namespace espalier::runtime {
namespace {

using kernels::Attention;
using kernels::ItemMatrices;
using kernels::ScoreStep;

constexpr int kMostNodes = 10;                // between the products
constexpr std::int64_t kMostItems = 1 << 20;  // whose places are written down

/// What is done to the scores, as the graph says it.
struct Change {
    ScoreStep::Kind kind = ScoreStep::Kind::add;
    std::string mask;
    Shape shape;  // of the scores there
    float value = 0;
};

/// From the first product to the second.
struct Scores {
    const Node* product = nullptr;
    Shape shape;  // of what the first product gives
    float scale = 1;
    std::vector<Change> changes = {};
    std::vector<const Node*> nodes = {};  // between
};

bool same_matrices(const Shape& a, const Shape& b) {
    return a.size() >= 2 && b.size() >= 2 && std::equal(a.end() - 2, a.end(), b.end() - 2);
}

class AttentionFinder {
  public:
    AttentionFinder(const Graph& graph, const Types& types, const Readers& readers)
        : graph_(graph), types_(types), readers_(readers), views_(graph, types) {}

    std::map<const Node*, AttentionPattern> find() const {
        std::map<const Node*, AttentionPattern> found;
        for (const Node& node : graph_.nodes) {
            if (node.op != "MatMul" || !is_f32(node.outputs[0])) continue;
            if (auto pattern = pattern_of(node)) found.emplace(&node, std::move(*pattern));
        }
        return found;
    }

  private:
    bool is_f32(const std::string& value) const { return types_.at(value).dtype == DType::f32; }
    Shape shape_of(const std::string& value) const { return views_.shape_of(value); }
    auto is_only_read_once() const {
        return [this](const std::string& value) { return readers_.only(value) != nullptr; };
    }

    /// Gives what it reads, of f32.
    bool leaves_alone(const Node& node) const {
        return node.op == "Identity" ||
               (node.op == "Cast" && is_f32(node.inputs[0]) && is_f32(node.outputs[0]));
    }

    std::optional<AttentionPattern> pattern_of(const Node& product) const {
        Scores scores;
        std::vector<const Node*> behind;  // the softmax, nearest to the product first
        std::string weights = product.inputs[0];
        const Node* reader = &product;
        const Node* softmax = nullptr;
        while (softmax == nullptr || leaves_alone(*softmax)) {
            softmax = views_.maker_of(weights);
            if (softmax == nullptr || readers_.only(weights) != reader) return {};
            if (!leaves_alone(*softmax) && softmax->op != "Softmax") return {};
            behind.push_back(reader = softmax);
            if (leaves_alone(*softmax)) weights = softmax->inputs[0];
        }
        const Shape shape = shape_of(weights);
        const std::int64_t axis = softmax->attribute_int("axis", -1);
        if (shape.size() < 2 || (axis != -1 && axis != std::ssize(shape) - 1)) return {};
        if (!follow(softmax->inputs[0], *softmax, scores)) return {};
        if (!same_matrices(scores.shape, shape) || element_count(shape) == 0) return {};
        if (element_count(Shape(shape.begin(), shape.end() - 2)) > kMostItems) return {};
        scores.nodes.insert(scores.nodes.end(), behind.rbegin(), behind.rend());
        if (auto pattern = put_together(scores, product, true)) return pattern;
        return put_together(scores, product, false);
    }

    /// Backwards along the scores from what `reader` reads, up to their product.
    bool follow(const std::string& value, const Node& reader, Scores& scores, int nodes = kMostNodes) const {
        const Node* node = views_.maker_of(value);
        if (node == nullptr || nodes == 0 || readers_.only(value) != &reader || !is_f32(value)) return false;
        if (node->op == "MatMul") {
            scores.product = node;
            scores.shape = shape_of(value);
            return std::min(shape_of(node->inputs[0]).size(), shape_of(node->inputs[1]).size()) >= 2;
        }
        const auto through = [&](std::size_t input, const std::optional<Change>& change) {
            Scores further = scores;
            if (!follow(node->inputs[input], *node, further, nodes - 1)) return false;
            if (shape_of(node->inputs[input]) != shape_of(value) && node->op != "Reshape") return false;
            if (change) further.changes.push_back(*change);
            further.nodes.push_back(node);
            scores = std::move(further);
            return true;
        };
        if (const auto factor = views_.factor_of(*node); factor.number != 0) {
            // Behind a mask it would scale that, too.
            if (!through(factor.of_input, {}) || !scores.changes.empty()) return false;
            scores.scale *= factor.number;
            return true;
        }
        if (node->op == "Add") {
            for (const std::size_t input : {0U, 1U}) {
                const std::string& mask = node->inputs[1 - input];
                if (mask != node->inputs[input] && is_f32(mask) &&
                    through(input, Change{ScoreStep::Kind::add, mask, shape_of(value)}))
                    return true;
            }
            return false;
        }
        if (node->op == "Where") {
            for (const std::size_t input : {1U, 2U}) {
                const auto covering = graph_.initializers.find(node->inputs[3 - input]);
                if (covering == graph_.initializers.end() || covering->second.count() != 1) continue;
                const auto kind = input == 1 ? ScoreStep::Kind::keep : ScoreStep::Kind::cover;
                return through(input,
                               Change{kind, node->inputs[0], shape_of(value), covering->second.f32()[0]});
            }
            return false;
        }
        const bool keeps = leaves_alone(*node) || (node->op == "Reshape" &&
                                                   same_matrices(shape_of(value), shape_of(node->inputs[0])));
        return keeps && through(0, {});
    }

    /// Rows and columns of the last two dimensions; `leading` as the product repeats them.
    static std::optional<ItemMatrices> matrices_of(StridedView view, const Shape& leading) {
        const std::size_t rank = leading.size() + 2;
        if (view.dims.size() > rank) return {};
        view.dims.insert(view.dims.begin(), rank - view.dims.size(), StridedDim{{1, 0}});
        for (std::size_t i = 0; i < leading.size(); ++i) {
            if (view.size(i) == leading[i]) continue;
            if (view.size(i) != 1) return {};
            view.dims[i] = {{leading[i], 0}};
        }
        if (!merge(view.dims[rank - 2]) || !merge(view.dims[rank - 1])) return {};
        const auto step = [](const StridedDim& dim) { return dim.front().size == 1 ? 0 : dim.front().step; };
        return ItemMatrices{places_of(view.dims, 0, rank - 2, view.offset), step(view.dims[rank - 2]),
                            step(view.dims[rank - 1])};
    }

    /// A mask as the scores see it: any dimension of it may be repeated.
    std::optional<ItemMatrices> mask_of(const StridedView& view, const Shape& scores) const {
        StridedView whole = view;
        if (whole.dims.size() > scores.size()) return {};
        whole.dims.insert(whole.dims.begin(), scores.size() - whole.dims.size(), StridedDim{{1, 0}});
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (whole.size(i) == scores[i]) continue;
            if (whole.size(i) != 1) return {};
            whole.dims[i] = {{scores[i], 0}};
        }
        auto made = matrices_of(whole, Shape(scores.begin(), scores.end() - 2));
        if (made && made->column_step > 1) return {};
        return made;
    }

    /// `scaled`: products with one number before queries and keys are passed.
    std::optional<AttentionPattern> put_together(const Scores& scores, const Node& product,
                                                 bool scaled) const {
        const Shape weights = shape_of(product.inputs[0]);
        const Shape given = shape_of(product.outputs[0]);
        const Shape leading(scores.shape.begin(), scores.shape.end() - 2);
        const Shape outer(weights.begin(), weights.end() - 2);
        if (given.size() != weights.size() || !std::equal(outer.begin(), outer.end(), given.begin()))
            return {};
        const StridedView query = views_.view_of(scores.product->inputs[0], scaled, is_only_read_once());
        StridedView key = views_.view_of(scores.product->inputs[1], scaled, is_only_read_once());
        const StridedView value = views_.view_of(product.inputs[1], false, is_only_read_once());
        if (key.dims.size() < 2 || value.dims.size() < 2) return {};
        Attention attention{.queries = weights[weights.size() - 2],
                            .keys = weights.back(),
                            .depth = shape_of(scores.product->inputs[0]).back(),
                            .columns = given.back(),
                            .scale = scores.scale * query.scale * key.scale};
        if (attention.depth == 0 || attention.columns == 0) return {};
        std::swap(key.dims.back(), key.dims[key.dims.size() - 2]);
        const auto queries = matrices_of(query, leading);
        const auto keys = matrices_of(key, leading);
        const auto values = matrices_of(value, outer);
        if (!queries || !keys || !values || (values->column_step != 1 && attention.columns > 1)) return {};
        attention.query = *queries;
        attention.key = *keys;
        attention.value = *values;
        Node node{.name = product.name,
                  .op = "Attention",
                  .inputs = {query.source, key.source, value.source},
                  .outputs = {},
                  .attributes = {}};
        std::vector<const Node*> others = {scores.product};
        others.insert(others.end(), scores.nodes.begin(), scores.nodes.end());
        others.push_back(&product);
        std::vector<const Node*> before;
        for (const StridedView* view : {&query, &static_cast<const StridedView&>(key), &value})
            before.insert(before.end(), view->nodes.begin(), view->nodes.end());
        for (const Change& change : scores.changes) {
            const StridedView view = views_.view_of(change.mask, false, is_only_read_once());
            const auto mask = mask_of(view, change.shape);
            if (!mask) return {};
            attention.steps.push_back({change.kind, *mask, change.value});
            node.inputs.push_back(view.source);
            before.insert(before.end(), view.nodes.begin(), view.nodes.end());
        }
        const std::vector<const Node*> behind = place_output(product, attention);
        node.outputs = (behind.empty() ? product : *behind.back()).outputs;
        others.insert(others.end(), behind.begin(), behind.end());
        drop_unread(before, others);
        // A factor that stays, as what moves behind it is read elsewhere, would be fused behind what gives
        // its input, which then nobody else could read.
        const auto stays = [&](const Node* one) {
            return views_.factor_of(*one).number != 0 && std::ranges::find(others, one) == others.end();
        };
        if (std::ranges::any_of(before, stays)) return {};
        node.attributes = attributes_of(attention);
        return AttentionPattern{std::make_shared<const Node>(std::move(node)), std::move(others)};
    }

    /// Where the second product's elements go: behind the Transpose that puts heads behind positions, if it
    /// is one of rows. Gives the nodes up to that.
    std::vector<const Node*> place_output(const Node& product, Attention& attention) const {
        const Shape given = shape_of(product.outputs[0]);
        const std::vector<StridedDim> plain = row_major_dims(given);
        attention.output = *matrices_of({.source = "", .dims = plain}, Shape(given.begin(), given.end() - 2));
        std::vector<const Node*> nodes;
        std::string value = product.outputs[0];
        std::vector<StridedDim> dims = plain;  // of `value`, as steps in what the product gives
        for (const Node* node = readers_.only(value); node != nullptr; node = readers_.only(value)) {
            const std::string& next = node->outputs[0];
            nodes.push_back(node);
            if (node->op == "Reshape") {
                if (!reshape(dims, shape_of(next))) return {};
                value = next;
                continue;
            }
            if (node->op != "Transpose" || !node->attributes.contains("perm")) return {};
            std::vector<StridedDim> turned;
            for (const std::int64_t axis : node->attribute_ints("perm", {}))
                turned.push_back(dims[static_cast<std::size_t>(axis)]);
            const auto inverse = inverse_of(turned, given);
            if (!inverse) return {};
            const auto output =
                matrices_of({.source = "", .dims = *inverse}, Shape(given.begin(), given.end() - 2));
            if (!output || (output->column_step != 1 && attention.columns > 1)) return {};
            attention.output = *output;
            return nodes;
        }
        return {};
    }

    /// `dims`, in their order one after the other, lie at steps of a value of shape `given`: that value's
    /// dimensions at the steps of the order.
    static std::optional<std::vector<StridedDim>> inverse_of(const std::vector<StridedDim>& dims,
                                                             const Shape& given) {
        struct Both {
            std::int64_t size, from, to;
        };
        std::vector<Both> parts;
        for (const StridedDim& dim : dims) {
            for (const StridedPart& part : dim) {
                if (part.size != 1) parts.push_back({part.size, part.step, 0});
            }
        }
        std::int64_t step = 1;
        for (std::size_t i = parts.size(); i-- > 0; step *= parts[i].size) parts[i].to = step;
        std::ranges::sort(parts, std::ranges::greater(), &Both::from);
        std::vector<StridedDim> ordered;
        for (const Both& part : parts) ordered.push_back({{part.size, part.to}});
        if (!reshape(ordered, given)) return {};
        return ordered;
    }

    /// Adds those of `before` that nothing but what is in `others` reads.
    void drop_unread(const std::vector<const Node*>& before, std::vector<const Node*>& others) const {
        std::set<const Node*> gone(others.begin(), others.end());
        for (bool more = true; more;) {
            more = false;
            for (const Node* node : before) {
                if (gone.contains(node)) continue;
                const auto is_unread = [&](const std::string& output) {
                    const auto& readers = readers_.of(output);
                    const bool known = !readers.empty() || !readers_.any(output);
                    return known && std::ranges::all_of(
                                        readers, [&](const Node* reader) { return gone.contains(reader); });
                };
                if (!std::ranges::all_of(node->outputs, is_unread)) continue;
                gone.insert(node);
                others.insert(others.begin(), node);
                more = true;
            }
        }
    }

    const Graph& graph_;
    const Types& types_;
    const Readers& readers_;
    ViewFinder views_;
};

}  // namespace

std::map<const Node*, AttentionPattern> attention_patterns(const Graph& graph, const Types& types,
                                                           const Readers& readers) {
    const bool any = std::ranges::any_of(graph.nodes, [](const Node& node) { return node.op == "Softmax"; });
    if (!any) return {};
    return AttentionFinder(graph, types, readers).find();
}

}  // namespace espalier::runtime
