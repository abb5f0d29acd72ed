// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/pipeline_progress.hpp"

#include <unistd.h>

#include "cli/commands/runs_shared.hpp"
#include "cli/output.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using pipeline::InstanceState;

constexpr std::size_t k_most_running = 3;
constexpr std::size_t k_tail_lines = 10;

// The last lines of what a stage wrote to stderr, indented.
std::string tail_lines(std::string_view tail) {
    const std::vector<std::string_view> lines = core::split(core::trim(tail), '\n');
    std::string text;
    for (std::size_t i = lines.size() > k_tail_lines ? lines.size() - k_tail_lines : 0; i < lines.size(); ++i) {
        if (!core::trim(lines[i]).empty()) { text += cat("\n    | ", render::harmless_line(lines[i])); }
    }
    return text;
}

std::string indented(std::string_view text) {
    std::string out;
    for (const std::string_view line : core::split(text, '\n')) { out += cat(out.empty() ? "" : "\n    ", render::harmless_line(line)); }
    return out;
}

}  // namespace

PipelineProgress::PipelineProgress(Invocation& inv) : inv_(inv), live_(os::is_terminal(STDERR_FILENO) && !inv.quiet()) {}

void PipelineProgress::begin(const std::string& run_dir, const pipeline::Graph& graph, const std::vector<pipeline::Decision>& plan) {
    graph_ = &graph;
    total_ = plan.size();
    inv_.say(cat("run directory ", run_dir));
}

void PipelineProgress::tell(const pipeline::ProgressEvent& event) {
    const std::lock_guard lock(mutex_);
    const std::string name = graph_->instances[event.instance].which.str();
    if (event.kind == pipeline::ProgressEvent::Kind::started) {
        running_.emplace(event.instance, std::chrono::steady_clock::now());
        if (!live_) { inv_.say(cat(name, ": running")); }
        return;
    }
    ++ended_;
    running_.erase(event.instance);
    const pipeline::InstanceOutcome& outcome = *event.outcome;
    switch (outcome.state) {
        case InstanceState::done:
            print_line(cat(name, ": done in ", duration_text(outcome.seconds), outcome.inputs_changed ? " (its inputs changed meanwhile: it runs again next time)" : ""));
            if (!outcome.nondeterministic.empty()) { print_line(cat(name, ": NONDETERMINISTIC: an equal key gave other bytes in ", outcome.nondeterministic.front().path,
                                                                    outcome.nondeterministic.size() > 1 ? cat(" and ", outcome.nondeterministic.size() - 1, " more") : "")); }
            break;
        case InstanceState::reused: print_line(cat(name, ": reused ", outcome.decision.detail)); break;
        case InstanceState::failed:
            ++failed_;
            print_line(cat(name, ": FAILED: ", indented(outcome.error), tail_lines(outcome.stderr_tail),
                           outcome.run_id ? cat("\n    runlake runs logs ", outcome.run_id->brief()) : ""));
            break;
        case InstanceState::stopped: print_line(cat(name, ": stopped")); break;
        case InstanceState::busy: print_line(cat(name, ": busy: ", outcome.error)); break;
        case InstanceState::left:
            if (outcome.decision.reason != pipeline::Reason::not_selected) { print_line(cat(name, ": left: ", outcome.decision.detail)); }
            break;
        case InstanceState::skipped: break;
    }
}

void PipelineProgress::tick() {
    if (!live_) { return; }
    const std::lock_guard lock(mutex_);
    write_stderr(cat("\r\x1b[K", render::fitted(status_line(), static_cast<std::size_t>(std::max(20, os::terminal_width(STDERR_FILENO) - 1)))));
    shown_ = true;
}

void PipelineProgress::end() {
    const std::lock_guard lock(mutex_);
    erase();
}

void PipelineProgress::say(std::string_view line) {
    const std::lock_guard lock(mutex_);
    print_line(std::string(line));
}

void PipelineProgress::print_line(const std::string& line) {
    erase();
    inv_.say(line);
}

void PipelineProgress::erase() {
    if (shown_) { write_stderr("\r\x1b[K"); }
    shown_ = false;
}

std::string PipelineProgress::status_line() const {
    std::string line = cat('[', ended_, '/', total_, ']', failed_ > 0 ? cat(" ", failed_, " failed") : "");
    std::size_t told = 0;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [instance, since] : running_) {
        if (told++ == k_most_running) {
            line += cat(" and ", running_.size() - k_most_running, " more");
            break;
        }
        line += cat(told == 1 ? " " : ", ", graph_->instances[instance].which.str(), ' ', std::chrono::duration_cast<std::chrono::seconds>(now - since).count(), 's');
    }
    return line;
}

}  // namespace runlake::cli
