#include "prune/units/arrange.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/wildcard.h"
#include "espalier/error.h"
#include "prune/request/signal.h"
#include "prune/units/matrix_view.h"

namespace espalier::prune {
namespace {

std::vector<float> gathered(std::span<const float> values, const std::vector<std::int64_t>& at) {
    std::vector<float> out;
    out.reserve(at.size());
    for (const std::int64_t position : at) out.push_back(values[static_cast<std::size_t>(position)]);
    return out;
}

/// Where the arranged element stands; `at` is of positions_of().
std::int64_t placed(const std::vector<std::int64_t>& at, std::int64_t element) {
    return at.empty() ? element : at[static_cast<std::size_t>(element)];
}

std::size_t parts_of(const Candidate& candidate) {
    return std::max<std::size_t>(1, candidate.form.parts.size());
}

void check_form(const Candidate& candidate) {
    const WeightForm& form = candidate.form;
    const auto count = static_cast<std::int64_t>(candidate.weight.size());
    const bool fits = (form.shape.empty() || element_count(form.shape) == count) &&
                      form.memory.size() == form.order.size() &&
                      (form.order.empty() || element_count(form.memory) == count);
    const Shape& shape = form.shape.empty() ? candidate.shape : form.shape;
    const bool divides = !shape.empty() && shape[0] % static_cast<std::int64_t>(parts_of(candidate)) == 0;
    if (fits && divides) return;
    throw InvalidArgument(fmt::format("the form of \"{}\" does not fit its shape {}", candidate.name,
                                      to_string(candidate.shape)));
}

}  // namespace

std::string part_name(const Candidate& whole, std::size_t part) {
    return whole.form.parts.empty() ? whole.name : fmt::format("{}[{}]", whole.name, whole.form.parts[part]);
}

std::vector<std::int64_t> positions_of(const WeightForm& form) {
    if (std::ranges::is_sorted(form.order)) return {};
    Shape strides(form.memory.size(), 1);
    for (std::size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * form.memory[i];
    std::vector<std::int64_t> positions(static_cast<std::size_t>(element_count(form.memory)), 0);
    std::vector<std::int64_t> index(form.order.size(), 0);
    std::int64_t at = 0;
    for (std::int64_t& position : positions) {
        position = at;
        for (std::size_t d = index.size(); d-- > 0;) {
            const std::size_t axis = form.order[d];
            at += strides[axis];
            if (++index[d] < form.memory[axis]) break;
            at -= strides[axis] * form.memory[axis];
            index[d] = 0;
        }
    }
    return positions;
}

bool Arranged::is_needed(const Request& request) {
    return std::ranges::any_of(request.weights, [](const Candidate& candidate) {
        return !candidate.form.parts.empty() || !candidate.form.order.empty();
    });
}

Arranged::Arranged(const Request& request) : stored_(request), arranged_(request) {
    arranged_.weights.clear();
    for (std::size_t i = 0; i < stored_.weights.size(); ++i) add(i);
    name_targets();
    for (const auto& candidate : stored_.weights) {
        const auto table = stored_.sensitivity.find(candidate.name);
        if (table == stored_.sensitivity.end() || candidate.form.parts.empty()) continue;
        arranged_.sensitivity.erase(candidate.name);
        for (std::size_t part = 0; part < parts_of(candidate); ++part)
            arranged_.sensitivity[part_name(candidate, part)] = table->second;
    }
    if (stored_.current != nullptr) arranged_.current = &current_;
}

void Arranged::add(std::size_t index) {
    const Candidate& stored = stored_.weights[index];
    check_form(stored);
    Candidate whole = stored;
    const std::vector<std::int64_t> at = positions_of(stored.form);
    if (!at.empty()) {
        whole.weight = copies_.emplace_back(gathered(stored.weight, at));
        for (auto& [name, values] : whole.signals) {
            if (signals().get(name).count == Signal::Count::elements && values.size() == at.size())
                values = copies_.emplace_back(gathered(values, at));
        }
    }
    const std::size_t parts = parts_of(stored);
    const auto each = static_cast<std::int64_t>(stored.weight.size() / parts);
    for (std::size_t part = 0; part < parts; ++part) {
        pieces_.push_back({.candidate = index, .first = static_cast<std::int64_t>(part) * each});
        add_part(whole, part, parts, at);
    }
}

void Arranged::add_part(const Candidate& whole, std::size_t part, std::size_t parts,
                        const std::vector<std::int64_t>& at) {
    Candidate one = whole;
    one.name = part_name(whole, part);
    one.shape = whole.form.shape.empty() ? whole.shape : whole.form.shape;
    one.shape[0] /= static_cast<std::int64_t>(parts);
    one.form = {.groups = whole.form.groups};
    const auto cut = [&](std::span<const float> values) {
        const std::size_t each = values.size() / parts;
        return values.subspan(part * each, each);
    };
    one.weight = cut(whole.weight);
    for (auto& [name, values] : one.signals) {
        const Signal::Count count = signals().get(name).count;
        // The parts are rows: of outputs where these come first, else of inputs.
        const bool of_rows = count == (one.output_axis == 0 ? Signal::Count::outputs : Signal::Count::inputs);
        const auto inputs = static_cast<std::size_t>(layout_of(one).inputs());
        const std::size_t sets = inputs == 0 ? 1 : values.size() / inputs;
        if (count == Signal::Count::elements || of_rows) {
            values = cut(values);
        } else if (count == Signal::Count::inputs && sets > 1 && sets * inputs == values.size() &&
                   parts % sets == 0) {
            // Each run of parts has inputs of its own, as the gates of a direction do.
            values = values.subspan(part * sets / parts * inputs, inputs);
        }
    }
    if (stored_.current != nullptr && stored_.current->contains(whole.name)) {
        const Mask& mask = stored_.current->at(whole.name);
        const std::int64_t first = pieces_.back().first;
        Mask here(one.shape);
        for (std::int64_t i = 0; i < here.count(); ++i) {
            if (!mask[placed(at, first + i)]) here.set(i, false);
        }
        current_.insert(one.name, std::move(here));
    }
    arranged_.weights.push_back(std::move(one));
}

/// Targets by the names of parts: of the part itself, else those of the whole.
void Arranged::name_targets() {
    std::map<std::string, double> targets;
    for (const auto& [pattern, share] : stored_.layer_targets) {
        bool whole = false;
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const Candidate& from = stored_.weights[pieces_[i].candidate];
            if (from.form.parts.empty() || !matches(pattern, from.name)) continue;
            const std::string& part = arranged_.weights[i].name;
            if (!stored_.layer_targets.contains(part)) targets.emplace(part, share);
            whole = true;
        }
        const bool others = std::ranges::any_of(
            arranged_.weights,
            [&, &glob = pattern](const Candidate& one) { return matches(glob, one.name); });
        if (!whole || others) targets.insert_or_assign(pattern, share);
    }
    arranged_.layer_targets = std::move(targets);
}

Plan Arranged::stored(Plan plan) const {
    MaskSet masks = stored_.current != nullptr ? *stored_.current : MaskSet();
    std::vector<Mask> whole;
    for (const Candidate& candidate : stored_.weights) whole.emplace_back(candidate.shape);
    // Positions take twice the memory of the weights, so those of one are made at a time.
    std::vector<std::int64_t> at;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Piece& piece = pieces_[i];
        if (piece.first == 0) at = positions_of(stored_.weights[piece.candidate].form);
        const Mask& mask = plan.masks.at(arranged_.weights[i].name);
        for (std::int64_t k = 0; k < mask.count(); ++k) {
            if (!mask[k]) whole[piece.candidate].set(placed(at, piece.first + k), false);
        }
    }
    for (std::size_t i = 0; i < whole.size(); ++i) masks.insert(stored_.weights[i].name, std::move(whole[i]));
    plan.masks = std::move(masks);
    return plan;
}

}  // namespace espalier::prune
