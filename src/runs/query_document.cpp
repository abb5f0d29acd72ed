// SPDX-License-Identifier: Apache-2.0
#include "runs/query_document.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "os/files.hpp"
#include "runs/query_list.hpp"
#include "runs/query_seen.hpp"

namespace runlake::runs {
namespace {

constexpr std::uint64_t k_most_error_bytes = 64U << 20U;

QueryText of_run(std::string_view select, const core::RunId& id, std::string_view rest) {
    return QueryText().add(select).add(" WHERE run_id = ").bind(id).add(rest);
}

// The same of a table without an index by run_id: the time of the start says where in it the run's rows are.
QueryText of_run_at(std::string_view select, const RunDocument& document, std::string_view rest) {
    QueryText query;
    query.add(select).add(" WHERE ");
    if (const auto started_at = document.time("started_at")) { query.add("run_started_at = ").bind(*started_at).add(" AND "); }
    return query.add("run_id = ").bind(document.id).add(rest);
}

core::Status read_fields(sql::Connection& connection, RunDocument& document) {
    // Two look-ups by key. A join of the two would cost several times as much.
    RL_TRY(each_row(connection, of_run("SELECT * FROM runs", document.id, ""), [&](const sql::Rows& rows) {
        for (std::size_t i = 0; i < rows.column_count(); ++i) { document.fields.emplace_back(rows.column_name(i), read_cell(rows, i)); }
        return core::ok();
    }));
    if (document.fields.empty()) { return core::Error(core::Errc::not_found, core::cat("no run with the id ", document.id.str())); }
    return each_row(connection, of_run("SELECT * EXCLUDE (run_id, id_prefix) FROM run_details", document.id, ""), [&](const sql::Rows& rows) {
        for (std::size_t i = 0; i < rows.column_count(); ++i) { document.fields.emplace_back(rows.column_name(i), read_cell(rows, i)); }
        return core::ok();
    });
}

core::Status read_named(sql::Connection& connection, RunDocument& document) {
    RL_TRY(each_row(connection, of_run_at("SELECT name, value FROM run_params", document, " ORDER BY name"), [&](const sql::Rows& rows) {
        auto value = core::parse_json(rows.text_if(1).value_or("null"), "parameter");
        // What can't be read as JSON is shown as the text it is.
        document.params.emplace_back(rows.text(0), value.ok() ? std::move(value).take() : core::Json(rows.text_if(1)));
        return core::ok();
    }));
    RL_TRY(each_row(connection, of_run_at("SELECT name, value FROM run_tags", document, " ORDER BY name"), [&](const sql::Rows& rows) {
        document.tags.emplace_back(rows.text(0), rows.text_if(1).value_or(""));
        return core::ok();
    }));
    constexpr std::string_view k_metrics =
        "SELECT name, max_by(value, struct_pack(a := logged_at, b := n, c := value)), count(*), max(step) FROM run_metrics";
    return each_row(connection, of_run_at(k_metrics, document, " GROUP BY name ORDER BY name"), [&](const sql::Rows& rows) {
        document.metrics.push_back({std::string(rows.text(0)), rows.number_if(1), rows.integer(2), rows.integer_if(3)});
        return core::ok();
    });
}

core::Status read_said(sql::Connection& connection, RunDocument& document) {
    RL_TRY(each_row(connection, of_run_at("SELECT path, fingerprint, bytes FROM run_inputs", document, " ORDER BY position, path"), [&](const sql::Rows& rows) {
        document.inputs.push_back({std::string(rows.text(0)), rows.text_if(1), rows.integer_if(2)});
        return core::ok();
    }));
    const auto into = [](std::vector<SaidLine>& lines) {
        return [&lines](const sql::Rows& rows) {
            lines.push_back({rows.time(0), std::string(rows.text(1))});
            return core::ok();
        };
    };
    RL_TRY(each_row(connection, of_run_at("SELECT logged_at, text FROM run_notes", document, " ORDER BY logged_at, n, text"), into(document.notes)));
    return each_row(connection, of_run_at("SELECT logged_at, text FROM run_errors", document, " ORDER BY logged_at, n, text"), into(document.errors));
}

core::Status read_family(sql::Connection& connection, RunDocument& document) {
    constexpr std::string_view k_select = "SELECT r.run_id, r.stage, r.status, r.started_at FROM runs r";
    const auto link = [](const sql::Rows& rows) { return RunLink{rows.run_id(0), rows.text_if(1), rows.text_if(2), rows.time_if(3)}; };
    if (const auto* parent = std::get_if<core::RunId>(&document.field("parent_run_id"))) {
        document.parent = RunLink{*parent, std::nullopt, std::nullopt, std::nullopt};
        RL_TRY(each_row(connection, of_run(k_select, *parent, ""), [&](const sql::Rows& rows) {
            document.parent = link(rows);
            return core::ok();
        }));
    }
    std::vector<core::RunId> ids;
    RL_TRY(each_row(connection, QueryText().add("SELECT run_id FROM run_details WHERE parent_run_id = ").bind(document.id), [&](const sql::Rows& rows) {
        ids.push_back(rows.run_id(0));
        return core::ok();
    }));
    if (ids.empty()) { return core::ok(); }
    const QueryText query = QueryText().add(k_select).add(" WHERE r.run_id IN ").bind_list({ids.begin(), ids.end()}).add(" ORDER BY r.started_at, r.run_id");
    return each_row(connection, query, [&](const sql::Rows& rows) {
        document.children.push_back(link(rows));
        return core::ok();
    });
}

// A path of a record that lies inside the store; a record can't make us read anything else.
std::optional<std::string> inside_store(const record::Store& store, std::string_view path) {
    const std::string normal = os::lexically_normal(path);
    if (normal.empty() || normal.starts_with('/') || normal.starts_with("..") || !normal.starts_with("output/")) { return std::nullopt; }
    return os::join_path(store.dir, normal);
}

void read_files(const record::Store& store, RunDocument& document) {
    if (const auto* file = std::get_if<std::string>(&document.field("error_file"))) {
        if (const auto path = inside_store(store, *file)) {
            if (auto text = os::read_file(*path, k_most_error_bytes); text.ok()) { document.full_error = std::move(text).take(); }
        }
    }
    const std::string folder = store.output(document.id.str());
    for (const std::string_view name : {"stdout.log", "stderr.log"}) {
        const auto found = os::stat_path(os::join_path(folder, name));
        if (!found || !S_ISREG(found->st_mode)) { continue; }
        document.logs.push_back({std::string(name), core::cat("output/", document.id.str(), "/", name), static_cast<std::uint64_t>(found->st_size)});
    }
}

core::Json link_json(const RunLink& link) {
    core::Json json = core::Json::object();
    json.set("run_id", link.id.str()).set("stage", link.stage).set("status", link.status);
    return json.set("started_at", link.started_at ? core::Json(core::format_iso(*link.started_at)) : core::Json());
}

core::Json said_json(const std::vector<SaidLine>& lines) {
    core::Json list = core::Json::array();
    for (const SaidLine& line : lines) { list.push(core::Json::object().set("at", core::format_iso(line.at)).set("text", line.text)); }
    return list;
}

}  // namespace

const Cell& RunDocument::field(std::string_view name) const {
    static const Cell k_null;
    const auto found = std::ranges::find(fields, name, [](const auto& field) { return std::string_view(field.first); });
    return found == fields.end() ? k_null : found->second;
}

std::optional<std::int64_t> RunDocument::integer(std::string_view name) const {
    const auto* value = std::get_if<std::int64_t>(&field(name));
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<double> RunDocument::number(std::string_view name) const {
    const auto* value = std::get_if<double>(&field(name));
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<core::Timestamp> RunDocument::time(std::string_view name) const {
    const auto* value = std::get_if<core::Timestamp>(&field(name));
    return value == nullptr ? std::nullopt : std::optional(*value);
}

core::Result<RunDocument> read_document(sql::Connection& connection, const record::Store& store, const core::RunId& id, const SeenRuns* confirmed) {
    RunDocument document{.id = id};
    RL_TRY(read_fields(connection, document));
    RL_TRY(read_named(connection, document));
    RL_TRY(read_said(connection, document));
    RL_TRY(read_family(connection, document));
    read_files(store, document);
    document.shown = document.text("status");
    if (document.shown == "running") {
        const std::vector<core::RunId> ids{id};
        RL_ASSIGN(document.seen, look_at_running(connection, &ids));
        if (confirmed != nullptr) { document.seen = common(document.seen, *confirmed); }
        document.shown = shown_state(id, "running", document.seen);
    }
    return document;
}

core::Json document_json(const RunDocument& document) {
    core::Json run = core::Json::object();
    for (const auto& [name, cell] : document.fields) {
        const auto* text = std::get_if<std::string>(&cell);
        if (name == "argv" && text != nullptr) {
            auto argv = core::parse_json(*text, "argv");
            run.set(name, argv.ok() ? std::move(argv).take() : core::Json(*text));
        } else {
            run.set(name, cell_json(cell));
        }
    }
    run.set("shown", document.shown);
    core::Json params = core::Json::object();
    for (const auto& [name, value] : document.params) { params.set(name, value); }
    core::Json tags = core::Json::object();
    for (const auto& [name, value] : document.tags) { tags.set(name, value); }
    core::Json metrics = core::Json::object();
    for (const MetricSummary& metric : document.metrics) {
        core::Json summary = core::Json::object();
        summary.set("final", metric.final).set("points", metric.points).set("last_step", metric.last_step);
        metrics.set(metric.name, std::move(summary));
    }
    core::Json inputs = core::Json::array();
    for (const InputLine& input : document.inputs) {
        core::Json line = core::Json::object();
        inputs.push(line.set("path", input.path).set("fingerprint", input.fingerprint).set("bytes", input.bytes));
    }
    core::Json children = core::Json::array();
    for (const RunLink& child : document.children) { children.push(link_json(child)); }
    core::Json logs = core::Json::array();
    for (const LogFile& log : document.logs) {
        core::Json line = core::Json::object();
        logs.push(line.set("name", log.name).set("path", log.path).set("bytes", static_cast<std::int64_t>(log.bytes)));
    }
    run.set("params", std::move(params)).set("tags", std::move(tags)).set("metrics", std::move(metrics)).set("inputs", std::move(inputs));
    run.set("notes", said_json(document.notes)).set("errors", said_json(document.errors));
    run.set("parent", document.parent ? link_json(*document.parent) : core::Json()).set("children", std::move(children));
    run.set("full_error", document.full_error ? core::Json(core::valid_utf8(*document.full_error)) : core::Json()).set("logs", std::move(logs));
    return run;
}

}  // namespace runlake::runs
