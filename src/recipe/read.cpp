// TOML -> Recipe. toml++ parses; this file matches keys with the fields and words the errors.
#include <toml++/toml.h>

#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <sstream>

#include "base/files.h"
#include "base/text/nearest.h"
#include "espalier/error.h"
#include "recipe/fields.h"
#include "recipe/text.h"

namespace espalier {
namespace {

std::string text_of(const toml::node& node) {
    std::ostringstream out;
    if (const auto* value = node.as_string()) {
        out << *value;
        return to_toml(value->get());
    }
    node.visit([&](const auto& value) { out << value; });
    return out.str();
}

std::optional<std::string> read_value(const toml::node& node, std::string& target) {
    const auto* value = node.as_string();
    if (value == nullptr) return "a text in quotes";
    target = value->get();
    return {};
}

std::optional<std::string> read_value(const toml::node& node, std::int64_t& target) {
    const auto* value = node.as_integer();
    if (value == nullptr) return "a whole number";
    target = value->get();
    return {};
}

std::optional<std::string> read_value(const toml::node& node, double& target) {
    if (const auto* integer = node.as_integer()) {
        target = static_cast<double>(integer->get());
        return {};
    }
    const auto* value = node.as_floating_point();
    if (value == nullptr) return "a number";
    target = value->get();
    return {};
}

std::optional<std::string> read_value(const toml::node& node, bool& target) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return "true or false";
    target = value->get();
    return {};
}

std::optional<std::string> read_value(const toml::node& node, Length& target) {
    const auto* value = node.as_string();
    if (value == nullptr) return "a length such as \"20ep\", \"500it\" or \"2ep50it\"";
    try {
        target = Length::parse(value->get());
    } catch (const InvalidArgument&) {
        return "a length such as \"20ep\", \"500it\" or \"2ep50it\"";
    }
    return {};
}

template <class T>
std::optional<std::string> read_value(const toml::node& node, std::vector<T>& target) {
    const auto* array = node.as_array();
    if (array == nullptr) return "a list in [ ]";
    target.clear();
    for (const toml::node& element : *array) {
        T value{};
        if (const auto expected = read_value(element, value))
            return "a list whose elements are each " + *expected;
        target.push_back(std::move(value));
    }
    return {};
}

/// Keys that the file sets, "prune.rate", with their nodes.
void collect(const toml::table& table, const std::string& prefix,
             std::map<std::string, const toml::node*>& leaves) {
    for (const auto& [key, node] : table) {
        const std::string path =
            prefix.empty() ? std::string(key.str()) : prefix + "." + std::string(key.str());
        if (const auto* inner = node.as_table()) {
            collect(*inner, path, leaves);
        } else {
            leaves.emplace(path, &node);
        }
    }
}

class Reader {
  public:
    /// `place` is where in the file the table is: "arms.NAME", or "" for all of it.
    Reader(Recipe& recipe, const toml::table& table, std::string place = "")
        : recipe_(recipe), place_(std::move(place)) {
        collect(table, "", leaves_);
        if (place_.empty())
            std::erase_if(leaves_, [](const auto& leaf) { return leaf.first.starts_with("arms."); });
        for (const auto& [key, node] : leaves_)
            recipe_.lines[key] = static_cast<int>(node->source().begin.line);
    }

    template <class T>
    void field(const char* key, T& target, const Check<T>& check) {
        known_.emplace_back(key);
        const auto found = leaves_.find(key);
        if (found == leaves_.end()) return;
        if (const auto expected = read_value(*found->second, target)) {
            fail(key, *found->second, *expected);
        }
        if (check.holds != nullptr && !check.holds(target)) fail(key, *found->second, check.expected);
    }

    /// A table of names that the user chooses: every key under it belongs to the field.
    void field(const char* key, std::map<std::string, double>& target,
               const Check<std::map<std::string, double>>&) {
        known_.emplace_back(key);
        const std::string prefix = fmt::format("{}.", key);
        for (const auto& [path, node] : leaves_) {
            if (path == key) fail(key, *node, "a table, such as {\"fc1.weight\" = 0.5}");
            if (!path.starts_with(prefix)) continue;
            known_.push_back(path);
            double value = 0;
            if (const auto expected = read_value(*node, value)) fail(path.c_str(), *node, *expected);
            target[path.substr(prefix.size())] = value;
        }
    }

    /// Throws for the first key that no field took.
    void refuse_unknown() const {
        for (const auto& [key, node] : leaves_) {
            if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
            throw BadRecipe(
                fmt::format("{}: the key {}{}{}", where(*node), place_, key, unknown_hint(key, known_)));
        }
    }

