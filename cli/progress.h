// A progress bar with the time left on a terminal; plain lines otherwise. On standard error.
#pragma once

#include <chrono>
#include <string>

namespace espalier::cli {

class ProgressBar {
  public:
    /// Shows nothing before so many seconds.
    explicit ProgressBar(double delay = 0);
    /// Removes the bar.
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// `share` in [0, 1]; `text` says what is going on.
    void show(double share, const std::string& text);
    void hide() { clear(); }
    /// A line that stays, above the bar.
    void line(const std::string& text);

  private:
    void clear() const;

    bool terminal_;
    double delay_;
    std::chrono::steady_clock::time_point start_;
    double first_share_ = -1;  // what was done before the clock started
};

/// The bar, the time left and the text, cut at the terminal's edge: a wrapped line could not be drawn again
/// in place.
std::string progress_line(double share, const std::string& left, const std::string& text, int columns);

/// Columns of the terminal behind a file descriptor; 0 if there is none.
int terminal_width(int descriptor);

}  // namespace espalier::cli
