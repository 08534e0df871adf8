#include "prune/grouping/assignment.h"

#include <cstddef>
#include <limits>

namespace espalier::prune {
namespace {

/// Rows and columns from 1; column 0 stands for the row that is being placed.
class Assignment {
  public:
    Assignment(std::span<const double> worth, int size)
        : worth_(worth),
          size_(static_cast<std::size_t>(size)),
          of_row_(size_ + 1),
          of_column_(size_ + 1),
          row_at_(size_ + 1),
          before_(size_ + 1) {}

    std::vector<int> solve() {
        for (std::size_t row = 1; row <= size_; ++row) place(row);
        std::vector<int> columns(size_);
        for (std::size_t column = 1; column <= size_; ++column)
            columns[row_at_[column] - 1] = static_cast<int>(column) - 1;
        return columns;
    }

  private:
    /// What pair costs over its potentials, never negative: worths are turned round.
    double excess(std::size_t row, std::size_t column) const {
        return -worth_[(row - 1) * size_ + column - 1] - of_row_[row] - of_column_[column];
    }

    void place(std::size_t row) {
        constexpr double kNever = std::numeric_limits<double>::infinity();
        std::vector<double> least(size_ + 1, kNever);
        std::vector<bool> done(size_ + 1);
        row_at_[0] = row;
        std::size_t column = 0;
        do {
            done[column] = true;
            double step = kNever;
            std::size_t next = 0;
            for (std::size_t j = 1; j <= size_; ++j) {
                if (done[j]) continue;
                const double cost = excess(row_at_[column], j);
                if (cost < least[j]) {
                    least[j] = cost;
                    before_[j] = column;
                }
                if (least[j] < step) {
                    step = least[j];
                    next = j;
                }
            }
            for (std::size_t j = 0; j <= size_; ++j) {
                if (done[j]) {
                    of_row_[row_at_[j]] += step;
                    of_column_[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            column = next;
        } while (row_at_[column] != 0);
        for (; column != 0; column = before_[column]) row_at_[column] = row_at_[before_[column]];
    }

    std::span<const double> worth_;
    std::size_t size_;
    std::vector<double> of_row_, of_column_;  // potentials
    std::vector<std::size_t> row_at_;         // of each column; 0: none
    std::vector<std::size_t> before_;         // columns on the path that leads to each
};

}  // namespace

std::vector<int> best_assignment(std::span<const double> worth, int size) {
    return Assignment(worth, size).solve();
}

}  // namespace espalier::prune
