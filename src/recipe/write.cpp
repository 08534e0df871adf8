// Recipe -> text: the resolved recipe, what differs from the defaults, and errors that point at a value.
#include <algorithm>

#include "espalier/error.h"
#include "recipe/fields.h"
#include "recipe/text.h"

namespace espalier {
namespace {

/// The fields in order, as (section, key within it, value).
struct Entry {
    std::string section;
    std::string name;
    std::string value;
    std::string key() const { return section + "." + name; }
};

class Lister {
  public:
    template <class T>
    void field(const char* key, const T& value, const Check<T>&) {
        const std::string path(key);
        const auto dot = path.rfind('.');
        entries.push_back({path.substr(0, dot), path.substr(dot + 1), to_toml(value)});
    }
    std::vector<Entry> entries;
};

std::vector<Entry> entries_of(const Recipe& recipe) {
    Lister lister;
    visit_fields(recipe, lister);
    return std::move(lister.entries);
}

/// [arms.NAME] with what differs from `base`.
std::string arm_section(const Recipe& base, const Recipe& arm) {
    const std::vector<Entry> before = entries_of(base);
    const std::vector<Entry> entries = entries_of(arm);
    std::string out = fmt::format("\n[arms.{}]\n", to_toml(arm.arm));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].section != "experiment" && entries[i].value != before[i].value)
            out += fmt::format("{} = {}\n", entries[i].key(), entries[i].value);
    }
    return out;
}

/// The output layer's rate was 0.1 for recipes that did not say it: hashes tell what differs from that. Where
/// nobody reads it nothing differs.
constexpr double kHashedOutputLayerRate = 0.1;

Recipe as_hashed(Recipe recipe) {
    Recipe::Prune& prune = recipe.prune;
    if (prune.output_layer_rate > 0) return recipe;
    const bool is_read = prune.rounds > 0 && prune.scope == "layer-wise" && prune.sparsity == 0 &&
                         prune.weights == 0 && prune.macs == 0 && prune.layers.empty();
    prune.output_layer_rate = is_read ? prune.rate : kHashedOutputLayerRate;
    return recipe;
}

std::vector<Entry> hashed_defaults() {
    Recipe plain;
    plain.prune.output_layer_rate = kHashedOutputLayerRate;
    return entries_of(plain);
}

bool covers(const std::string& prefix, const std::string& key) {
    return key.starts_with(prefix) && (key.size() == prefix.size() || key[prefix.size()] == '.');
}

}  // namespace

std::string Recipe::resolved() const {
    std::string out;
    std::string section;
    for (const Entry& entry : entries_of(*this)) {
        // A recipe that names both is refused.
        if (entry.key() == "model.network" && !model.onnx.empty()) continue;
        if (entry.section != section) {
            section = entry.section;
            out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
        }
        out += fmt::format("{} = {}\n", entry.name, entry.value);
    }
    for (const Recipe& other : arms) out += arm_section(*this, other);
    return out;
}

std::string Recipe::deviations(const std::vector<std::string>& prefixes) const {
    static const std::vector<Entry> defaults = hashed_defaults();
    const std::vector<Entry> entries = entries_of(as_hashed(*this));
    std::string out;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string key = entries[i].key();
        const bool wanted =
            std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& p) { return covers(p, key); });
        if (wanted && entries[i].value != defaults[i].value)
            out += fmt::format("{} = {}\n", key, entries[i].value);
    }
    return out;
}

std::string Recipe::own_value(std::string_view key) const {
    static const std::vector<Entry> defaults = entries_of(Recipe());
    const std::vector<Entry> entries = entries_of(*this);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].key() == key && entries[i].value != defaults[i].value) return entries[i].value;
    }
    return "";
}

std::string Recipe::identity() const {
    const std::vector<std::string> all = {"model", "data",    "train",      "regularize",
                                          "prune", "retrain", "experiment", "bench"};
    std::string out = deviations(all);
    for (const Recipe& other : arms) out += fmt::format("[{}]\n{}", other.arm, other.deviations(all));
    return out;
}

Recipe Recipe::extensible() const {
    Recipe recipe = *this;
    const Experiment plain;
    recipe.experiment = {.seed = experiment.seed,
                         .replicates = plain.replicates,
                         .controls = {},
                         .control_levels = {},
                         .stability = {},
                         .stability_levels = {},
                         .evaluate_every = experiment.evaluate_every,
                         .metrics = {}};
    recipe.bench = Bench();
    recipe.data.path.clear();
    // On the way to a sparsity each round cuts a share of it, and an order is one for the last round. Without
    // rounds there is a dense network alone.
    const bool shares_out = prune.sparsity > 0 || (prune.remove && prune.macs > 0) || prune.permute;
    if (!shares_out && prune.rounds > 0) recipe.prune.rounds = Prune().rounds;
    for (Recipe& other : recipe.arms) other = other.extensible();
    return recipe;
}

Recipe Recipe::without_controls() const {
    Recipe recipe = *this;
    recipe.experiment.controls.clear();
    recipe.experiment.control_levels.clear();
    recipe.experiment.stability.clear();
    recipe.experiment.stability_levels.clear();
    recipe.arms.clear();
    return recipe;
}

Recipe Recipe::dense_only() const {
    Recipe recipe = without_controls();
    recipe.prune.rounds = 0;
    // The table that a scope reads may be what the dense network is trained for.
    recipe.prune.scope = Prune().scope;
    recipe.prune.sensitivity.clear();
    return recipe;
}

void Recipe::fail(std::string_view key, const std::string& message) const {
    std::string value;
    for (const Entry& entry : entries_of(*this)) {
        if (entry.key() == key) value = entry.value;
    }
    const auto line = lines.find(key);
    const bool has_line = line != lines.end() && line->second > 0;
    const std::string where = has_line ? fmt::format("{}:{}", file_name, line->second) : file_name;
    throw BadRecipe(fmt::format("{}: {}{}{}", where, key, value.empty() ? "" : " = " + value, message));
}

}  // namespace espalier
