// SPDX-License-Identifier: Apache-2.0
// Writing and reading the rows of runs. The order of columns is that of runs/schema.cpp.
#include "runs/run_rows.hpp"

#include <unordered_map>

#include "core/text.hpp"
#include "runs/schema.hpp"
#include "runs/stamps.hpp"

namespace runlake::runs {

using core::cat;

namespace {

template <class T>
void set_said(sql::Appender& out, std::size_t column, const Maybe<T>& said) {
    if (said) { out.set(column, said->value); }
}

// Reads rows to their end.
template <class Each>
core::Status each_row(sql::Connection& connection, std::string_view sql, const Each& each) {
    RL_ASSIGN(auto rows, connection.query(sql));
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return core::ok(); }
        RL_TRY(each(rows));
    }
}

}  // namespace

std::int64_t id_prefix(const core::RunId& id) {
    std::int64_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) { number = number << 8U | id.bytes()[i]; }
    return number;
}

core::Result<sql::Appender*> RowWriter::table(std::optional<sql::Appender>& appender, std::string_view name) {
    if (!appender) {
        RL_ASSIGN(appender, sql::Appender::open(*connection_, prefix_ + std::string(name), catalog_));
    }
    return &*appender;
}

core::Status RowWriter::write_main(const core::RunId& id, const RunParts& run) {
    RL_ASSIGN(sql::Appender* const out, table(runs_, "runs"));
    out->set(0, id);
    out->set(1, run.start->tenant);
    out->set(2, run.start->stage);
    out->set(3, record::state_name(run.state()));
    if (run.end) { out->set(4, run.end->error); }
    set_said(*out, 5, run.facts.input_fingerprint);
    set_said(*out, 6, run.facts.code_ref);
    set_said(*out, 7, run.facts.config_hash);
    out->set(8, run.start->stamp.at);
    if (run.end) {
        out->set(9, run.end->stamp.at);
        out->set(10, run.end->duration_seconds);
    }
    set_said(*out, 11, run.facts.rows_in);
    set_said(*out, 12, run.facts.rows_out);
    set_said(*out, 13, run.facts.llm_calls);
    set_said(*out, 14, run.facts.tokens);
    out->set(15, run.start->trace_id);
    return out->end_row();
}

core::Status RowWriter::write_details(const core::RunId& id, const RunParts& run) {
    RL_ASSIGN(sql::Appender* const out, table(details_, "run_details"));
    const StartPart& start = *run.start;
    out->set(0, id);
    out->set(1, start.parent);
    out->set(2, start.span_id);
    out->set(3, start.parent_span_id);
    out->set(4, start.argv);
    out->set(5, start.working_dir);
    out->set(6, start.config_path);
    out->set(7, start.machine);
    out->set(8, start.host);
    if (run.end) {
        const EndPart& end = *run.end;
        out->set(9, end.exit_status);
        out->set(10, end.signal);
        out->set(11, end.error_bytes);
        out->set(12, end.error_file);
        out->set(13, end.stderr_tail);
        out->set(16, end.cached_from);
        out->set(17, end.presumption);
        out->set(18, end.lost_records);
    }
    set_said(*out, 14, run.facts.degraded_reason);
    set_said(*out, 15, run.facts.environment);
    if (start.watched) {
        out->set(19, start.watched->pid);
        out->set(20, start.watched->ticks);
        out->set(21, start.watched->boot);
        out->set(22, start.watched->pid_ns);
    }
    out->set(23, start.recorder.pid);
    out->set(24, start.recorder.ticks);
    out->set(25, start.recorder.boot);
    out->set(26, start.recorder.pid_ns);
    if (run.place) {
        out->set(27, run.place->segment);
        out->set(28, run.place->offset);
    }
    out->set(29, id_prefix(id));
    return out->end_row();
}

