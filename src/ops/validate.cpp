// SPDX-License-Identifier: Apache-2.0
#include "ops/validate.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "core/version.hpp"
#include "jobs/run_store.hpp"
#include "kb/check_runs.hpp"
#include "kb/codes.hpp"
#include "kb/sarif.hpp"
#include "ledger/view.hpp"
#include "ops/validate_documents.hpp"
#include "ops/validate_evidence.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::ops {
namespace {

void append(kb::Issues& to, kb::Issues from) { std::ranges::move(from, std::back_inserter(to)); }

void by_place(kb::Issues& issues) {
    std::ranges::stable_sort(issues, [](const kb::Issue& a, const kb::Issue& b) { return std::tie(a.path, a.line, a.code, a.message) < std::tie(b.path, b.line, b.code, b.message); });
}

// The files that were named, relative to the root.
core::Result<std::set<std::string>> named_files(const std::vector<std::string>& files, const std::string& root) {
    std::set<std::string> named;
    for (const std::string& file : files) {
        RL_ASSIGN(const std::string whole, os::absolute_path(file));
        const std::optional<std::string> inside = os::relative_inside(whole, root);
        if (!inside || inside->empty()) { return core::Error(core::Errc::usage, core::cat("validating ", file, ": it lies outside of the project ", root)); }
        named.insert(*inside);
    }
    return named;
}

bool is_note(const kb::Graph& graph, const std::string& path) {
    return std::ranges::any_of(graph.notes, [&](const kb::Note& note) { return note.path == path; }) ||
           std::ranges::any_of(graph.faults, [&](const kb::Issue& issue) { return issue.path == path; });
}

// The documents to read besides the notes. A named file that is nothing of all that is a fault.
std::vector<std::string> choose_documents(const std::string& root, const kb::Graph& graph, const std::set<std::string>& named, kb::Issues& faults) {
    if (named.empty()) { return tracked_documents(root); }
    std::vector<std::string> documents;
    for (const std::string& path : named) {
        const auto fault = [&](std::string_view check, std::string message) { faults.push_back({.code = "aexp.validation_failed", .check = check, .message = std::move(message), .path = path}); };
        if (is_note(graph, path)) { continue; }
        if (!os::exists(os::join_path(root, path))) {
            fault("filesystem", "there is no such file");
        } else if (!path.starts_with("kb/") && is_document(path)) {
            documents.push_back(path);
        } else {
            fault("scope", "it is neither a note of the knowledge base nor a document that citations are looked for in");
        }
    }
    return documents;
}

// What is cited, taken out of the notes, and the faults of the citations' own form.
kb::Citations collect(kb::Graph& graph, const std::string& root, const std::vector<std::string>& documents, bool notes_were_checked) {
    kb::Citations all;
    for (kb::Note& note : graph.notes) {
        std::ranges::move(note.citations.found, std::back_inserter(all.found));
        std::ranges::move(note.citations.faults, std::back_inserter(all.faults));
        // Otherwise said as a fault of the note.
        if (note.damage && (!notes_were_checked || note.kind->kind == kb::NoteKind::lesson)) { all.faults.push_back({.code = "document.unreadable", .message = note.damage->message(), .path = note.path, .line = 1}); }
    }
    if (!notes_were_checked) {
        for (const kb::Issue& fault : graph.faults) {
            if (fault.check == "filesystem") { all.faults.push_back({.code = "document.unreadable", .message = fault.message, .path = fault.path}); }
        }
    }
    read_documents(root, documents, all);
    return all;
}

core::Status check_evidence(const record::Store& store, kb::Graph& graph, const std::vector<std::string>& documents, const ValidateRequest& request, bool only_citations,
                            ValidateResponse& response) {
    std::optional<jobs::Jobs> local;
    kb::Issues run_issues;
    const auto run_store = jobs::RunStore::find(store);
    if (run_store.ok()) {
        RL_ASSIGN(local, run_store.value().read_all());
        if (!only_citations) { run_issues = kb::check_runs(*local, run_store.value(), graph); }
    } else if (run_store.error().code() != core::Errc::not_found) {
        return run_store.error();
    }
    const ledger::View ledger = ledger::View::open(store);
    if (!only_citations) { append(run_issues, ledger_faults(store, ledger)); }
    append(response.issues, std::move(run_issues));

    kb::Citations cited = collect(graph, store.root, documents, request.scope == ValidateScope::all);
    const std::unique_ptr<kb::Evidence> evidence = gather_evidence(store, local ? &*local : nullptr, ledger);
    kb::Issues found = kb::check_citations(cited.found, graph, *evidence, request.rules, response.counts);
    append(found, std::move(cited.faults));
    by_place(found);
    append(response.issues, std::move(found));
    return core::ok();
}

}  // namespace

core::Result<ValidateResponse> validate(const ValidateRequest& request) {
    RL_ASSIGN(record::Store store, record::open_store(request.store, record::OpenStore::planned));
    if (store.root.empty()) {
        RL_ASSIGN(const std::string here, os::current_dir());
        store.root = record::find_project_root(here).value_or(here);
    }
    ValidateResponse response;
    RL_ASSIGN(const std::set<std::string> named, named_files(request.files, store.root));
    kb::Graph graph = kb::read_graph(store.root, kb::ReadNote::citations);
    response.kb_notes = graph.notes.size();
    if (request.scope != ValidateScope::runs) { append(response.issues, kb::check_graph(graph)); }
    const std::vector<std::string> documents = choose_documents(store.root, graph, named, response.issues);
    response.documents = documents.size();
    if (request.scope != ValidateScope::kb) { RL_TRY(check_evidence(store, graph, documents, request, !named.empty(), response)); }
    if (!named.empty()) {
        std::erase_if(response.issues, [&](const kb::Issue& issue) { return !issue.path.empty() && !named.contains(issue.path); });
    }
    for (const kb::Issue& issue : response.issues) {
        response.errors += issue.severity == kb::Severity::error ? 1U : 0U;
        response.warnings += issue.severity == kb::Severity::warning ? 1U : 0U;
        response.notes += issue.severity == kb::Severity::note ? 1U : 0U;
    }
    return response;
}

core::Json to_json(const ValidateResponse& response) {
    core::Json list = core::Json::array();
    for (const kb::Issue& issue : response.issues) {
        core::Json one = core::Json::object();
        one.set("severity", kb::severity_name(issue.severity)).set("code", issue.code).set("check", issue.check.empty() ? core::Json() : core::Json(issue.check));
        one.set("message", core::valid_utf8(issue.message)).set("path", issue.path.empty() ? core::Json() : core::Json(core::valid_utf8(issue.path)));
        one.set("line", issue.line > 0 ? core::Json(issue.line) : core::Json()).set("hint", hint_of(issue));
        list.push(std::move(one));
    }
    const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
    core::Json json = core::Json::object();
    json.set("ok", response.passed()).set("errors", number(response.errors)).set("warnings", number(response.warnings)).set("notes", number(response.notes));
    json.set("kb_notes", number(response.kb_notes)).set("documents", number(response.documents)).set("citations", number(response.counts.citations)).set("values", number(response.counts.values));
    return json.set("issues", std::move(list));
}

core::Json to_sarif(const ValidateResponse& response) { return kb::sarif_log(response.issues, core::k_version); }

std::string hint_of(const kb::Issue& issue) { return kb::hint_of(kb::info_of(issue)); }

std::string validation_codes_page() { return kb::codes_page(); }

}  // namespace runlake::ops
