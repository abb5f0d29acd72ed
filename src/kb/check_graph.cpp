// SPDX-License-Identifier: Apache-2.0
// The checks over a knowledge base: names, metadata, references, headings, links.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "core/text.hpp"
#include "kb/graph.hpp"

namespace runlake::kb {
namespace {

// A field by which a note names a parent, and what that has to be.
struct Reference {
    NoteKind of;
    std::string_view field;
    std::string_view shown;
    std::initializer_list<NoteKind> to;   // empty: any note
};
const std::array<Reference, 6> k_references = {{
    {NoteKind::experiment, "hypothesis", "Hypothesis", {NoteKind::hypothesis}},
    {NoteKind::finding, "hypothesis", "Hypothesis", {NoteKind::hypothesis}},
    {NoteKind::finding, "experiment", "Experiment", {NoteKind::experiment}},
    {NoteKind::hypothesis, "thread", "Thread", {NoteKind::thread}},
    {NoteKind::strategic_review, "challenge_review", "Challenge Review", {NoteKind::challenge_review}},
    {NoteKind::challenge_review, "target_id", "Target ID", {}},
}};

class Checker {
  public:
    explicit Checker(const Graph& graph) : graph_(graph), issues_(graph.faults) {}

    Issues run() {
        if (!graph_.is_there) {
            say("filesystem", "there is no knowledge base", "kb", 0);
            return std::move(issues_);
        }
        if (graph_.problem) {
            issues_.push_back({.code = "aexp.validator_unavailable", .message = graph_.problem->message(), .path = "kb"});
            return std::move(issues_);
        }
        specials();
        ids_and_names();
        for (const Note& note : graph_.notes) {
            if (note.kind->kind == NoteKind::lesson) { continue; }   // others may link to it: that is all it is here
            if (note.damage) {
                damaged(note);
                continue;
            }
            metadata(note);
            headings(note);
            references(note);
            if (note.kind->kind == NoteKind::experiment) { conditions(note); }
            links(note);
        }
        std::ranges::stable_sort(issues_, [](const Issue& a, const Issue& b) { return std::tie(a.path, a.line, a.check, a.message) < std::tie(b.path, b.line, b.check, b.message); });
        return std::move(issues_);
    }

  private:
    void say(std::string_view check, std::string message, const std::string& path, int line) {
        issues_.push_back({.code = "aexp.validation_failed", .check = check, .message = std::move(message), .path = path, .line = line});
    }

    bool has_fault(std::string_view path) const {
        return std::ranges::any_of(graph_.faults, [&](const Issue& issue) { return issue.path == path; });
    }

    void specials() {
        for (const NoteKind kind : {NoteKind::active, NoteKind::challenge}) {
            const KindInfo& info = info_of(kind);
            const std::string path = core::cat("kb/", info.folder);
            if (!graph_.ids.contains(info.special) && !has_fault(path)) { say("filesystem", core::cat("the note ", info.special, " is missing"), path, 0); }
        }
    }

    void ids_and_names() {
        for (const auto& [id, notes] : graph_.ids) {
            for (std::size_t i = 1; i < notes.size(); ++i) {
                say("duplicate_id", core::cat("the id ", id, " is also that of ", graph_.notes[notes[0]].path), graph_.notes[notes[i]].path, 1);
            }
        }
        for (const auto& [name, notes] : graph_.names) {
            for (std::size_t i = 1; i < notes.size(); ++i) {
                const Note& first = graph_.notes[notes[0]];
                const Note& second = graph_.notes[notes[i]];
                if (first.id == second.id) { continue; }   // said as duplicate_id
                say("alias", core::cat("the link name \"", name, "\" is also claimed by ", first.path), second.path, front_line(second, "/aliases"));
            }
        }
    }

    static int front_line(const Note& note, const std::string& path) {
        const auto at = note.front_lines.find(path);
        return at == note.front_lines.end() ? 1 : at->second;
    }

