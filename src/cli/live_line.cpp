// SPDX-License-Identifier: Apache-2.0
#include "cli/live_line.hpp"

#include <unistd.h>

#include <algorithm>

#include "cli/output.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {

LiveLine::LiveLine(Invocation& inv) : inv_(inv), live_(os::is_terminal(STDERR_FILENO) && !inv.quiet()), last_(std::chrono::steady_clock::now()) {}

void LiveLine::tell(const std::function<std::string()>& line) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < (live_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000))) { return; }
    last_ = now;
    if (!live_) {
        inv_.say(line());
        return;
    }
    write_stderr(core::cat("\r\x1b[K", render::fitted(line(), static_cast<std::size_t>(std::max(20, os::terminal_width(STDERR_FILENO) - 1)))));
    shown_ = true;
}

void LiveLine::end() {
    if (shown_) { write_stderr("\r\x1b[K"); }
    shown_ = false;
}

}  // namespace runlake::cli
