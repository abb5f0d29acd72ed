// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_show.hpp"

#include <algorithm>
#include <map>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using replay::VerdictFile;

constexpr std::uint64_t k_most_bytes = 64U << 20U;

bool later(const VerdictFile& a, const VerdictFile& b) { return std::pair(a.decided_at, a.id) > std::pair(b.decided_at, b.id); }

core::Result<std::vector<VerdictFile>> read_all(const record::Store& store, std::vector<std::string>& problems) {
    std::vector<VerdictFile> all;
    const std::string folder = replay::verdict_folder(store);
    const auto entries = os::list_dir(folder);
    if (!entries.ok()) {
        if (entries.error().code() == Errc::not_found) { return all; }
        return Error(entries.error());
    }
    for (const os::DirEntry& entry : entries.value()) {
        if (!entry.name.ends_with(".json") || entry.name.starts_with('.')) { continue; }
        const std::string path = os::join_path(folder, entry.name);
        auto text = os::read_file(path, k_most_bytes);
        auto verdict = text.ok() ? replay::parse_verdict(text.value()) : core::Result<VerdictFile>(std::move(text).take_error());
        if (verdict.ok()) {
            all.push_back(std::move(verdict).take());
        } else {
            problems.push_back(cat(path, ": ", verdict.error().message()));
        }
    }
    return all;
}

core::Result<VerdictFile> read_path(const std::string& path) {
    RL_ASSIGN(const std::string text, os::read_file(path, k_most_bytes));
    auto verdict = replay::parse_verdict(text);
    if (!verdict.ok()) { return std::move(verdict).take_error().context(path); }
    return verdict;
}

core::Result<VerdictFile> find_one(const std::vector<VerdictFile>& all, const std::string& what) {
    std::vector<const VerdictFile*> by_id;
    std::vector<const VerdictFile*> by_subject;
    for (const VerdictFile& one : all) {
        if (what.size() >= 4 && core::is_hex(what) && one.id.starts_with(what)) { by_id.push_back(&one); }
        const bool of_run = one.canonical_run_id && what.size() >= 4 && one.canonical_run_id->starts_with(what);
        // A cell without a spec is a stage and the beginning of its run's id.
        const std::size_t slash = one.cell.rfind('/');
        const bool of_cell = slash != std::string::npos && what.size() >= 8 && one.document.find("spec") != nullptr && one.document.find("spec")->is_null() && what.starts_with(one.cell.substr(slash + 1));
        if (one.cell == what || of_run || (of_cell && one.cell.size() - slash == 9)) { by_subject.push_back(&one); }
    }
    if (by_id.size() > 1) {
        std::string list;
        for (std::size_t i = 0; i < by_id.size() && i < 5; ++i) { list += cat(i == 0 ? "" : ", ", by_id[i]->id.substr(0, 12)); }
        return Error(Errc::conflict, cat("several verdicts begin with ", what, ": ", list));
    }
    if (by_id.size() == 1) { return *by_id.front(); }
    if (!by_subject.empty()) { return **std::ranges::min_element(by_subject, [](const VerdictFile* a, const VerdictFile* b) { return later(*a, *b); }); }
    std::vector<std::string> cells;
    for (const VerdictFile& one : all) { cells.push_back(one.cell); }
    const auto near = core::nearest(what, cells);
    return Error(Errc::not_found, cat("there is no verdict, cell or replayed run \"", core::cut_utf8(core::valid_utf8(what), 100), '"', near ? cat(" (nearest: \"", *near, "\")") : ""));
}

}  // namespace

core::Result<ReplayShowResponse> replay_show(const ReplayShowRequest& request) {
    ReplayShowResponse response;
    if (request.what && request.what->find('/') != std::string::npos && os::exists(*request.what) && !os::is_dir(*request.what)) {
        RL_ASSIGN(response.verdict, read_path(*request.what));
        response.explanation = replay::explain(*response.verdict);
        return response;
    }
    RL_ASSIGN(const std::vector<VerdictFile> all, read_all(request.store, response.problems));
    if (request.what) {
        RL_ASSIGN(response.verdict, find_one(all, *request.what));
        response.explanation = replay::explain(*response.verdict);
        return response;
    }
    std::map<std::pair<std::string, std::string>, const VerdictFile*> latest;
    for (const VerdictFile& one : all) {
        const VerdictFile*& best = latest[{one.cell, one.metric}];
        if (best == nullptr || later(one, *best)) { best = &one; }
    }
    for (const auto& [key, verdict] : latest) { response.latest.push_back(*verdict); }
    return response;
}

core::Json to_json(const ReplayShowResponse& response) {
    core::Json json = core::Json::object();
    core::Json problems = core::Json::array();
    for (const std::string& problem : response.problems) { problems.push(problem); }
    if (!response.verdict) {
        core::Json list = core::Json::array();
        for (const VerdictFile& one : response.latest) { list.push(one.document); }
        json.set("problems", std::move(problems)).set("verdicts", std::move(list));
        return json;
    }
    const replay::Explanation& words = response.explanation;
    core::Json differed = core::Json::array();
    for (const std::string& line : words.differed) { differed.push(line); }
    core::Json next = core::Json::array();
    for (const std::string& line : words.next) { next.push(line); }
    json.set("differed", std::move(differed)).set("meaning", words.meaning).set("next", std::move(next)).set("problems", std::move(problems));
    json.set("verdict", response.verdict->document);
    return json;
}

}  // namespace runlake::ops
