// SPDX-License-Identifier: Apache-2.0
#include "lake/job/job_files.hpp"

#include <algorithm>
#include <optional>

#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "lake/export/dataset.hpp"
#include "lake/registry_tables.hpp"
#include "lake/regular_file.hpp"
#include "os/files.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::int64_t k_schema = 1;
constexpr std::uint64_t k_most_bytes = 256U << 20U;

std::optional<std::string> json_text(const Json& value) { return value.is_null() ? std::nullopt : std::optional(core::to_json(value)); }
Json member_or_null(const Json& value, std::string_view key) {
    const auto* found = value.find(key);
    return found == nullptr ? Json() : *found;
}

}  // namespace

Json to_json(const JobRun& run) {
    return Json::object()
        .set("schema_version", k_schema)
        .set("job_run_id", run.job_run_id)
        .set("job_name", run.job_name)
        .set("created_at", core::format_iso(run.created_at))
        .set("status", run.status)
        .set("logs_root", core::text_or_null(run.logs_root))
        .set("selection", run.selection)
        .set("reference", run.reference)
        .set("datasets", run.datasets)
        .set("inputs", run.inputs)
        .set("error", core::text_or_null(run.error));
}

core::Result<JobRun> parse_job_run(std::string_view text, std::string_view what) {
    RL_ASSIGN(const auto value, core::parse_json(text, what));
    const auto bad = [&](std::string_view why) { return Error(Errc::corrupt, cat("reading ", what, ": ", why)); };
    if (!value.is_object()) { return bad("it is no object"); }
    const auto version = value.integer_at("schema_version");
    if (!version) { return bad("it has no schema_version"); }
    if (*version > k_schema) { return Error(Errc::unsupported, cat("reading ", what, ": its schema has version ", *version, ", this program knows versions up to ", k_schema)); }
    JobRun run;
    run.job_run_id = value.string_at("job_run_id").value_or("");
    run.job_name = value.string_at("job_name").value_or("");
    run.status = value.string_at("status").value_or("");
    if (run.job_run_id.empty() || run.job_name.empty()) { return bad("it has no job_run_id or job_name"); }
    if (run.status != "completed" && run.status != "failed") { return bad(cat("its status is \"", run.status, "\": completed or failed")); }
    const auto created = core::parse_iso(value.string_at("created_at").value_or(""));
    if (!created.ok()) { return bad("its created_at is no time"); }
    run.created_at = created.value();
    run.logs_root = value.string_at("logs_root").value_or("");
    run.selection = member_or_null(value, "selection");
    run.reference = member_or_null(value, "reference");
    run.datasets = member_or_null(value, "datasets");
    run.inputs = member_or_null(value, "inputs");
    run.error = value.string_at("error").value_or("");
    return run;
}

core::Result<JobRunsRead> read_job_runs(const std::string& jobs_dir) {
    JobRunsRead read;
    if (!os::is_dir(jobs_dir)) { return read; }
    RL_ASSIGN(const auto names, os::list_dir(jobs_dir));
    for (const auto& name : names) {
        const std::string of_name = os::join_path(jobs_dir, name.name);
        if (name.name.starts_with('.') || !os::is_dir(of_name)) { continue; }
        RL_ASSIGN(const auto runs, os::list_dir(of_name));
        for (const auto& entry : runs) {
            const std::string out_dir = os::join_path(of_name, entry.name);
            if (entry.name.starts_with('.') || !os::is_dir(out_dir)) { continue; }
            const std::string rel_path = cat(name.name, '/', entry.name, '/', k_job_run_file);
            const auto text = read_regular_file(os::join_path(jobs_dir, rel_path), k_most_bytes);
            if (!text.ok()) {
                read.problems.push_back({rel_path, text.error().code() == Errc::not_found ? "it is missing" : text.error().message()});
                continue;
            }
            auto run = parse_job_run(text.value(), rel_path);
            if (!run.ok()) {
                read.problems.push_back({rel_path, run.error().message()});
                continue;
            }
            if (run.value().job_run_id != entry.name || run.value().job_name != name.name) {
                read.problems.push_back({rel_path, "it is of another job than its folder"});
                continue;
            }
            run.value().out_dir = out_dir;
            read.runs.push_back(std::move(run).take());
        }
    }
    // Ids hold the name of the job, so that two folders can't have one.
    std::ranges::sort(read.runs, {}, &JobRun::job_run_id);
    return read;
}

core::Result<JobRunsRead> index_job_runs(sql::Connection& connection, const std::string& jobs_dir) {
    RL_ASSIGN(auto read, read_job_runs(jobs_dir));
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
    RL_TRY(connection.run(cat("DELETE FROM ", k_lake_job_runs.name)));
    RL_ASSIGN(auto appender, sql::Appender::open(connection, std::string(k_lake_job_runs.name)));
    const auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
    const auto at = [](std::string_view column) { return column_index(k_lake_job_runs, column); };
    for (const auto& run : read.runs) {
        appender.set(at("job_run_id"), run.job_run_id);
        appender.set(at("job_name"), run.job_name);
        appender.set(at("created_at"), run.created_at);
        appender.set(at("status"), run.status);
        appender.set(at("out_dir"), run.out_dir);
        appender.set(at("logs_root"), text(run.logs_root));
        appender.set(at("selection"), json_text(run.selection));
        appender.set(at("reference"), json_text(run.reference));
        appender.set(at("datasets"), json_text(run.datasets));
        appender.set(at("inputs"), json_text(run.inputs));
        appender.set(at("error"), text(run.error));
        RL_TRY(appender.end_row());
    }
    RL_TRY(appender.close());
    RL_TRY(transaction.commit());
    return read;
}

}  // namespace runlake::lake
