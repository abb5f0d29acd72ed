// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_canonical.hpp"

#include <mutex>
#include <set>

#include "core/digest.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"
#include "lake/database.hpp"
#include "ledger/view.hpp"
#include "ops/lake_paths.hpp"
#include "ops/run_parts.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "replay/canonical_source.hpp"
#include "replay/launch.hpp"
#include "replay/outcome.hpp"
#include "replay/postgres.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using replay::Canonical;
using replay::CanonicalKind;
using replay::Provenance;

constexpr std::uint64_t k_most_bytes = 256U << 20U;
constexpr std::uint64_t k_most_environment_bytes = 64U << 20U;
constexpr std::string_view k_tag_prefix = "provenance.";
constexpr std::string_view k_cut_mark = "[runlake: cut here; ";

// The document of an environment as dimensions. Many runs share few environments.
Provenance environment_dimensions(const record::Store& store, const std::string& digest) {
    static std::mutex mutex;
    static std::map<std::string, Provenance> known;
    const std::string path = cat(store.environments(), '/', digest, ".json");
    const std::scoped_lock lock(mutex);
    if (const auto found = known.find(path); found != known.end()) { return found->second; }
    const auto text = os::read_file(path, k_most_environment_bytes);
    if (!text.ok()) { return {}; }
    Provenance dimensions = replay::parse_environment(text.value()).value_or({});
    if (known.size() >= 64) { known.clear(); }
    return known.emplace(path, std::move(dimensions)).first->second;
}

struct Metric {
    std::string name;
    double value = 0;
};

// One metric out of several: the one that is named, or the only one there is.
core::Result<Metric> choose(const std::map<std::string, double>& metrics, const std::string& wanted, std::string_view whose) {
    if (wanted.empty() && metrics.size() == 1) { return Metric{metrics.begin()->first, metrics.begin()->second}; }
    if (const auto found = metrics.find(wanted); found != metrics.end()) { return Metric{found->first, found->second}; }
    std::vector<std::string> names;
    for (const auto& [name, value] : metrics) { names.push_back(name); }
    if (metrics.empty()) { return Error(Errc::not_found, cat(whose, " has no metric")); }
    if (wanted.empty()) { return Error(Errc::conflict, cat(whose, " has ", metrics.size(), " metrics (", core::join(names, ", "), "): name one")); }
    const auto near = core::nearest(wanted, names);
    return Error(Errc::not_found, cat(whose, " has no metric \"", core::cut_utf8(wanted, 60), '"', near ? cat(" (nearest: \"", *near, "\")") : ""));
}

core::Result<Canonical> from_journal(const record::Store& store, const JournalRun& run, const std::string& wanted) {
    Canonical canonical;
    canonical.run_id = run.id.str();
    canonical.source = "run";
    canonical.provenance = provenance_of_run(store, run.parts);
    // Times of files here say nothing of a run elsewhere.
    if (run.parts.start && run.parts.start->machine == os::machine_id()) { canonical.made_at = run.parts.start->stamp.at; }
    std::map<std::string, double> metrics;
    std::map<std::string, runs::Stamp> last;
    for (const runs::MetricPart& said : run.parts.metrics) {
        const auto [at, first] = last.try_emplace(said.name, said.stamp);
        if (first || said.stamp >= at->second) {
            at->second = said.stamp;
            metrics[said.name] = said.value;
        }
    }
    if (wanted == replay::k_stdout_digest && !metrics.contains(wanted)) {
        const auto text = os::read_file(store.output(run.id.str()) + "/stdout.log", k_most_bytes);
        if (!text.ok()) { return Error(Errc::not_found, cat("run ", run.id.brief(), " recorded neither a metric nor its output (`runlake run --capture`)")); }
        if (text.value().find(k_cut_mark) != std::string::npos || text.value().find(core::k_redacted) != std::string::npos) {
            return Error(Errc::not_found, cat("the recorded output of run ", run.id.brief(), " was cut or redacted, so it can't be compared"));
        }
        canonical.value = replay::digest_as_number(core::sha256(text.value()));
    } else if (wanted == replay::k_out_digest && !metrics.contains(wanted)) {
        // Whoever asks knows the digest of what the stage made; the run does not.
        canonical.value = 0;
    } else {
        RL_ASSIGN(const Metric metric, choose(metrics, wanted, cat("run ", run.id.brief())));
        canonical.value = metric.value;
    }
    canonical.text = core::format_float(canonical.value);
    return canonical;
}

