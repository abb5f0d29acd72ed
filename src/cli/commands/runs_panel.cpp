// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/runs_panel.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;
using render::PanelLine;
using render::Tone;

constexpr std::size_t k_fingerprint_shown = 36;

// Lines under a heading, their values in one column. A heading without lines does not appear.
class Section {
  public:
    Section(std::vector<PanelLine>& out, std::string heading, std::size_t label_width = 0)
        : out_(out), heading_(std::move(heading)), label_width_(label_width) {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
        if (lines_.empty()) { return; }
        out_.push_back({});
        out_.push_back({heading_ + ":", ""});
        for (const auto& [label, value, tone] : lines_) { label_width_ = std::max(label_width_, core::display_width(label)); }
        for (auto& [label, value, tone] : lines_) {
            const std::size_t pad = label.empty() ? 0 : label_width_ + 1 - core::display_width(label);
            out_.push_back({cat("  ", label, std::string(pad, ' ')), std::move(value), tone});
        }
    }
    void add(std::string_view label, std::string value, Tone tone = Tone::plain) {
        lines_.push_back({label.empty() ? "" : cat(label, ":"), std::move(value), tone});
    }
    void add(std::string_view label, const std::optional<std::int64_t>& value) {
        if (value) { add(label, core::group_thousands(*value)); }
    }
    void text(std::string value) { add("", std::move(value)); }

  private:
    std::vector<PanelLine>& out_;
    std::string heading_;
    std::size_t label_width_;
    std::vector<PanelLine> lines_;
};

std::string plain(const core::Json& value) {
    const std::string* text = value.as_string();
    return text != nullptr ? *text : core::to_json(value);
}

std::string cut(std::string_view text) {
    return text.size() <= k_fingerprint_shown ? std::string(text) : cat(core::cut_utf8(text, k_fingerprint_shown), "...");
}

// "<recipe>:<64 hex>" as its digits, with the recipe behind them.
std::string fingerprint(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    return colon == std::string::npos ? cut(text) : cat(cut(std::string_view(text).substr(colon + 1)), " (", text.substr(0, colon), ")");
}

std::string status_words(const runs::RunDocument& document) {
    const std::string stored = document.text("status");
    if (document.shown == stored) { return stored; }
    return document.shown == "unwatched" ? "unwatched (its recorder is gone, its process still runs)"
                                         : "abandoned (recorder and process are gone; `runlake runs recover` records it)";
}

void add_fingerprints(std::vector<PanelLine>& out, const runs::RunDocument& document) {
    Section section(out, "Fingerprints", std::strlen("Config:"));
    const std::string input = document.text("input_fingerprint");
    if (!input.empty()) { section.add("Input", fingerprint(input)); }
    const std::string code = document.text("code_ref");
    constexpr std::string_view k_dirty = "+dirty.";
    const std::size_t dirty = code.find(k_dirty);
    if (!code.empty()) { section.add("Code", cut(std::string_view(code).substr(0, dirty))); }
    if (dirty != std::string::npos) { section.add("Dirty", cut(std::string_view(code).substr(dirty + k_dirty.size()))); }
    const std::string config = document.text("config_hash");
    if (!config.empty()) { section.add("Config", fingerprint(config)); }
    const std::string environment = document.text("environment");
    if (!environment.empty()) { section.add("System", cut(environment)); }
}

void add_outcome(std::vector<PanelLine>& out, const runs::RunDocument& document) {
    Section section(out, "Outcome");
    section.add("Exit Status", document.integer("exit_status"));
    if (const auto number = document.integer("signal")) {
        const char* name = ::sigabbrev_np(static_cast<int>(*number));
        section.add("Signal", name == nullptr ? std::to_string(*number) : cat(*number, " (SIG", name, ")"));
    }
    for (const auto& [field, label] : {std::pair{"degraded_reason", "Degraded By"}, {"cached_from", "Cached From"}, {"presumption", "Presumed"}}) {
        const std::string text = document.text(field);
        if (!text.empty()) { section.add(label, text); }
    }
    const auto lost = document.integer("lost_records");
    if (lost.value_or(0) > 0) { section.add("Lost Records", core::group_thousands(*lost), Tone::bad); }
}

void add_errors(std::vector<PanelLine>& out, const runs::RunDocument& document, const TimeFormat& time) {
    {
        Section section(out, "Error");
        std::string head = document.text("error");
        if (document.full_error) {
            std::string_view whole = *document.full_error;
            while (whole.ends_with('\n')) { whole.remove_suffix(1); }
            section.text(std::string(whole));
        } else if (!head.empty()) {
            const auto whole = document.integer("error_bytes").value_or(0);
            const auto shown = static_cast<std::int64_t>(head.size());
            section.text(std::move(head));
            if (whole > shown) { section.text(cat("[the first ", shown, " of ", whole, " bytes; the whole text is not there any more]")); }
        }
    }
    Section earlier(out, "Errors That Did Not End It");
    for (const runs::SaidLine& line : document.errors) { earlier.add(time.brief(line.at), line.text); }
}

