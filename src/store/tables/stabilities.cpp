#include "store/tables/stabilities.h"

#include <algorithm>

namespace espalier::store {
namespace {

double barrier(const std::vector<Stability::Point>& points, double Stability::Point::*error) {
    if (points.empty()) return 0;
    double most = points.front().*error;
    for (const Stability::Point& point : points) most = std::max(most, point.*error);
    return most - (points.front().*error + points.back().*error) / 2;
}

}  // namespace

void write_stability(Database& database, const Stability& stability) {
    Statement(database, "DELETE FROM stabilities WHERE level = ? AND replicate = ? AND step = ?")
        .bind(stability.level, stability.replicate, stability.step)
        .run();
    Statement insert(database, "INSERT INTO stabilities VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    int position = 0;
    for (const Stability::Point& point : stability.points) {
        insert
            .bind(stability.hash, stability.level, stability.replicate, stability.step, position++,
                  point.alpha, point.train_error, point.test_error)
            .run();
    }
}

std::vector<Stability> read_stabilities(Database& database) {
    Statement row(database,
                  "SELECT hash, level, replicate, step, alpha, train_error, test_error FROM stabilities "
                  "ORDER BY level, replicate, step, position");
    std::vector<Stability> out;
    while (row.next()) {
        const int level = row.small(1);
        const int replicate = row.small(2);
        const std::int64_t step = row.integer(3);
        if (out.empty() || out.back().level != level || out.back().replicate != replicate ||
            out.back().step != step)
            out.push_back(
                {.hash = row.text(0), .level = level, .replicate = replicate, .step = step, .points = {}});
        out.back().points.push_back({row.real(4), row.real(5), row.real(6)});
    }
    return out;
}

double Stability::train_barrier() const { return barrier(points, &Point::train_error); }
double Stability::test_barrier() const { return barrier(points, &Point::test_error); }

}  // namespace espalier::store