  private:
    [[noreturn]] void fail(const char* key, const toml::node& node, const std::string& expected) const {
        throw BadRecipe(fmt::format("{}: {} = {}: expected {}", where(node), key, text_of(node), expected));
    }

    /// FILE:LINE, or the file alone for what was set from outside.
    std::string where(const toml::node& node) const {
        const auto line = node.source().begin.line;
        return line == 0 ? recipe_.file_name : fmt::format("{}:{}", recipe_.file_name, line);
    }

    Recipe& recipe_;
    std::string place_;
    std::map<std::string, const toml::node*> leaves_;
    std::vector<std::string> known_;
};

/// Sections that arms may change; the others are the same for all, or they could not be compared.
constexpr std::array kArmSections = {"model", "train", "regularize", "prune", "retrain"};

Recipe read_arm(const Recipe& base, const std::string& name, const toml::node& node) {
    const auto refuse = [&](const std::string& message, const toml::node& at) {
        throw BadRecipe(
            fmt::format("{}:{}: arms.{}{}", base.file_name, at.source().begin.line, name, message));
    };
    const toml::table* table = node.as_table();
    if (table == nullptr) refuse(": expected a table, such as [arms.one-shot]", node);
    const auto is_plain = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; };
    if (name.empty() || !std::ranges::all_of(name, is_plain))
        refuse(": expected a name of small letters, digits and -", node);
    for (const auto& [section, inner] : *table) {
        if (std::ranges::count(kArmSections, section.str()) == 0)
            refuse(fmt::format(".{}: an arm changes {} only", std::string(section.str()),
                               fmt::join(kArmSections, ", ")),
                   inner);
    }
    Recipe arm = base.without_controls();
    arm.arm = name;
    arm.lines.clear();
    Reader reader(arm, *table, fmt::format("arms.{}.", name));
    visit_fields(arm, reader);
    reader.refuse_unknown();
    return arm;
}

/// In the order of the file: toml++ sorts them by name.
void read_arms(Recipe& recipe, const toml::table& arms) {
    std::vector<std::pair<int, Recipe>> found;
    for (const auto& [name, node] : arms) {
        found.emplace_back(static_cast<int>(node.source().begin.line),
                           read_arm(recipe, std::string(name.str()), node));
    }
    std::ranges::stable_sort(found, {}, [](const auto& arm) { return arm.first; });
    for (auto& [line, arm] : found) {
        recipe.lines["arms." + arm.arm] = line;
        recipe.arms.push_back(std::move(arm));
    }
}

/// "train.steps=5ep" as `train.steps = "5ep"` in the table. What is no TOML value is a text.
void apply(const std::string& change, toml::table& table) {
    const std::size_t equals = change.find('=');
    if (equals == std::string::npos || equals == 0)
        throw InvalidArgument(
            fmt::format("change \"{}\": expected KEY=VALUE, such as train.steps=5ep", change));
    const std::string key = change.substr(0, equals);
    const std::string value = change.substr(equals + 1);
    toml::table parsed;
    try {
        parsed = toml::parse(std::string_view(fmt::format("value = {}", value)), std::string_view("--set"));
    } catch (const toml::parse_error&) {
        parsed = toml::parse(std::string_view(fmt::format("value = {}", to_toml(value))),
                             std::string_view("--set"));
    }
    toml::table* place = &table;
    std::size_t from = 0;
    for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', from)) {
        const std::string part = key.substr(from, dot - from);
        if (!place->contains(part)) place->insert(part, toml::table());
        place = (*place)[part].as_table();
        if (place == nullptr)
            throw InvalidArgument(fmt::format("change \"{}\": \"{}\" is no table", change, part));
        from = dot + 1;
    }
    place->insert_or_assign(key.substr(from), *parsed.get("value"));
}

}  // namespace

Recipe Recipe::from_text(std::string_view text, const std::string& file_name,
                         const std::vector<std::string>& changes) {
    Recipe recipe;
    recipe.file_name = file_name;
    try {
        toml::table table = toml::parse(text, file_name);
        for (const std::string& change : changes) apply(change, table);
        Reader reader(recipe, table);
        visit_fields(recipe, reader);
        reader.refuse_unknown();
        if (const toml::table* arms = table["arms"].as_table()) read_arms(recipe, *arms);
    } catch (const toml::parse_error& error) {
        throw BadRecipe(fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
    }
    return recipe;
}

Recipe Recipe::from_file(const std::filesystem::path& path, const std::vector<std::string>& changes) {
    return from_text(read_text(path), path.string(), changes);
}

}  // namespace espalier