core::Status RowWriter::write_named(const core::RunId& id, const RunParts& run) {
    for (const auto& [name, param] : run.params) {
        RL_ASSIGN(sql::Appender* const out, table(params_, "run_params"));
        out->set(0, id);
        out->set(1, name);
        out->set(2, param.value);
        out->set(3, core::parse_float(param.value));
        out->set(4, run.start->stamp.at);
        RL_TRY(out->end_row());
    }
    for (const auto& [name, tag] : run.tags) {
        if (!tag.value) { continue; }
        RL_ASSIGN(sql::Appender* const out, table(tags_, "run_tags"));
        out->set(0, id);
        out->set(1, name);
        out->set(2, *tag.value);
        out->set(3, run.start->stamp.at);
        RL_TRY(out->end_row());
    }
    if (run.inputs.empty()) { return core::ok(); }
    std::int64_t position = 0;
    for (const std::string& path : ordered_inputs(run)) {
        RL_ASSIGN(sql::Appender* const out, table(inputs_, "run_inputs"));
        const InputPart& input = run.inputs.find(path)->second;
        out->set(0, id);
        out->set(1, position++);
        out->set(2, path);
        set_said(*out, 3, input.fingerprint);
        set_said(*out, 4, input.bytes);
        out->set(5, run.start->stamp.at);
        RL_TRY(out->end_row());
    }
    return core::ok();
}

core::Status RowWriter::write_run(const core::RunId& id, const RunParts& run) {
    RL_TRY(write_main(id, run));
    RL_TRY(write_details(id, run));
    RL_TRY(write_named(id, run));
    RL_ASSIGN(sql::Appender* const out, table(state_, "fold_state"));
    out->set(0, id);
    out->set(1, pack_stamps(run));
    return out->end_row();
}

core::Status RowWriter::write_texts(std::optional<sql::Appender>& appender, std::string_view name, const core::RunId& id,
                                    core::Timestamp started_at, const std::set<TextPart>& texts) {
    for (const TextPart& part : texts) {
        RL_ASSIGN(sql::Appender* const out, table(appender, name));
        out->set(0, id);
        out->set(1, part.stamp.at);
        out->set(2, static_cast<std::int64_t>(part.stamp.n));
        out->set(3, part.text);
        out->set(4, started_at);
        RL_TRY(out->end_row());
    }
    return core::ok();
}

core::Status RowWriter::write_said(const core::RunId& id, const RunParts& run) {
    for (const MetricPart& metric : run.metrics) {
        RL_ASSIGN(sql::Appender* const out, table(metrics_, "run_metrics"));
        out->set(0, id);
        out->set(1, metric.name);
        out->set(2, metric.step);
        out->set(3, metric.value);
        out->set(4, metric.stamp.at);
        out->set(5, static_cast<std::int64_t>(metric.stamp.n));
        out->set(6, run.start->stamp.at);
        RL_TRY(out->end_row());
    }
    RL_TRY(write_texts(notes_, "run_notes", id, run.start->stamp.at, run.notes));
    return write_texts(errors_, "run_errors", id, run.start->stamp.at, run.errors);
}

core::Status RowWriter::write_pending(const core::RunId& id, std::string_view payload) {
    RL_ASSIGN(sql::Appender* const out, table(pending_, "fold_pending"));
    out->set(0, id);
    out->set(1, payload);
    return out->end_row();
}

core::Status RowWriter::flush() {
    for (auto* appender : {&runs_, &details_, &params_, &tags_, &metrics_, &inputs_, &notes_, &errors_, &state_, &pending_}) {
        if (*appender) { RL_TRY((*appender)->flush()); }
    }
    return core::ok();
}

