#include "store/tables/metrics.h"

namespace espalier::store {
namespace {

constexpr const char* kMetricsTable = R"(
    CREATE TABLE IF NOT EXISTS metrics (
        stage TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        is_share INTEGER NOT NULL,
        validation REAL,
        test REAL,
        PRIMARY KEY (stage, position)
    ) WITHOUT ROWID;
)";

}  // namespace

void write_metrics(Database& database, const Stage& stage) {
    if (stage.metrics.empty() && !database.has_table("metrics")) return;
    database.execute(kMetricsTable);
    Statement(database, "DELETE FROM metrics WHERE stage = ? OR stage NOT IN (SELECT hash FROM stages)")
        .bind(stage.hash)
        .run();
    Statement insert(database, "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)");
    int position = 0;
    for (const MetricValue& value : stage.metrics) {
        insert.bind(stage.hash, position++, value.name, value.is_share ? 1 : 0, value.validation, value.test)
            .run();
    }
}

std::vector<MetricValue> read_metrics(Database& database, const std::string& hash) {
    std::vector<MetricValue> values;
    if (!database.has_table("metrics")) return values;
    Statement row(database,
                  "SELECT name, is_share, validation, test FROM metrics WHERE stage = ? ORDER BY position");
    row.bind(hash);
    while (row.next())
        values.push_back({.name = row.text(0),
                          .is_share = row.small(1) != 0,
                          .validation = row.real(2),
                          .test = row.real(3)});
    return values;
}

}  // namespace espalier::store
