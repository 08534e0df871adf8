#include "store/tables/latencies.h"

namespace espalier::store {

namespace {

/// Runs from before the interval was measured have no columns for it.
bool has_interval(Database& database) {
    return database.integer(
               "SELECT count(*) FROM pragma_table_info('latencies') WHERE name = 'speedup_low'") > 0;
}

}  // namespace

void write_latency(Database& database, const Latency& latency) {
    if (!has_interval(database)) {
        database.execute("ALTER TABLE latencies ADD COLUMN speedup_low REAL");
        database.execute("ALTER TABLE latencies ADD COLUMN speedup_high REAL");
    }
    Statement(database,
              "INSERT OR REPLACE INTO latencies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(latency.level, latency.replicate, latency.batch, latency.threads, latency.median_ms,
              latency.low_ms, latency.high_ms, latency.dense_median_ms, latency.dense_low_ms,
              latency.dense_high_ms, latency.file_bytes, latency.test_accuracy, latency.kernels,
              latency.speedup_low, latency.speedup_high)
        .run();
}

std::vector<Latency> read_latencies(Database& database) {
    std::vector<Latency> latencies;
    const bool measured = has_interval(database);
    Statement row(database, "SELECT * FROM latencies ORDER BY level, replicate, batch, threads");
    while (row.next()) {
        Latency latency;
        latency.level = row.small(0);
        latency.replicate = row.small(1);
        latency.batch = row.integer(2);
        latency.threads = row.small(3);
        latency.median_ms = row.real(4);
        latency.low_ms = row.real(5);
        latency.high_ms = row.real(6);
        latency.dense_median_ms = row.real(7);
        latency.dense_low_ms = row.real(8);
        latency.dense_high_ms = row.real(9);
        latency.file_bytes = row.integer(10);
        latency.test_accuracy = row.real(11);
        latency.kernels = row.text(12);
        if (measured) latency.speedup_low = row.real(13);
        if (measured) latency.speedup_high = row.real(14);
        latencies.push_back(std::move(latency));
    }
    return latencies;
}

}  // namespace espalier::store
