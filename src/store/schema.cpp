#include "store/schema.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::store {
namespace {

constexpr int kApplicationId = 0x4553504c;  // "ESPL", SQLite's mark of whose file this is

// The journal stays SQLite's default, a rollback journal: unlike a write-ahead log it works on network drives
// and in a folder that may only be read, and between writes run.sqlite is the whole store. Reals may be NULL:
// NaN.
constexpr const char* kTables = R"(
    CREATE TABLE run (recipe TEXT NOT NULL);
    CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE stages (
        hash TEXT NOT NULL,
        parent TEXT NOT NULL,
        arm TEXT NOT NULL,
        level INTEGER NOT NULL,
        replicate INTEGER NOT NULL,
        first_step INTEGER NOT NULL,
        last_step INTEGER NOT NULL,
        best_step INTEGER NOT NULL,
        best_validation_loss REAL,
        best_validation_accuracy REAL,
        best_test_accuracy REAL,
        validation_accuracy REAL,
        validation_loss REAL,
        test_accuracy REAL,
        test_loss REAL,
        train_accuracy REAL,
        train_loss REAL,
        seconds REAL,
        PRIMARY KEY (arm, level, replicate)
    );
    CREATE INDEX stage_hashes ON stages (hash);
    CREATE TABLE layers (
        stage TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        weights_left INTEGER NOT NULL,
        weights_total INTEGER NOT NULL,
        macs_per_weight REAL,
        PRIMARY KEY (stage, position)
    ) WITHOUT ROWID;
    CREATE TABLE evaluations (
        stage TEXT NOT NULL,
        position INTEGER NOT NULL,
        step INTEGER NOT NULL,
        validation_loss REAL,
        validation_accuracy REAL,
        train_loss REAL,
        PRIMARY KEY (stage, position)
    ) WITHOUT ROWID;
    CREATE TABLE latencies (
        level INTEGER NOT NULL,
        replicate INTEGER NOT NULL,
        batch INTEGER NOT NULL,
        threads INTEGER NOT NULL,
        median_ms REAL,
        low_ms REAL,
        high_ms REAL,
        dense_median_ms REAL,
        dense_low_ms REAL,
        dense_high_ms REAL,
        file_bytes INTEGER NOT NULL,
        test_accuracy REAL,
        kernels TEXT NOT NULL,
        speedup_low REAL,
        speedup_high REAL,
        PRIMARY KEY (level, replicate, batch, threads)
    );
    CREATE TABLE stabilities (
        hash TEXT NOT NULL,
        level INTEGER NOT NULL,
        replicate INTEGER NOT NULL,
        step INTEGER NOT NULL,
        position INTEGER NOT NULL,
        alpha REAL,
        train_error REAL,
        test_error REAL,
        PRIMARY KEY (level, replicate, step, position)
    );
    CREATE TABLE sensitivities (
        position INTEGER PRIMARY KEY,
        layer TEXT NOT NULL,
        replicate INTEGER NOT NULL,
        sparsity REAL NOT NULL,
        loss REAL,
        accuracy REAL
    );
)";

}  // namespace

bool has_schema(Database& database) {
    const std::int64_t owner = database.integer("PRAGMA application_id");
    if (owner == 0 && database.integer("SELECT count(*) FROM sqlite_master") == 0) return false;
    if (owner != kApplicationId) {
        throw BadData(fmt::format("{}: database of another program, expected a run of Espalier",
                                  database.path().string()));
    }
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version != kStoreVersion) {
        throw BadData(
            fmt::format("{}: store version {}, expected {}: open it with the Espalier that wrote it",
                        database.path().string(), version, kStoreVersion));
    }
    return true;
}

void make_schema(Database& database, const std::string& recipe) {
    database.execute(kTables);
    database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
    database.execute(fmt::format("PRAGMA user_version = {}", kStoreVersion).c_str());
    Statement(database, "INSERT INTO run VALUES (?)").bind(recipe).run();
}

std::string read_recipe(Database& database) {
    Statement statement(database, "SELECT recipe FROM run");
    return statement.next() ? statement.text(0) : std::string();
}

}  // namespace espalier::store
