// SPDX-License-Identifier: Apache-2.0
// Reading a knowledge base off the disk.
#include "kb/graph.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"

namespace runlake::kb {
namespace {

struct Place {
    std::string path;       // relative to the root
    const KindInfo* kind;
    std::string id;
};

Issue fault(std::string_view check, std::string message, std::string path, int line = 0) {
    return {.code = "aexp.validation_failed", .check = check, .message = std::move(message), .path = std::move(path), .line = line};
}

// The notes of one folder of a kind. A missing folder holds none.
void list_kind(const std::string& root, const KindInfo& kind, std::vector<Place>& places, Issues& faults) {
    const std::string folder = core::cat("kb/", kind.folder);
    const auto listed = os::list_dir(os::join_path(root, folder));
    if (!listed.ok()) {
        if (listed.error().code() != core::Errc::not_found) { faults.push_back(fault("filesystem", listed.error().message(), folder)); }
        return;
    }
    for (const os::DirEntry& entry : listed.value()) {
        if (entry.name.starts_with('.') || !entry.name.ends_with(".md")) { continue; }
        std::string path = core::cat(folder, '/', entry.name);
        if (os::is_dir(os::join_path(root, path))) { continue; }
        if (kind.kind == NoteKind::lesson) {
            places.push_back({std::move(path), &kind, entry.name.substr(0, entry.name.size() - 3)});
            continue;
        }
        if (std::optional<std::string> id = id_of_file(entry.name, kind)) {
            places.push_back({std::move(path), &kind, *std::move(id)});
        } else if (kind.folder != "reports") {
            faults.push_back(fault("filename", core::cat("notes of this kind are named ", kind.prefix, "###-slug.md, as ", kind.prefix, "001-", kind.word, ".md is"), std::move(path)));
        }
    }
}

struct Read {
    Note note;
    std::optional<core::Error> error;   // its file can't be read
};

Read read_place(const std::string& root, const Place& place, ReadNote how) {
    const std::string whole = os::join_path(root, place.path);
    const auto refuse = [](std::string why) { return Read{.note = {}, .error = core::Error(core::Errc::io, std::move(why))}; };
    const auto found = os::stat_path(whole);
    if (!found) { return refuse("it can't be looked at: is it a link that leads nowhere?"); }
    if (!S_ISREG(found->st_mode)) { return refuse("it is no regular file"); }
    if (static_cast<std::uint64_t>(found->st_size) > jobs::k_max_note_bytes) { return refuse("it is larger than 16 MiB"); }
    auto text = os::read_file(whole, jobs::k_max_note_bytes);
    if (!text.ok()) { return {.note = {}, .error = std::move(text).take_error()}; }
    return {.note = read_note(text.value(), place.path, *place.kind, place.id, how), .error = std::nullopt};
}

void enter_names(Graph& graph) {
    for (std::size_t i = 0; i < graph.notes.size(); ++i) {
        const Note& note = graph.notes[i];
        std::vector<std::string> claimed = {note.stem, note.id};
        claimed.insert(claimed.end(), note.aliases.begin(), note.aliases.end());
        std::ranges::sort(claimed);
        claimed.erase(std::unique(claimed.begin(), claimed.end()), claimed.end());
        for (const std::string& name : claimed) { graph.names[name].push_back(i); }
        graph.ids[note.id].push_back(i);
    }
}

}  // namespace

const Note* Graph::find(std::string_view id) const {
    const auto at = ids.find(id);
    return at == ids.end() || at->second.size() != 1 ? nullptr : &notes[at->second.front()];
}

const Note* Graph::linked(std::string_view name) const {
    const auto at = names.find(name);
    return at == names.end() || at->second.empty() ? nullptr : &notes[at->second.front()];
}

Graph read_graph(const std::string& root, ReadNote how) {
    Graph graph;
    graph.root = root;
    graph.is_there = os::is_dir(os::join_path(root, "kb"));
    if (!graph.is_there) { return graph; }
    if (auto listed = os::list_dir(os::join_path(root, "kb")); !listed.ok()) {
        graph.problem = std::move(listed).take_error();
        return graph;
    }
    std::vector<Place> places;
    for (const KindInfo& kind : all_kinds()) {
        if (kind.special.empty()) {
            list_kind(root, kind, places, graph.faults);
        } else if (std::string path = core::cat("kb/", kind.folder); os::stat_link(os::join_path(root, path))) {
            places.push_back({std::move(path), &kind, std::string(kind.special)});
        }
    }
    std::ranges::sort(places, {}, &Place::path);
    std::vector<Read> reads(places.size());
    os::for_each_index(places.size(), 8, [&](std::size_t i) { reads[i] = read_place(root, places[i], how); });
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (reads[i].error) {
            graph.faults.push_back(fault("filesystem", reads[i].error->message(), places[i].path));
            continue;
        }
        graph.notes.push_back(std::move(reads[i].note));
    }
    enter_names(graph);
    return graph;
}

core::Result<std::vector<CitedRun>> cited_runs(const std::string& root) {
    const Graph graph = read_graph(root, ReadNote::citations);
    if (graph.problem) { return *graph.problem; }
    for (const Issue& issue : graph.faults) {
        if (issue.check == "filesystem") { return core::Error(core::Errc::io, core::cat("reading ", issue.path, ": ", issue.message)); }
    }
    std::vector<CitedRun> cited;
    for (const Note& note : graph.notes) {
        if (note.damage) { return *note.damage; }
        for (const Issue& fault : note.citations.faults) {
            if (fault.code == "finding.malformed_value") { continue; }   // its run is known
            return core::Error(core::Errc::corrupt, core::cat("reading the citations of ", note.path, ": line ", fault.line, ": ", fault.message));
        }
        for (const Citation& citation : note.citations.found) {
            if (citation.kind != CitedKind::run && citation.kind != CitedKind::any) { continue; }
            // A job's whole id is no beginning of a run's.
            if (auto prefix = core::RunIdPrefix::parse(citation.id); prefix.ok()) { cited.push_back({std::move(prefix).take(), note.path}); }
        }
    }
    return cited;
}

}  // namespace runlake::kb
