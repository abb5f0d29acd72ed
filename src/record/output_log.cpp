// SPDX-License-Identifier: Apache-2.0
#include "record/output_log.hpp"

#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"

namespace runlake::record {
namespace {

constexpr std::size_t k_longest_line = 64U << 10U;   // longer ones are redacted in pieces

}  // namespace

void OutputLog::add(std::string_view bytes) {
    if (problem_) { return; }
    seen_ += bytes.size();
    if (full_) { return; }
    pending_ += bytes;
    const std::size_t newline = pending_.rfind('\n');
    if (newline != std::string::npos) {
        write_out(newline + 1);
    } else if (pending_.size() >= k_longest_line) {
        write_out(pending_.size());
    }
}

void OutputLog::flush() { write_out(pending_.size()); }

void OutputLog::end() {
    flush();
    // Told once: the stream may end after it was looked through.
    if (full_ && !problem_ && !std::exchange(told_, true)) { put(core::cat("\n[runlake: cut here; ", seen_, " bytes were written in all]\n")); }
}

void OutputLog::write_out(std::size_t count) {
    if (count == 0 || problem_ || full_) { return; }
    std::string text = core::redact_text(std::string_view(pending_).substr(0, count));
    pending_.erase(0, count);
    if (text.size() > limit_ - written_) {
        text.resize(limit_ - written_);
        full_ = true;
        pending_.clear();
    }
    written_ += text.size();
    put(text);
}

void OutputLog::put(std::string_view text) {
    const core::Status done = try_put(text);
    if (!done.ok()) { problem_ = done.error().message(); }
}

core::Status OutputLog::try_put(std::string_view text) {
    if (!file_.is_open()) {
        RL_TRY(os::make_dirs(os::parent_path(path_), 0777, os::point::output_create));
        RL_ASSIGN(file_, os::create_exclusive(path_, 0666, os::point::output_create));
    }
    return os::write_all(file_.get(), text, os::point::output_write, path_);
}

void keep_tail(std::string& tail, std::string_view more, std::size_t most) {
    if (more.size() >= most) {
        tail = more.substr(more.size() - most);
        return;
    }
    if (tail.size() + more.size() > most) { tail.erase(0, tail.size() + more.size() - most); }
    tail += more;
}

}  // namespace runlake::record
