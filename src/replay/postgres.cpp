// SPDX-License-Identifier: Apache-2.0
#include "replay/postgres.hpp"

#include <libpq-fe.h>

#include <array>
#include <cstring>
#include <memory>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/shared_library.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Errc;
using core::Error;

// X(name without the prefix "PQ"); the types come from libpq-fe.h.
#define RUNLAKE_PQ_FUNCTIONS(X)                                                                                                                  \
    X(connectdbParams) X(status) X(errorMessage) X(finish) X(exec) X(execParams) X(resultStatus) X(resultErrorMessage) X(resultErrorField) X(clear) \
    X(ntuples) X(nfields) X(fname) X(getvalue) X(getisnull) X(getlength)

struct Library {
#define RUNLAKE_PQ_MEMBER(name) decltype(&::PQ##name) name = nullptr;
    RUNLAKE_PQ_FUNCTIONS(RUNLAKE_PQ_MEMBER)
#undef RUNLAKE_PQ_MEMBER
};

core::Result<Library> load_once() {
    RL_ASSIGN(const auto shared, os::SharedLibrary::load({"libpq.so.5"}));
    Library loaded;
#define RUNLAKE_PQ_LOOKUP(name)                                      \
    {                                                                \
        RL_ASSIGN(void* const address, shared.symbol("PQ" #name));   \
        std::memcpy(&loaded.name, &address, sizeof address);         \
    }
    RUNLAKE_PQ_FUNCTIONS(RUNLAKE_PQ_LOOKUP)
#undef RUNLAKE_PQ_LOOKUP
    return loaded;
}

core::Result<const Library*> load_library() {
    static const core::Result<Library> loaded = load_once();
    if (!loaded.ok()) { return Error(loaded.error()); }
    return &loaded.value();
}

class Server {
  public:
    static core::Result<Server> connect(const std::string& connection) {
        RL_ASSIGN(const Library* pq, load_library());
        // The text is a connection string or URL; what stands here after it is the default of what it leaves out.
        const std::array<const char*, 5> names{"connect_timeout", "application_name", "client_encoding", "dbname", nullptr};
        const std::array<const char*, 5> values{"10", "runlake", "UTF8", connection.c_str(), nullptr};
        Server server(pq, pq->connectdbParams(names.data(), values.data(), 1));
        if (server.handle_ == nullptr || pq->status(server.handle_.get()) != CONNECTION_OK) { return Error(Errc::io, cat("connecting to PostgreSQL: ", server.reason())); }
        return server;
    }

    struct ClearResult {
        const Library* pq;
        void operator()(PGresult* result) const { pq->clear(result); }
    };
    using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

    core::Result<ResultHandle> run(const char* text, const std::vector<std::string>& arguments, std::string_view doing) {
        std::vector<const char*> values;
        for (const std::string& argument : arguments) { values.push_back(argument.c_str()); }
        // One statement alone: what follows a semicolon is refused by the protocol.
        ResultHandle result(pq_->execParams(handle_.get(), text, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0), ClearResult{pq_});
        const ExecStatusType status = pq_->resultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) { return result; }
        const char* state = result ? pq_->resultErrorField(result.get(), PG_DIAG_SQLSTATE) : nullptr;
        const std::string why = result ? clean(pq_->resultErrorMessage(result.get())) : reason();
        // No SQLSTATE: the connection is lost. 57014: over the time limit. 42P01: no such table.
        const std::string_view code = state == nullptr ? "" : state;
        const Errc errc = code.empty() || code == "57014" || code.starts_with("08") || code.starts_with("53") ? Errc::io : code == "42P01" ? Errc::not_found : Errc::usage;
        return Error(errc, cat(doing, ": ", why));
    }

    const Library& pq() const { return *pq_; }

  private:
    struct Finish {
        const Library* pq;
        void operator()(PGconn* handle) const { pq->finish(handle); }
    };
    Server(const Library* pq, PGconn* handle) : pq_(pq), handle_(handle, Finish{pq}) {}

    std::string reason() const { return handle_ == nullptr ? "out of memory" : clean(pq_->errorMessage(handle_.get())); }
    static std::string clean(const char* text) {
        std::string line = core::redact_text(core::valid_utf8(core::trim(text == nullptr ? "" : text)));
        for (char& c : line) {
            if (c == '\n') { c = ' '; }
        }
        return line;
    }

    const Library* pq_;
    std::unique_ptr<PGconn, Finish> handle_;
};

constexpr int k_most_rows = 2;

bool is_table_name(std::string_view name) {
    int parts = 0;
    for (const std::string_view part : core::split(name, '.')) {
        const bool plain = !part.empty() && part.size() <= 63 && part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos && (part.front() < '0' || part.front() > '9');
        if (!plain || ++parts > 2) { return false; }
    }
    return parts > 0;
}

}  // namespace

