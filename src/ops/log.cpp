// SPDX-License-Identifier: Apache-2.0
#include "ops/log.hpp"

#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "ops/run_words.hpp"
#include "ops/runs_reading.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

// A count as it is written by programs: 1000, 1e3 or 1000.0, but no fraction and nothing negative.
std::optional<std::int64_t> to_count(std::string_view text) {
    if (const std::optional<std::int64_t> whole = core::parse_integer(text)) { return *whole >= 0 ? whole : std::nullopt; }
    const std::optional<double> number = core::parse_float(text);
    if (!number || !(*number >= 0) || *number > 9e15 || std::floor(*number) != *number) { return std::nullopt; }
    return static_cast<std::int64_t>(*number);
}

std::optional<std::int64_t>* column_of(record::Facts& facts, std::string_view name) {
    if (name == "rows_in") { return &facts.rows_in; }
    if (name == "rows_out") { return &facts.rows_out; }
    if (name == "llm_calls") { return &facts.llm_calls; }
    if (name == "tokens") { return &facts.tokens; }
    return nullptr;
}

core::Status add_value(record::LogRecord& record, const LogRequest& request, const std::string& word) {
    RL_ASSIGN(const auto pair, split_word(word, "log"));
    const auto& [name, text] = pair;
    if (std::optional<std::int64_t>* const column = column_of(record.facts, name)) {
        if (request.step) { return Error(Errc::usage, cat(name, " counts the whole run: log it without --step")); }
        if (*column) { return Error(Errc::usage, cat(name, " is given twice")); }
        *column = to_count(core::trim(text));
        if (!*column) { return Error(Errc::usage, cat(name, "=", text, ": a count is a whole number, 0 or more")); }
        return core::ok();
    }
    for (const auto& [known, value] : record.metrics) {
        if (known == name) { return Error(Errc::usage, cat("metric ", name, " is given twice")); }
    }
    const std::optional<double> value = core::parse_float(core::trim(text));
    if (!value || !std::isfinite(*value)) {
        return Error(Errc::usage, cat(name, "=", core::valid_utf8(core::cut_utf8(text, 80)), ": a metric is a finite number; for text use --tag or --note"));
    }
    record.metrics.emplace_back(name, *value);
    return core::ok();
}

core::Result<core::RunId> find_id(const LogRequest& request, const record::Settings& settings) {
    if (!request.run) {
        const std::optional<std::string> inside = os::env("RUNLAKE_RUN_ID");
        if (!inside || inside->empty()) {
            return Error(Errc::usage, "there is no run here: run the program with `runlake run -- PROGRAM`, which sets RUNLAKE_RUN_ID, or name a run with --run ID");
        }
        core::Result<core::RunId> id = core::RunId::parse(*inside);
        if (!id.ok()) { return std::move(id).take_error().context("RUNLAKE_RUN_ID"); }
        return id;
    }
    core::Result<core::RunId> whole = core::RunId::parse(*request.run);
    if (whole.ok()) { return whole; }  // not looked up: what is logged may stand in the journal before the start does
    RL_ASSIGN(record::Store store, record::open_store(request.store, record::OpenStore::existing));
    Notes notes;
    return find_one({std::move(store), settings.text_if("tenant")}, *request.run, notes);
}

}  // namespace

core::Result<record::LogRecord> read_log(const LogRequest& request, const core::RunId& run) {
    record::LogRecord record{.header = {.run = run, .at = {}, .n = 0}};
    for (const std::string& word : request.values) { RL_TRY(add_value(record, request, word)); }
    if (request.step && record.metrics.empty()) { return Error(Errc::usage, "--step needs a metric: name=number"); }
    record.step = request.step;
    RL_ASSIGN(record.tags, text_words(request.tags, "--tag"));
    if (request.note && core::trim(*request.note).empty()) { return Error(Errc::usage, "--note is empty"); }
    if (request.error && core::trim(*request.error).empty()) { return Error(Errc::usage, "--error is empty"); }
    record.note = request.note;
    record.error = request.error;
    if (request.degraded) {
        record.facts.degraded = true;
        if (!request.degraded->empty()) { record.facts.degraded_reason = request.degraded; }
    }
    if (request.values.empty() && request.tags.empty() && !request.note && !request.error && !request.degraded) {
        return Error(Errc::usage, "there is nothing to log: give name=number, --tag, --note, --error or --degraded");
    }
    return record;
}

core::Result<LogResponse> log(const LogRequest& request) {
    const core::Result<record::Store> store = record::open_store(request.store, record::OpenStore::existing);
    std::optional<Error> problem;  // the run's own start has told it
    const record::Settings settings = record::Settings::load_tolerant(store.ok() ? std::optional(store.value()) : std::nullopt, problem);
    if (settings.mode() == record::Mode::off) {
        RL_TRY(read_log(request, core::RunId::from_random({})));  // wrong words are wrong in every mode
        return LogResponse{std::nullopt, false, std::nullopt};
    }
    RL_ASSIGN(const core::RunId run, find_id(request, settings));
    RL_ASSIGN(record::LogRecord record, read_log(request, run));
    record::Recorder::Options options;
    options.durability = settings.durability();
    options.warn_on_stderr = false;
    const std::unique_ptr<record::Recorder> recorder = record::Recorder::open(store, options);
    core::Status done = recorder->log(std::move(record));
    if (done.ok()) { return LogResponse{run, true, std::nullopt}; }
    if (settings.mode() == record::Mode::strict) { return Error(Errc::io, done.error().message()); }
    return LogResponse{run, false, std::move(done).take_error()};
}

}  // namespace runlake::ops