core::Result<Canonical> from_ledger(const record::Store& store, const std::string& id, const std::string& wanted) {
    const ledger::View view = ledger::View::open(store);
    const ledger::Item* item = view.find(id);
    if (item == nullptr && id.size() != 32) {
        RL_ASSIGN(item, view.find_run(id));
    }
    if (item == nullptr) { return Error(Errc::not_found, cat("the ledger has no entry ", core::cut_utf8(id, 60))); }
    RL_ASSIGN(const std::optional<ledger::Extra> extra, item->read_extra());
    Canonical canonical;
    canonical.run_id = item->id;
    canonical.source = "ledger";
    std::map<std::string, double> metrics;
    if (extra) {
        for (const auto& [name, fact] : extra->metrics) { metrics.emplace(name, fact.value); }
        canonical.provenance.insert(extra->provenance.begin(), extra->provenance.end());
        // What the environment's document says beyond the entry, where it happens to be in this store.
        if (extra->environment) { canonical.provenance.merge(environment_dimensions(store, *extra->environment)); }
        for (const ledger::ArtifactFact& artifact : extra->artifacts) { canonical.artifacts.emplace_back(artifact.path, artifact.digest); }
    }
    if (!item->is_job()) {
        RL_ASSIGN(const ledger::RunEntry entry, item->run());
        if (entry.code_ref) { canonical.provenance.try_emplace("build_sha", *entry.code_ref); }
    }
    RL_ASSIGN(const Metric metric, choose(metrics, wanted, cat("the ledger's entry ", item->id)));
    canonical.value = metric.value;
    canonical.text = core::format_float(canonical.value);
    return canonical;
}

core::Result<Canonical> from_run_directory(const record::Store& store, const replay::CanonicalSource& source, const std::string& wanted) {
    RL_ASSIGN(const rundir::RunDir directory, rundir::RunDir::open(os::join_path(store.root, source.file)));
    RL_ASSIGN(const std::vector<rundir::DoneRecord> results, rundir::current_results(directory));
    const rundir::DoneRecord* found = nullptr;
    for (const rundir::DoneRecord& one : results) {
        if (source.stage.empty() ? results.size() != 1 : one.which.str() != source.stage && one.which.stage != source.stage) { continue; }
        if (found != nullptr) { return Error(Errc::conflict, cat(source.file, ": \"stage\" names several instances: write NAME[instance]")); }
        found = &one;
    }
    if (found == nullptr) { return Error(Errc::not_found, cat(source.file, " has no result of stage \"", core::cut_utf8(source.stage, 60), '"')); }
    RL_ASSIGN(Canonical canonical, canonical_of_run(store, found->run_id.str(), wanted));
    canonical.source = cat("run directory ", os::base_name(directory.path()), " ", found->which.str());
    if (wanted == replay::k_out_digest) {
        canonical.value = replay::digest_as_number(found->manifest);
        canonical.text = core::format_float(canonical.value);
    }
    return canonical;
}

core::Result<std::vector<replay::Row>> rows_of_lake(const record::Store& store, const replay::CanonicalSource& source) {
    std::string path = source.file.empty() ? std::string() : os::join_path(store.root, source.file);
    if (path.empty()) {
        RL_ASSIGN(const lake::Roots roots, lake_roots(store));
        path = roots.database;
    }
    RL_ASSIGN(sql::Connection connection, lake::open_lake(path));
    RL_ASSIGN(sql::Statement asked, connection.prepare(source.query));
    if (asked.kind() != sql::StatementKind::select) { return Error(Errc::usage, "the canonical's query is no SELECT"); }
    // As texts, whatever their kinds; a double's text reads back as the same double.
    RL_ASSIGN(sql::Statement statement, connection.prepare(cat("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (", source.query, "\n) LIMIT 2")));
    if (statement.parameter_count() != source.arguments.size()) { return Error(Errc::usage, cat("the canonical's query takes ", statement.parameter_count(), " arguments, and ", source.arguments.size(), " are given")); }
    for (std::size_t i = 0; i < source.arguments.size(); ++i) { RL_TRY(statement.bind(i + 1, std::string_view(source.arguments[i]))); }
    RL_ASSIGN(sql::Rows rows, statement.execute());
    std::vector<replay::Row> all;
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return all; }
        replay::Row row;
        for (std::size_t i = 0; i < rows.column_count(); ++i) { row.insert_or_assign(rows.column_name(i), rows.text_if(i)); }
        all.push_back(std::move(row));
    }
}

