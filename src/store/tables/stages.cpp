#include "store/tables/stages.h"

#include <fmt/format.h>

#include "store/tables/metrics.h"
#include "store/tables/widths.h"

namespace espalier::store {
namespace {

constexpr const char* kSelectOne = "SELECT * FROM stages WHERE hash = ? ORDER BY rowid LIMIT 1";
constexpr const char* kSelectAll = "SELECT * FROM stages ORDER BY arm, level, replicate";

/// The current row of a SELECT * FROM stages.
Stage stage_of(const Statement& row) {
    Stage stage;
    stage.hash = row.text(0);
    stage.parent = row.text(1);
    stage.arm = row.text(2);
    stage.level = row.small(3);
    stage.replicate = row.small(4);
    stage.first_step = row.integer(5);
    stage.last_step = row.integer(6);
    stage.best_step = row.integer(7);
    stage.best_validation_loss = row.real(8);
    stage.best_validation_accuracy = row.real(9);
    stage.best_test_accuracy = row.real(10);
    stage.validation_accuracy = row.real(11);
    stage.validation_loss = row.real(12);
    stage.test_accuracy = row.real(13);
    stage.test_loss = row.real(14);
    stage.train_accuracy = row.real(15);
    stage.train_loss = row.real(16);
    stage.seconds = row.real(17);
    return stage;
}

/// Reads what belongs to one stage after another, while the caller's row holds the read lock: a stage that
/// another process replaces meanwhile is seen whole.
class Details {
  public:
    explicit Details(Database& database)
        : database_(database),
          layers_(database,
                  "SELECT name, weights_left, weights_total, macs_per_weight FROM layers WHERE stage = ? "
                  "ORDER BY position"),
          curve_(database,
                 "SELECT step, validation_loss, validation_accuracy, train_loss FROM evaluations "
                 "WHERE stage = ? ORDER BY position") {}

    void read_into(Stage& stage) {
        layers_.bind(stage.hash);
        while (layers_.next()) {
            stage.layers.push_back(
                {layers_.text(0), layers_.integer(1), layers_.integer(2), layers_.real(3)});
        }
        curve_.bind(stage.hash);
        while (curve_.next()) {
            stage.curve.push_back({curve_.integer(0), curve_.real(1), curve_.real(2), curve_.real(3)});
        }
        read_widths(database_, stage);
        stage.metrics = read_metrics(database_, stage.hash);
    }

  private:
    Database& database_;
    Statement layers_;
    Statement curve_;
};

}  // namespace

void write_stage(Database& database, const Stage& stage, bool same_weights) {
    // What was measured of a ticket belongs to the weights it had.
    Statement(database,
              "DELETE FROM latencies WHERE ?1 = 'ticket' AND level = ?2 AND replicate = ?3 AND NOT (?4 AND "
              "EXISTS (SELECT 1 FROM stages WHERE arm = ?1 AND level = ?2 AND replicate = ?3 AND hash = ?5))")
        .bind(stage.arm, stage.level, stage.replicate, same_weights ? 1 : 0, stage.hash)
        .run();

    // OR REPLACE deletes the record it collides with.
    Statement(database,
              "INSERT OR REPLACE INTO stages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(stage.hash, stage.parent, stage.arm, stage.level, stage.replicate, stage.first_step,
              stage.last_step, stage.best_step, stage.best_validation_loss, stage.best_validation_accuracy,
              stage.best_test_accuracy, stage.validation_accuracy, stage.validation_loss, stage.test_accuracy,
              stage.test_loss, stage.train_accuracy, stage.train_loss, stage.seconds)
        .run();

    for (const char* table : {"layers", "evaluations"}) {
        Statement(
            database,
            fmt::format("DELETE FROM {} WHERE stage = ? OR stage NOT IN (SELECT hash FROM stages)", table)
                .c_str())
            .bind(stage.hash)
            .run();
    }
    Statement layer(database, "INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?)");
    int position = 0;
    for (const LayerCount& count : stage.layers) {
        layer.bind(stage.hash, position++, count.name, count.left, count.total, count.macs_per_weight).run();
    }
    Statement point(database, "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?)");
    position = 0;
    for (const Evaluation& at : stage.curve) {
        point.bind(stage.hash, position++, at.step, at.validation_loss, at.validation_accuracy, at.train_loss)
            .run();
    }
    write_widths(database, stage);
    write_metrics(database, stage);
}

std::optional<Stage> read_stage(Database& database, const std::string& hash) {
    Statement row(database, kSelectOne);
    if (!row.bind(hash).next()) return std::nullopt;
    Stage stage = stage_of(row);
    Details(database).read_into(stage);
    return stage;
}

std::vector<Stage> read_stages(Database& database) {
    std::vector<Stage> stages;
    Statement row(database, kSelectAll);
    Details details(database);
    while (row.next()) details.read_into(stages.emplace_back(stage_of(row)));
    return stages;
}

std::int64_t Stage::weights_left() const {
    std::int64_t sum = 0;
    for (const LayerCount& layer : layers) sum += layer.left;
    return sum;
}

std::int64_t Stage::weights_total() const {
    std::int64_t sum = 0;
    for (const LayerCount& layer : layers) sum += layer.total;
    return sum;
}

double Stage::macs_left() const {
    double sum = 0;
    for (const LayerCount& layer : layers) {
        if (!(layer.macs_per_weight > 0)) return 0;
        sum += layer.macs_per_weight * static_cast<double>(layer.left);
    }
    return sum;
}

}  // namespace espalier::store