void add_family(std::vector<PanelLine>& out, const runs::RunDocument& document, const TimeFormat& time) {
    Section section(out, "Family");
    const auto words = [&](const runs::RunLink& link) {
        if (!link.stage) { return cat(link.id.str(), " (not recorded here)"); }
        return cat(link.id.brief(), "  ", *link.stage, "  ", link.status.value_or(""), "  ", link.started_at ? time.brief(*link.started_at) : "");
    };
    if (document.parent) { section.add("Parent", words(*document.parent)); }
    for (const runs::RunLink& child : document.children) { section.add("Child", words(child)); }
}

void add_said(std::vector<PanelLine>& out, const runs::RunDocument& document) {
    {
        Section section(out, "Parameters");
        for (const auto& [name, value] : document.params) { section.add(name, plain(value)); }
    }
    {
        Section section(out, "Tags");
        for (const auto& [name, value] : document.tags) { section.add(name, value); }
    }
    Section section(out, "Inputs");
    for (const runs::InputLine& input : document.inputs) {
        std::string line = input.path;
        if (input.bytes) { line += cat("  ", core::group_thousands(*input.bytes), " bytes"); }
        if (input.fingerprint) { line += cat("  ", cut(*input.fingerprint)); }
        section.text(std::move(line));
    }
}

void add_process(std::vector<PanelLine>& out, const runs::RunDocument& document) {
    Section section(out, "Process");
    const std::string argv = document.text("argv");
    if (const auto words = core::parse_json(argv, "argv"); words.ok() && words.value().as_array() != nullptr && !words.value().as_array()->empty()) {
        std::vector<std::string> texts;
        for (const core::Json& word : *words.value().as_array()) { texts.push_back(plain(word)); }
        section.add("Command", core::join(texts, " "));
    }
    for (const auto& [field, label] : {std::pair{"working_dir", "Folder"}, {"config_path", "Config"}, {"host", "Host"}}) {
        const std::string text = document.text(field);
        if (!text.empty()) { section.add(label, text); }
    }
}

void add_metrics(std::vector<PanelLine>& out, const runs::RunDocument& document) {
    Section section(out, "Metrics", std::strlen("LLM Calls:"));
    section.add("Rows In", document.integer("rows_in"));
    section.add("Rows Out", document.integer("rows_out"));
    section.add("LLM Calls", document.integer("llm_calls"));
    section.add("Tokens", document.integer("tokens"));
    for (const runs::MetricSummary& metric : document.metrics) {
        std::string value = metric.final ? core::format_float(*metric.final) : "-";
        if (metric.points > 1 || metric.last_step) { value += cat(" (", core::group_thousands(metric.points), metric.points == 1 ? " point" : " points"); }
        if (metric.last_step) { value += cat(", to step ", *metric.last_step); }
        if (value.find('(') != std::string::npos) { value += ')'; }
        section.add(metric.name, std::move(value));
    }
}

}  // namespace

std::string run_panel(const runs::RunDocument& document, const TimeFormat& time, const render::Look& look) {
    std::vector<PanelLine> lines;
    lines.push_back({"Run ID: ", document.id.str()});
    lines.push_back({"Stage: ", document.text("stage")});
    lines.push_back({"Status: ", status_words(document), render::state_tone(document.shown)});
    if (const std::string tenant = document.text("tenant_id"); !tenant.empty()) { lines.push_back({"Tenant: ", tenant}); }
    {
        Section section(lines, "Timestamps");
        if (const auto at = document.time("started_at")) { section.add("Started", time.full(*at)); }
        if (const auto at = document.time("finished_at")) { section.add("Finished", time.full(*at)); }
        if (const auto seconds = document.number("duration_seconds")) { section.add("Duration", duration_text(*seconds)); }
    }
    add_metrics(lines, document);
    add_said(lines, document);
    add_fingerprints(lines, document);
    add_process(lines, document);
    add_outcome(lines, document);
    add_errors(lines, document, time);
    {
        Section section(lines, "Standard Error");
        std::string tail = document.text("stderr_tail");
        while (tail.ends_with('\n')) { tail.pop_back(); }
        if (!tail.empty()) { section.text(std::move(tail)); }
    }
    {
        Section section(lines, "Notes");
        for (const runs::SaidLine& note : document.notes) { section.add(time.brief(note.at), note.text); }
    }
    add_family(lines, document, time);
    {
        Section section(lines, "Observability");
        if (const std::string trace = document.text("trace_id"); !trace.empty()) { section.add("Trace ID", trace); }
        if (const std::string span = document.text("span_id"); !span.empty()) { section.add("Span ID", span); }
    }
    {
        Section section(lines, "Logs");
        for (const runs::LogFile& log : document.logs) {
            section.text(cat(log.path, "  ", core::group_thousands(static_cast<std::int64_t>(log.bytes)), " bytes"));
        }
    }
    return render::panel(cat("Run Details: ", document.text("stage")), lines, look);
}

}  // namespace runlake::cli