core::Result<Canonical> from_rows(const std::vector<replay::Row>& rows, const replay::Cell& cell, const replay::ParityPolicy& policy, std::string_view where) {
    if (rows.empty()) { return Error(Errc::not_found, cat(where, " gave no row")); }
    if (rows.size() > 1) { return Error(Errc::conflict, cat(where, " gave more than one row: the canonical is one")); }
    auto canonical = replay::canonical_of_row(rows.front(), cell.canonical, cell.metric.name, policy);
    if (!canonical.ok()) { return std::move(canonical).take_error().context(where); }
    Canonical found = std::move(canonical).take();
    found.source = where;
    return found;
}

void add_stated(const replay::CanonicalSource& source, Canonical& canonical) {
    for (const auto& [dimension, value] : source.provenance) { canonical.provenance.insert_or_assign(dimension, value); }
    if (source.decimals) { canonical.decimals = source.decimals; }
}

}  // namespace

Provenance provenance_of_run(const record::Store& store, const runs::RunParts& run) {
    Provenance provenance;
    if (run.facts.environment) { provenance = environment_dimensions(store, run.facts.environment->value); }
    if (run.facts.code_ref) { provenance.insert_or_assign("build_sha", run.facts.code_ref->value); }
    std::vector<replay::FileDigest> inputs;
    for (const auto& [path, input] : run.inputs) {
        inputs.push_back({.path = path, .digest = input.fingerprint ? std::optional(input.fingerprint->value) : std::nullopt, .bytes = std::nullopt});
    }
    if (auto digest = replay::inputs_digest(inputs)) { provenance.insert_or_assign("inputs", std::move(*digest)); }
    for (const auto& [name, said] : run.tags) {
        const std::string_view dimension = std::string_view(name).substr(std::min(name.size(), k_tag_prefix.size()));
        if (name.starts_with(k_tag_prefix) && said.value && !said.value->empty() && replay::is_dimension_name(dimension)) { provenance.insert_or_assign(std::string(dimension), *said.value); }
    }
    return provenance;
}

core::Result<Canonical> canonical_of_run(const record::Store& store, const std::string& id, const std::string& metric) {
    const auto run = read_run_parts(store, id, std::nullopt);
    if (run.ok()) { return from_journal(store, run.value(), metric); }
    if (run.error().code() != Errc::not_found && run.error().code() != Errc::usage) { return Error(run.error()); }
    auto elsewhere = from_ledger(store, id, metric);
    if (!elsewhere.ok() && elsewhere.error().code() == Errc::not_found) { return Error(run.error().code() == Errc::usage ? elsewhere.error() : run.error()); }
    return elsewhere;
}

core::Result<Canonical> find_canonical(const record::Store& store, const replay::Cell& cell, const replay::ParityPolicy& policy) {
    const replay::CanonicalSource& source = cell.canonical;
    const std::string& wanted = source.metric.empty() ? cell.metric.name : source.metric;
    core::Result<Canonical> found = Error(Errc::not_found, "the spec names no canonical");
    switch (source.kind) {
        case CanonicalKind::none: break;
        case CanonicalKind::run: found = canonical_of_run(store, source.id, wanted); break;
        case CanonicalKind::ledger: found = from_ledger(store, source.id, wanted); break;
        case CanonicalKind::run_directory: found = from_run_directory(store, source, wanted); break;
        case CanonicalKind::json: {
            RL_ASSIGN(const std::string text, os::read_file(os::join_path(store.root, source.file), k_most_bytes));
            RL_ASSIGN(Canonical canonical, replay::canonical_of_json(text, source, cell.metric.name, policy));
            canonical.source = cat("JSON file ", source.file);
            found = std::move(canonical);
            break;
        }
        case CanonicalKind::lake: {
            RL_ASSIGN(const auto rows, rows_of_lake(store, source));
            found = from_rows(rows, cell, policy, "the lake");
            break;
        }
        case CanonicalKind::postgresql: {
            RL_ASSIGN(const auto rows, replay::query_postgres(source.connection, source.query, source.arguments));
            found = from_rows(rows, cell, policy, "PostgreSQL");
            break;
        }
        case CanonicalKind::value: {
            Canonical canonical;
            canonical.value = source.value.value_or(0);
            canonical.text = core::format_float(canonical.value);
            canonical.source = "the spec";
            found = std::move(canonical);
            break;
        }
    }
    if (!found.ok()) { return found; }
    Canonical canonical = std::move(found).take();
    add_stated(source, canonical);
    return canonical;
}

}  // namespace runlake::ops