core::Result<std::vector<Row>> query_postgres(const std::string& connection, const std::string& query, const std::vector<std::string>& arguments) {
    RL_ASSIGN(Server server, Server::connect(connection));
    RL_TRY(server.run("BEGIN TRANSACTION READ ONLY", {}, "beginning a read-only transaction"));
    RL_TRY(server.run("SET LOCAL statement_timeout = '60s'", {}, "limiting the time of the query"));
    // Every digit of a double, also from servers that by default send fewer.
    RL_TRY(server.run("SET LOCAL extra_float_digits = 3", {}, "asking for whole numbers"));
    RL_ASSIGN(const auto result, server.run(query.c_str(), arguments, "asking PostgreSQL for the canonical value"));
    const Library& pq = server.pq();
    std::vector<Row> rows;
    for (int i = 0; i < pq.ntuples(result.get()) && i < k_most_rows; ++i) {
        Row row;
        for (int column = 0; column < pq.nfields(result.get()); ++column) {
            std::optional<std::string> value;
            if (pq.getisnull(result.get(), i, column) == 0) { value.emplace(pq.getvalue(result.get(), i, column), static_cast<std::size_t>(pq.getlength(result.get(), i, column))); }
            row.insert_or_assign(pq.fname(result.get(), column), std::move(value));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

const std::vector<std::string>& provenance_columns() {
    static const std::vector<std::string> k_columns{"build_sha", "instance_type", "instance_type_fallback", "image", "image_fallback", "inputs", "libraries", "packages",
                                                    "toolchain", "system", "gpu", "settings", "kernel", "libc", "cpu_flags", "cpu_microcode", "config"};
    return k_columns;
}

core::Result<std::string> provenance_migration(const std::string& table) {
    std::string sql = "-- Columns that say under which conditions a value was made: what `runlake replay` compares (P0). It can be run again.\nBEGIN;\n";
    if (table.empty()) {
        sql += "CREATE TABLE IF NOT EXISTS runlake_provenance (\n    run_id text PRIMARY KEY,\n    recorded_at timestamptz NOT NULL DEFAULT now()\n);\n";
    } else if (!is_table_name(table)) {
        return Error(Errc::usage, cat("\"", core::cut_utf8(table, 60), "\" is no name of a table: lower-case letters, digits and _, with a schema and a dot before it or not"));
    }
    for (const std::string& column : provenance_columns()) { sql += cat("ALTER TABLE ", table.empty() ? "runlake_provenance" : table, " ADD COLUMN IF NOT EXISTS ", column, " text;\n"); }
    return sql + "COMMIT;\n";
}

core::Result<std::size_t> write_provenance(const std::string& connection, const std::vector<ProvenanceRow>& rows) {
    RL_ASSIGN(Server server, Server::connect(connection));
    RL_TRY(server.run("BEGIN", {}, "beginning a transaction"));
    RL_TRY(server.run("SET LOCAL statement_timeout = '60s'", {}, "limiting the time of a statement"));
    std::string names = "run_id";
    std::string places = "$1";
    std::string updates = "recorded_at = now()";
    for (std::size_t i = 0; i < provenance_columns().size(); ++i) {
        const std::string& column = provenance_columns()[i];
        names += cat(", ", column);
        // A text of no length is what stands for NULL on the way.
        places += cat(", NULLIF($", i + 2, ", '')");
        updates += cat(", ", column, " = EXCLUDED.", column);
    }
    const std::string sql = cat("INSERT INTO runlake_provenance (", names, ") VALUES (", places, ") ON CONFLICT (run_id) DO UPDATE SET ", updates);
    for (const ProvenanceRow& row : rows) {
        std::vector<std::string> values{row.run_id};
        for (const std::string& column : provenance_columns()) {
            const auto found = row.provenance.find(column);
            values.push_back(found == row.provenance.end() ? "" : found->second);
        }
        RL_TRY(server.run(sql.c_str(), values, cat("writing the provenance of run ", row.run_id)));
    }
    RL_TRY(server.run("COMMIT", {}, "committing the provenance"));
    return rows.size();
}

}  // namespace runlake::replay
