// SPDX-License-Identifier: Apache-2.0
#include "ops/kb_notes.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::ops {
namespace {

// The project that is meant; its store need not be there.
core::Result<record::Store> project_of(const std::optional<std::string>& named, record::OpenStore mode) {
    RL_ASSIGN(record::Store store, record::open_store(named, mode));
    if (store.problem) { return *store.problem; }
    if (store.root.empty()) {
        RL_ASSIGN(const std::string here, os::current_dir());
        store.root = record::find_project_root(here).value_or(here);
    }
    return store;
}

core::Result<kb::Graph> graph_of(const std::optional<std::string>& named) {
    RL_ASSIGN(const record::Store store, project_of(named, record::OpenStore::planned));
    kb::Graph graph = kb::read_graph(store.root);
    if (!graph.is_there) { return core::Error(core::Errc::not_found, core::cat("there is no knowledge base in ", store.root, ": `runlake install` makes one")); }
    return graph;
}

// Where the one writer of notes is held. Nothing is made where there is no knowledge base.
core::Result<std::pair<std::string, std::string>> to_write(const std::optional<std::string>& named) {
    RL_ASSIGN(const record::Store planned, project_of(named, record::OpenStore::planned));
    if (!os::is_dir(os::join_path(planned.root, "kb"))) { return core::Error(core::Errc::not_found, core::cat("there is no knowledge base in ", planned.root, ": `runlake install` makes one")); }
    RL_ASSIGN(const record::Store store, project_of(named, record::OpenStore::create));
    return std::pair(planned.root, store.dir + "/kb.lease");
}

std::vector<std::string> tags_of(const kb::Note& note) {
    std::vector<std::string> tags;
    const core::Json* written = note.front.find("tags");
    if (written == nullptr) { return tags; }
    const auto add = [&](const core::Json& tag) { tags.push_back(tag.is_string() ? *tag.as_string() : core::to_json(tag)); };
    if (const core::JsonArray* list = written->as_array()) {
        for (const core::Json& tag : *list) { add(tag); }
    } else if (!written->is_null()) {
        add(*written);
    }
    return tags;
}

core::Result<const kb::KindInfo*> kind_named(std::string_view word) {
    const kb::KindInfo* kind = kb::kind_of_word(word);
    if (kind == nullptr) { return core::Error(core::Errc::usage, core::cat('"', core::cut_utf8(word, 40), "\" is no kind of note: hypothesis, experiment, finding or thread")); }
    return kind;
}

}  // namespace

core::Result<kb::CreatedNote> kb_new(const KbNewRequest& request, const core::Clock& clock) {
    RL_ASSIGN(const kb::KindInfo* kind, kind_named(request.kind));
    RL_ASSIGN(const auto where, to_write(request.store));
    kb::NewNote note = request.note;
    note.kind = kind->kind;
    return kb::create_note(where.first, where.second, note, clock.now());
}

core::Json to_json(const kb::CreatedNote& created) {
    return core::Json::object().set("id", created.id).set("path", created.path).set("linked_from", core::text_list(created.linked_from));
}

core::Result<std::vector<KbRow>> kb_list(const KbListRequest& request) {
    const kb::KindInfo* kind = nullptr;
    if (request.kind) { RL_ASSIGN(kind, kind_named(*request.kind)); }
    RL_ASSIGN(const kb::Graph graph, graph_of(request.store));
    std::vector<std::pair<kb::NoteKind, KbRow>> found;
    for (const kb::Note& note : graph.notes) {
        if (note.kind->prefix.empty() || (kind != nullptr && note.kind != kind)) { continue; }
        KbRow row{.id = note.id, .kind = std::string(note.kind->word), .status = std::nullopt, .title = note.title, .path = note.path, .tags = tags_of(note), .damaged = note.damage.has_value()};
        if (std::string status = note.meta_text("status"); !status.empty()) { row.status = std::move(status); }
        if (request.status && core::lower_ascii(row.status.value_or("")) != core::lower_ascii(*request.status)) { continue; }
        if (request.tag && std::ranges::find(row.tags, *request.tag) == row.tags.end()) { continue; }
        found.emplace_back(note.kind->kind, std::move(row));
    }
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return std::tie(a.first, a.second.id, a.second.path) < std::tie(b.first, b.second.id, b.second.path); });
    std::vector<KbRow> rows;
    for (auto& one : found) { rows.push_back(std::move(one.second)); }
    return rows;
}

core::Json to_json(const std::vector<KbRow>& rows) {
    core::Json list = core::Json::array();
    for (const KbRow& row : rows) {
        core::Json one = core::Json::object();
        one.set("id", row.id).set("kind", row.kind).set("status", row.status ? core::Json(core::valid_utf8(*row.status)) : core::Json()).set("title", core::valid_utf8(row.title));
        list.push(one.set("path", core::valid_utf8(row.path)).set("tags", core::text_list(row.tags)).set("damaged", row.damaged));
    }
    return core::Json::object().set("notes", std::move(list));
}

core::Result<KbShowResponse> kb_show(const KbShowRequest& request) {
    RL_ASSIGN(const kb::Graph graph, graph_of(request.store));
    const kb::Note* note = graph.linked(request.id);
    if (note == nullptr) {
        std::vector<std::string> names;
        for (const auto& name : graph.names) { names.push_back(name.first); }
        const std::optional<std::string> near = core::nearest(request.id, names);
        return core::Error(core::Errc::not_found, core::cat("there is no note \"", core::cut_utf8(request.id, 60), '"', near ? core::cat(" (nearest: ", *near, ')') : ""));
    }
    if (note->damage) { return *note->damage; }
    KbShowResponse response{.note = *note, .linked_from = {}, .text = {}};
    std::set<std::string> from;
    for (const kb::Note& other : graph.notes) {
        const bool links = std::ranges::any_of(other.links, [&](const kb::WikiLink& link) { return graph.linked(link.target) == note; });
        if (links && &other != note) { from.insert(other.id); }
    }
    response.linked_from.assign(from.begin(), from.end());
    RL_ASSIGN(response.text, os::read_file(os::join_path(graph.root, note->path), jobs::k_max_note_bytes));
    return response;
}

core::Json to_json(const KbShowResponse& response) {
    const kb::Note& note = response.note;
    core::Json meta = core::Json::object();
    for (const auto& [name, field] : note.meta) { meta.set(name, core::valid_utf8(field.text)); }
    std::set<std::string> targets;
    for (const kb::WikiLink& link : note.links) { targets.insert(link.target); }
    core::Json json = core::Json::object();
    json.set("id", note.id).set("kind", note.kind->word).set("title", core::valid_utf8(note.title)).set("path", core::valid_utf8(note.path)).set("metadata", std::move(meta)).set("front_matter", note.front);
    json.set("links", core::text_list(targets)).set("linked_from", core::text_list(response.linked_from)).set("citations", static_cast<std::int64_t>(note.citations.found.size()));
    return core::Json::object().set("note", json.set("text", core::valid_utf8(response.text)));
}

core::Result<kb::ClosedNote> kb_close(const KbCloseRequest& request, const core::Clock& clock) {
    RL_ASSIGN(const auto where, to_write(request.store));
    return kb::close_note(where.first, where.second, request.note, clock.now());
}

core::Json to_json(const kb::ClosedNote& closed) { return core::Json::object().set("id", closed.id).set("path", closed.path).set("status", closed.status); }

}  // namespace runlake::ops
