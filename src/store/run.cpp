#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/store.h"
#include "store/schema.h"
#include "store/tables/latencies.h"
#include "store/tables/sensitivities.h"
#include "store/tables/stabilities.h"
#include "store/tables/stages.h"

namespace espalier::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabase = "run.sqlite";
constexpr const char* kRecipe = "recipe.toml";

/// `line 7 is "rate = 0.2", expected "rate = 0.3"`: the first difference between two recipes.
std::string difference(const std::string& held, const std::string& wanted) {
    std::istringstream held_lines(held);
    std::istringstream wanted_lines(wanted);
    for (int line = 1;; ++line) {
        std::string a;
        std::string b;
        const bool has_a = static_cast<bool>(std::getline(held_lines, a));
        const bool has_b = static_cast<bool>(std::getline(wanted_lines, b));
        if (!has_a && !has_b) return "they differ at the end of the last line";
        if (has_a && has_b && a == b) continue;
        const auto quoted = [](bool has, const std::string& text) {
            return has ? fmt::format("\"{}\"", text) : std::string("missing");
        };
        return fmt::format("line {} is {}, expected {}", line, quoted(has_a, a), quoted(has_b, b));
    }
}

void require_recipe(const fs::path& folder, const std::string& held, const std::string& wanted) {
    if (held == wanted) return;
    throw BadData(fmt::format("{}: holds a run of another recipe: {}; choose another folder", folder.string(),
                              difference(held, wanted)));
}

bool is_there(const fs::path& path) {
    std::error_code ignored;  // what cannot be looked at fails when it is opened
    return fs::exists(path, ignored);
}

/// Of one hash, or of all if it is "".
std::vector<Position> read_positions(Database& database, const std::string& hash) {
    Statement row(database,
                  "SELECT hash, arm, level, replicate, 0 FROM stages WHERE ?1 = '' OR hash = ?1 UNION "
                  "SELECT hash, 'stability', level, replicate, step FROM stabilities WHERE ?1 = '' OR hash = "
                  "?1 ORDER BY 2, 3, 4, 5");
    row.bind(hash);
    std::vector<Position> positions;
    while (row.next())
        positions.push_back({.hash = row.text(0),
                             .arm = row.text(1),
                             .level = row.small(2),
                             .replicate = row.small(3),
                             .step = row.integer(4)});
    return positions;
}

/// A recipe.toml beside no run is somebody's own file: it is not written over.
void require_free(const fs::path& folder, const std::string& recipe) {
    const fs::path file = folder / kRecipe;
    if (!is_there(file) || read_text(file) == recipe) return;
    throw BadData(fmt::format("{}: holds a {} but no run; choose another folder", folder.string(), kRecipe));
}

}  // namespace

struct Run::State {
    fs::path folder;
    Database database;
};

Run::Run(std::unique_ptr<State> state) : state_(std::move(state)) {}
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;
Run::~Run() = default;

Run Run::create(const fs::path& folder, const std::string& recipe) {
    Run run = create_or_open(folder, recipe);
    require_recipe(folder, run.recipe(), recipe);
    return run;
}

Run Run::create_or_open(const fs::path& folder, const std::string& recipe) {
    make_folder(folder);
    const fs::path file = folder / kDatabase;
    if (!is_there(file)) require_free(folder, recipe);
    auto state = std::make_unique<State>(State{folder, Database(file, Database::Mode::create)});
    {
        Transaction transaction(state->database, "run");
        if (!has_schema(state->database)) make_schema(state->database, recipe);
        transaction.commit();
    }
    // A process may have been killed between the two, or somebody may have removed or changed the file.
    const std::string held = read_recipe(state->database);
    if (!is_there(folder / kRecipe) || read_text(folder / kRecipe) != held)
        write_text(folder / kRecipe, held);
    return Run(std::move(state));
}