namespace {

template <class T>
Maybe<T> said(std::optional<T> value) {
    return value ? Maybe<T>(Said<T>{std::move(*value), {}}) : std::nullopt;
}

// Columns 0 to 15 are those of runs, 16 to 45 those of run_details.
core::Result<RunParts> parts_of(const sql::Rows& row) {
    constexpr std::size_t d = 16;
    RunParts run;
    StartPart start;
    start.stamp.at = row.time(8);
    start.stage = row.text(2);
    start.tenant = row.text_if(1);
    start.trace_id = row.text_if(15);
    start.parent = row.run_id_if(d + 1);
    start.span_id = row.text_if(d + 2);
    start.parent_span_id = row.text_if(d + 3);
    start.argv = row.text_if(d + 4).value_or("[]");
    start.working_dir = row.text_if(d + 5);
    start.config_path = row.text_if(d + 6);
    start.machine = row.text_if(d + 7).value_or("");
    start.host = row.text_if(d + 8).value_or("");
    if (!row.is_null(d + 19)) {
        start.watched = ProcessPart{row.integer(d + 19), row.integer_if(d + 20).value_or(0), row.text_if(d + 21).value_or(""),
                                    row.integer_if(d + 22).value_or(0)};
    }
    start.recorder = ProcessPart{row.integer_if(d + 23).value_or(0), row.integer_if(d + 24).value_or(0), row.text_if(d + 25).value_or(""),
                                 row.integer_if(d + 26).value_or(0)};
    run.start = std::move(start);
    if (!row.is_null(d + 27)) { run.place = Place{std::string(row.text(d + 27)), row.integer_if(d + 28).value_or(0)}; }

    RL_ASSIGN(const record::RunState state, record::parse_state(row.text(3)));
    if (state != record::RunState::running) {
        EndPart end;
        end.stamp.at = row.time_if(9).value_or(core::Timestamp{});
        end.state = state;  // a completed end that a fact turned into degraded gets its own word back from the stamps
        end.duration_seconds = row.number_if(10).value_or(0);
        end.error = row.text_if(4);
        end.exit_status = row.integer_if(d + 9);
        end.signal = row.integer_if(d + 10);
        end.error_bytes = row.integer_if(d + 11);
        end.error_file = row.text_if(d + 12);
        end.stderr_tail = row.text_if(d + 13);
        end.cached_from = row.text_if(d + 16);
        end.presumption = row.text_if(d + 17);
        end.lost_records = row.integer_if(d + 18).value_or(0);
        run.end = std::move(end);
    }
    run.facts.input_fingerprint = said(row.text_if(5));
    run.facts.code_ref = said(row.text_if(6));
    run.facts.config_hash = said(row.text_if(7));
    run.facts.rows_in = said(row.integer_if(11));
    run.facts.rows_out = said(row.integer_if(12));
    run.facts.llm_calls = said(row.integer_if(13));
    run.facts.tokens = said(row.integer_if(14));
    run.facts.degraded_reason = said(row.text_if(d + 14));
    run.facts.environment = said(row.text_if(d + 15));
    return run;
}

}  // namespace

core::Status read_runs(sql::Connection& connection, std::string_view catalog, std::string_view condition,
                       const std::function<core::Status(const core::RunId&, RunParts&&)>& each) {
    std::unordered_map<core::RunId, RunParts, core::RunIdHash> found;
    const auto from = [&](std::string_view columns, std::string_view table, std::string_view order = "") {
        return cat("SELECT ", columns, " FROM ", in_catalog(catalog, table), " WHERE ", condition, order);
    };
    RL_TRY(each_row(connection,
                    cat("SELECT r.*, d.* FROM (", from("*", "runs"), ") r JOIN (", from("*", "run_details"), ") d ON r.run_id = d.run_id"),
                    [&](const sql::Rows& row) -> core::Status {
                        RL_ASSIGN(RunParts run, parts_of(row));
                        found.emplace(row.run_id(0), std::move(run));
                        return core::ok();
                    }));
    if (found.empty()) { return core::ok(); }
    const auto known = [&](const sql::Rows& row) -> RunParts* {
        const auto at = found.find(row.run_id(0));
        return at == found.end() ? nullptr : &at->second;
    };
    RL_TRY(each_row(connection, from("run_id, name, value", "run_params"), [&](const sql::Rows& row) {
        if (RunParts* run = known(row)) { run->params.emplace(row.text(1), Said<std::string>{std::string(row.text(2)), {}}); }
        return core::ok();
    }));
    RL_TRY(each_row(connection, from("run_id, name, value", "run_tags"), [&](const sql::Rows& row) {
        if (RunParts* run = known(row)) { run->tags.emplace(row.text(1), Said<std::optional<std::string>>{std::string(row.text(2)), {}}); }
        return core::ok();
    }));
    RL_TRY(each_row(connection, from("run_id, path, fingerprint, bytes, position", "run_inputs", " ORDER BY run_id, position"), [&](const sql::Rows& row) {
        if (RunParts* run = known(row)) {
            run->listed_inputs.emplace_back(row.text(1));
            run->inputs.emplace(row.text(1), InputPart{said(row.text_if(2)), said(row.integer_if(3))});
        }
        return core::ok();
    }));
    const auto complete = [&](const sql::Rows& row) -> core::Status {
        const auto at = found.find(row.run_id(0));
        if (at == found.end()) { return core::ok(); }
        RL_TRY(unpack_stamps(row.text(1), at->second));
        RL_TRY(each(at->first, std::move(at->second)));
        found.erase(at);
        return core::ok();
    };
    RL_TRY(each_row(connection, from("run_id, state", "fold_state"), complete));
    if (!found.empty()) { return core::Error(core::Errc::corrupt, cat("reading runs back: run ", found.begin()->first.str(), " has no folding state")); }
    return core::ok();
}

}  // namespace runlake::runs