    void damaged(const Note& note) {
        // "reading PATH: line 3, column 5: why"
        const std::string& message = note.damage->message();
        int line = 1;
        if (const std::size_t at = message.find("line "); at != std::string::npos) {
            const std::string_view rest = std::string_view(message).substr(at + 5);
            line = static_cast<int>(core::parse_integer(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(1));
        }
        say("front_matter", message, note.path, line);
    }

    void metadata(const Note& note) {
        for (const std::string_view field : note.kind->required) {
            std::string name = core::lower_ascii(field);
            std::ranges::replace(name, ' ', '_');
            if (note.meta_text(name).empty()) { say("metadata", core::cat(field, " is missing or empty"), note.path, std::max(note.line_of(name), 1)); }
        }
        const std::string id = note.meta_text("id");
        if (!id.empty() && id != note.id) { say("metadata", core::cat("`id` is ", id, ", the file's name says ", note.id), note.path, note.line_of("id")); }
        if (std::ranges::find(note.aliases, note.id) == note.aliases.end()) { say("aliases", core::cat(note.id, " is not among its own aliases"), note.path, front_line(note, "/aliases")); }
    }

    void headings(const Note& note) {
        const bool is_special = !note.kind->special.empty();
        for (const std::string_view wanted : note.kind->headings) {
            const bool found = std::ranges::any_of(note.headings, [&](const Heading& heading) { return heading.level == 2 && heading.text == wanted; });
            if (!found) { say(is_special ? "structure" : "missing_template_header", core::cat("the heading \"## ", wanted, "\" is missing"), note.path, 0); }
        }
    }

    void references(const Note& note) {
        for (const Reference& reference : k_references) {
            if (reference.of != note.kind->kind) { continue; }
            const std::optional<std::string> id = note.reference(reference.field);
            if (!id) { continue; }
            const int line = note.line_of(reference.field);
            const auto found = graph_.ids.find(*id);
            const KindInfo* kind = kind_of_id(*id);
            const bool fits = reference.to.size() == 0 || (kind != nullptr && std::ranges::find(reference.to, kind->kind) != reference.to.end());
            if (!fits) {
                say("reference", core::cat(reference.shown, " names ", *id, ", which is no ", info_of(*reference.to.begin()).word), note.path, line);
            } else if (found == graph_.ids.end()) {
                say("reference", core::cat(reference.shown, " names ", *id, ", which is not there"), note.path, line);
            }
        }
        if (note.kind->kind != NoteKind::finding) { return; }
        const std::optional<std::string> experiment = note.reference("experiment");
        const std::optional<std::string> hypothesis = note.reference("hypothesis");
        const Note* parent = experiment ? graph_.find(*experiment) : nullptr;
        if (parent == nullptr || !hypothesis) { return; }
        const std::optional<std::string> theirs = parent->reference("hypothesis");
        const KindInfo* kind = theirs ? kind_of_id(*theirs) : nullptr;
        const bool is_said = kind == nullptr || kind->kind != NoteKind::hypothesis || !graph_.ids.contains(*theirs);   // of the experiment
        if (theirs && !is_said && *theirs != *hypothesis) {
            say("reference", core::cat("Hypothesis is ", *hypothesis, ", that of its experiment ", *experiment, " is ", *theirs), note.path, note.line_of("hypothesis"));
        }
    }

    void conditions(const Note& note) {
        const core::Json* conditions = note.front.find("conditions");
        if (conditions == nullptr || conditions->is_null()) { return; }
        const int line = front_line(note, "/conditions");
        const core::JsonObject* blocks = conditions->as_object();
        if (blocks == nullptr) { return say("conditions_schema", "`conditions` is no mapping of names to mappings", note.path, line); }
        for (const auto& [name, block] : *blocks) {
            if (!block.is_object()) { say("conditions_schema", core::cat("the condition \"", name, "\" is no mapping"), note.path, line); }
        }
    }

    // Ids that a note has to link to.
    std::vector<std::string> parents(const Note& note) const {
        std::vector<std::string> ids;
        for (const Reference& reference : k_references) {
            if (reference.of != note.kind->kind) { continue; }
            if (std::optional<std::string> id = note.reference(reference.field); id && graph_.ids.contains(*id)) { ids.push_back(*std::move(id)); }
        }
        return ids;
    }

    static std::vector<std::string_view> constant_targets(NoteKind kind) {
        switch (kind) {
            case NoteKind::active: return {"CHALLENGE"};
            case NoteKind::challenge: return {"ACTIVE", "DASHBOARD"};
            default: return {"ACTIVE", "CHALLENGE"};
        }
    }

    bool links_to(const Note& note, const std::string& id) const {
        return std::ranges::any_of(note.links, [&](const WikiLink& link) {
            // A name that two notes claim is said as such, and is a link to both.
            const auto named = graph_.names.find(link.target);
            return named != graph_.names.end() && std::ranges::any_of(named->second, [&](std::size_t i) { return graph_.notes[i].id == id; });
        });
    }

    void links(const Note& note) {
        for (const WikiLink& link : note.links) {
            if (graph_.linked(link.target) == nullptr) { say("links", core::cat("[[", core::cut_utf8(link.target, 80), "]] leads to no note"), note.path, link.line); }
        }
        int section = 0;
        int section_end = 0;
        for (const Heading& heading : note.headings) {
            if (section != 0 && heading.level <= 2 && section_end == 0) { section_end = heading.line; }
            if (section == 0 && heading.level == 2 && heading.text == "Links") { section = heading.line; }
        }
        if (section == 0) {
            say("links", "there is no section \"## Links\"", note.path, 0);
        } else if (std::ranges::none_of(note.links, [&](const WikiLink& link) { return link.line > section && (section_end == 0 || link.line < section_end); })) {
            say("links", "the section \"## Links\" links to nothing", note.path, section);
        }
        for (const std::string_view target : constant_targets(note.kind->kind)) {
            if (!links_to(note, std::string(target))) { say("links", core::cat("a link to [[", target, "]] is missing"), note.path, section); }
        }
        for (const std::string& parent : parents(note)) {
            if (!links_to(note, parent)) { say("links", core::cat("a link to [[", parent, "]] is missing"), note.path, section); }
            const Note* other = graph_.find(parent);
            if (other != nullptr && !other->damage && !links_to(*other, note.id)) { say("backlink", core::cat("it does not link back to [[", note.id, "]]"), other->path, 0); }
        }
    }

    const Graph& graph_;
    Issues issues_;
};

}  // namespace

Issues check_graph(const Graph& graph) { return Checker(graph).run(); }

}  // namespace runlake::kb
