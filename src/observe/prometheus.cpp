// SPDX-License-Identifier: Apache-2.0
#include "observe/prometheus.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include "core/text.hpp"

namespace runlake::observe {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : core::valid_utf8(text)) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '"') {
            out += "\\\"";
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::string labels(const StageCount& count, bool with_state) {
    std::string out = core::cat("{stage=\"", escaped(count.stage), "\"");
    if (with_state) { out += core::cat(",state=\"", escaped(count.state), "\""); }
    return out + core::cat(",tenant=\"", escaped(count.tenant), "\"}");
}

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out += core::cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

}  // namespace

std::string to_prometheus(const MetricsPage& page) {
    std::vector<StageCount> counts = page.counts;
    std::sort(counts.begin(), counts.end(), [](const StageCount& a, const StageCount& b) {
        return std::tie(a.stage, a.state, a.tenant) < std::tie(b.stage, b.state, b.tenant);
    });
    std::string out;
    head(out, "runlake_runs_total", "counter", "Runs that ended, by stage, state and tenant.");
    for (const StageCount& count : counts) {
        if (count.state != "running") { out += core::cat("runlake_runs_total", labels(count, true), " ", count.runs, "\n"); }
    }
    head(out, "runlake_runs_running", "gauge", "Runs that began and have not ended.");
    for (const StageCount& count : counts) {
        if (count.state == "running") { out += core::cat("runlake_runs_running", labels(count, false), " ", count.runs, "\n"); }
    }
    head(out, "runlake_run_duration_seconds", "summary", "Duration of runs that ended.");
    for (const StageCount& count : counts) {
        if (count.state == "running") { continue; }
        out += core::cat("runlake_run_duration_seconds_sum", labels(count, true), " ", core::format_float(count.duration_seconds), "\n");
        out += core::cat("runlake_run_duration_seconds_count", labels(count, true), " ", count.runs, "\n");
    }
    const auto counter = [&](std::string_view name, std::string_view help, std::int64_t StageCount::*member) {
        head(out, name, "counter", help);
        for (const StageCount& count : counts) {
            if (count.*member > 0) { out += core::cat(name, labels(count, true), " ", count.*member, "\n"); }
        }
    };
    counter("runlake_rows_in_total", "Rows that runs took in.", &StageCount::rows_in);
    counter("runlake_rows_out_total", "Rows that runs put out.", &StageCount::rows_out);
    counter("runlake_llm_calls_total", "Calls of language models that runs made.", &StageCount::llm_calls);
    counter("runlake_tokens_total", "Tokens that runs consumed.", &StageCount::tokens);
    head(out, "runlake_last_finished_timestamp_seconds", "gauge", "When the newest run of that stage and state ended.");
    for (const StageCount& count : counts) {
        if (count.last_finished) {
            out += core::cat("runlake_last_finished_timestamp_seconds", labels(count, true), " ", core::format_float(*count.last_finished), "\n");
        }
    }
    head(out, "runlake_lost_records_total", "counter", "Records that could not be written to the journal.");
    out += core::cat("runlake_lost_records_total ", page.lost_records, "\n");
    head(out, "runlake_build_info", "gauge", "The version that answers.");
    out += core::cat("runlake_build_info{version=\"", escaped(page.version), "\"} 1\n");
    return out;
}

}  // namespace runlake::observe