Run Run::open(const fs::path& folder) {
    const fs::path file = folder / kDatabase;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
        throw BadData(fmt::format("{}: not a run: it has no {}", folder.string(), kDatabase));
    }
    auto state = std::make_unique<State>(State{folder, Database(file, Database::Mode::existing)});
    if (!has_schema(state->database)) {
        throw BadData(fmt::format("{}: not a run: {} is empty", folder.string(), kDatabase));
    }
    return Run(std::move(state));
}

const fs::path& Run::folder() const { return state_->folder; }

std::string Run::recipe() const { return read_recipe(state_->database); }

void Run::set_recipe(const std::string& recipe) {
    Transaction transaction(state_->database, "recipe");
    Statement(state_->database, "UPDATE run SET recipe = ?").bind(recipe).run();
    transaction.commit();
    write_text(state_->folder / kRecipe, recipe);
}

fs::path Run::ticket_path(int level, int replicate) const {
    return state_->folder / "tickets" / fmt::format("level-{:02}-replicate-{}.onnx", level, replicate);
}

fs::path Run::stage_folder(const std::string& hash) const {
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    if (hash.empty() || !std::all_of(hash.begin(), hash.end(), is_plain)) {
        throw InvalidArgument(fmt::format("stage hash \"{}\": expected letters, digits, - and _", hash));
    }
    fs::path path = state_->folder / "stages" / hash;
    make_folder(path);
    return path;
}

void Run::add(const Stage& stage) { add_places({stage}, {}); }

void Run::add_places(const std::vector<Stage>& records, const std::vector<std::string>& notes) {
    ESPALIER_ASSERT(!records.empty());
    Transaction transaction(state_->database, "stage");
    for (const Stage& stage : records) write_stage(state_->database, stage, false);
    const Stage& first = records.front();
    const std::string prefix = fmt::format("note {}.{}.{}.", first.arm, first.replicate, first.level);
    Statement(state_->database, "DELETE FROM facts WHERE substr(key, 1, length(?1)) = ?1").bind(prefix).run();
    Statement note(state_->database, "INSERT INTO facts VALUES (?, ?)");
    for (std::size_t i = 0; i < notes.size(); ++i) note.bind(fmt::format("{}{}", prefix, i), notes[i]).run();
    transaction.commit();
}

void Run::amend(const std::vector<Stage>& records) {
    Transaction transaction(state_->database, "amendment");
    for (const Stage& stage : records) write_stage(state_->database, stage, true);
    transaction.commit();
}

std::optional<Stage> Run::find_stage(const std::string& hash) const {
    return read_stage(state_->database, hash);
}

std::vector<Stage> Run::stages() const { return read_stages(state_->database); }

void Run::add(const Latency& latency) {
    Transaction transaction(state_->database, "latency");
    write_latency(state_->database, latency);
    transaction.commit();
}

std::vector<Latency> Run::latencies() const { return read_latencies(state_->database); }

std::vector<Position> Run::positions() const { return read_positions(state_->database, ""); }

std::vector<Position> Run::positions(const std::string& hash) const {
    return hash.empty() ? std::vector<Position>() : read_positions(state_->database, hash);
}

void Run::add(const Stability& stability) {
    Transaction transaction(state_->database, "stability");
    write_stability(state_->database, stability);
    transaction.commit();
}

std::vector<Stability> Run::stabilities() const { return read_stabilities(state_->database); }

void Run::set_sensitivities(const std::vector<Sensitivity>& points) {
    Transaction transaction(state_->database, "sensitivities");
    write_sensitivities(state_->database, points);
    transaction.commit();
}

std::vector<Sensitivity> Run::sensitivities() const { return read_sensitivities(state_->database); }

void Run::set_fact(const std::string& key, const std::string& value) {
    Transaction transaction(state_->database, "fact");
    Statement(state_->database, "INSERT OR REPLACE INTO facts VALUES (?, ?)").bind(key, value).run();
    transaction.commit();
}

std::map<std::string, std::string> Run::facts() const {
    std::map<std::string, std::string> facts;
    Statement row(state_->database, "SELECT key, value FROM facts");
    while (row.next()) facts.emplace(row.text(0), row.text(1));
    return facts;
}

}  // namespace espalier::store
