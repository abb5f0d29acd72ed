// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_export.hpp"

#include <fcntl.h>

#include "core/text.hpp"
#include "ops/ledger_rows.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

constexpr mode_t k_mode = 0644;

// A file beside the one that is to appear; goes away unless it was published.
class Sibling {
  public:
    explicit Sibling(std::string target) : target_(std::move(target)) {
        path_ = os::join_path(os::parent_path(target_), core::cat(".", os::base_name(target_), ".", os::random_hex(8), ".tmp"));
    }
    Sibling(const Sibling&) = delete;
    Sibling& operator=(const Sibling&) = delete;
    ~Sibling() {
        if (!published_) { static_cast<void>(os::remove_file(path_, os::point::export_write).ok()); }
    }
    const std::string& path() const { return path_; }
    core::Status publish(int fd) {
        RL_TRY(os::sync_file(fd, os::point::export_write, path_));
        RL_TRY(os::rename_replace(path_, target_, os::point::export_write));
        published_ = true;
        return os::sync_dir(os::parent_path(target_), os::point::export_write);
    }

  private:
    std::string target_;
    std::string path_;
    bool published_ = false;
};

core::Result<std::int64_t> write(sql::Connection& connection, const runs::ExportQuery& query, runs::ExportFormat format, const runs::Sink& sink) {
    return format == runs::ExportFormat::csv ? runs::export_csv(connection, query, sink) : runs::export_jsonl(connection, query, sink);
}

core::Result<std::int64_t> write_file(sql::Connection& connection, const runs::ExportQuery& query, runs::ExportFormat format, const std::string& target) {
    Sibling sibling(target);
    std::int64_t rows = 0;
    if (format == runs::ExportFormat::parquet) {
        RL_ASSIGN(rows, runs::export_parquet(connection, query, sibling.path()));
        RL_ASSIGN(const os::Fd fd, os::open_read(sibling.path()));
        RL_TRY(sibling.publish(fd.get()));
        return rows;
    }
    RL_ASSIGN(const os::Fd fd, os::create_exclusive(sibling.path(), k_mode, os::point::export_write));
    RL_ASSIGN(rows, write(connection, query, format, [&](std::string_view piece) {
                  return os::write_all(fd.get(), piece, os::point::export_write, target);
              }));
    RL_TRY(sibling.publish(fd.get()));
    return rows;
}

struct Plan {
    runs::ExportFormat format;
    runs::ExportQuery query;
};

core::Result<Plan> plan_of(const RunsExportRequest& request) {
    RL_ASSIGN(const runs::ExportFormat format, runs::parse_export_format(request.format));
    if (format == runs::ExportFormat::parquet && !request.out) {
        return core::Error(core::Errc::usage, "parquet can't be written to standard output: name a file with --out");
    }
    if (request.out && request.out->empty()) { return core::Error(core::Errc::usage, "--out: the name of the file is empty"); }
    Plan plan{.format = format, .query = {.filter = {}, .columns = runs::all_run_columns()}};
    RL_ASSIGN(plan.query.filter, parse_filter(request.filter, request.scope.tenant, request.now));
    if (request.columns) { RL_ASSIGN(plan.query.columns, runs::parse_columns(*request.columns)); }
    return plan;
}

}  // namespace

core::Status check(const RunsExportRequest& request) {
    RL_TRY(plan_of(request));
    return core::ok();
}

core::Result<RunsExportResponse> runs_export(const RunsExportRequest& request) {
    RL_ASSIGN(const Plan plan, plan_of(request));
    std::optional<std::string> target;
    if (request.out) {
        if (os::is_dir(*request.out)) { return core::Error(core::Errc::usage, core::cat("--out ", *request.out, ": it is a folder")); }
        RL_ASSIGN(target, os::absolute_path(*request.out));
    }

    const OtherMachines others = OtherMachines::read(request.scope.store, request.all_machines);
    RL_ASSIGN(runs::Session session, runs::Session::open(request.scope.store));
    RL_TRY(others.add_to(session));
    RunsExportResponse response{.format = request.format, .out = request.out, .notes = {session.notes().begin(), session.notes().end()}};
    others.add_notes(response.notes);
    if (target) {
        auto rows = write_file(session.connection(), plan.query, plan.format, *target);
        if (!rows.ok()) { return std::move(rows).take_error().context(core::cat("exporting runs to ", *request.out)); }
        response.rows = rows.value();
    } else {
        RL_ASSIGN(response.rows, write(session.connection(), plan.query, plan.format, request.sink));
    }
    return response;
}

core::Json to_json(const RunsExportResponse& response) {
    return core::Json::object().set("runs", response.rows).set("format", response.format).set("file", response.out);
}

}  // namespace runlake::ops
