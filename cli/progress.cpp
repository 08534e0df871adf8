#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "base/text/numbers.h"
#include "base/text/text_table.h"

namespace espalier::cli {
namespace {

constexpr int kBarWidth = 26;

std::string draw(double share) {
    static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth * 8));
    std::string bar = "▕";
    for (int i = 0; i < eighths / 8; ++i) bar += "█";
    bar += kEighths[eighths % 8];
    const int used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
    return bar + std::string(static_cast<std::size_t>(kBarWidth - used), ' ') + "▏";
}

}  // namespace

std::string progress_line(double share, const std::string& left, const std::string& text, int columns) {
    const std::string line = fmt::format("{} {:3.0f} %  {}  {}", draw(share), 100 * share, left, text);
    return first_columns(line, static_cast<std::size_t>(std::max(0, columns - 1)));
}

int terminal_width(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

ProgressBar::ProgressBar(double delay)
    : terminal_(::isatty(STDERR_FILENO) != 0), delay_(delay), start_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(double share, const std::string& text) {
    if (!terminal_) return;
    if (first_share_ < 0) first_share_ = share;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (seconds < delay_) return;
    std::string left = "...";
    if (share > first_share_ + 1e-3) {
        left = format_duration(seconds * (1 - share) / (share - first_share_)) + " left";
    }
    const int known = terminal_width(STDERR_FILENO);
    std::cerr << "\r\x1b[K" << progress_line(share, left, text, known > 0 ? known : 80) << std::flush;
}

void ProgressBar::line(const std::string& text) {
    clear();
    std::cerr << text << std::endl;
}

void ProgressBar::clear() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
}

}  // namespace espalier::cli
