#include "store/tables/sensitivities.h"

namespace espalier::store {

void write_sensitivities(Database& database, const std::vector<Sensitivity>& points) {
    database.execute("DELETE FROM sensitivities");
    std::int64_t position = 0;
    for (const Sensitivity& point : points) {
        Statement(database, "INSERT INTO sensitivities VALUES (?, ?, ?, ?, ?, ?)")
            .bind(position++, point.layer, point.replicate, point.sparsity, point.loss, point.accuracy)
            .run();
    }
}

std::vector<Sensitivity> read_sensitivities(Database& database) {
    std::vector<Sensitivity> points;
    Statement row(database,
                  "SELECT layer, replicate, sparsity, loss, accuracy FROM sensitivities ORDER BY position");
    while (row.next()) {
        points.push_back({.layer = row.text(0),
                          .replicate = row.small(1),
                          .sparsity = row.real(2),
                          .loss = row.real(3),
                          .accuracy = row.real(4)});
    }
    return points;
}

}  // namespace espalier::store
