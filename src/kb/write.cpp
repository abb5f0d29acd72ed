// SPDX-License-Identifier: Apache-2.0
#include "kb/write.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "kb/scaffold.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"

namespace runlake::kb {
namespace {

constexpr std::string_view k_long_dash = "\xE2\x80\x94";

// One writer at a time, so that two do not take one id.
core::Result<std::unique_ptr<os::Lease>> lock_notes(const std::string& path) {
    constexpr int k_tries = 500;
    for (int i = 1;; ++i) {
        auto lease = os::Lease::take(path, {.purpose = "write notes", .heartbeat = false});
        if (lease.ok() || lease.error().code() != core::Errc::busy || i == k_tries) { return lease; }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

std::string date_of(core::Timestamp now) { return core::format_iso(now).substr(0, 10); }

bool is_plain_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

core::Result<std::string> read_text(const std::string& root, const std::string& path) {
    auto text = os::read_file(os::join_path(root, path), jobs::k_max_note_bytes);
    if (!text.ok()) { return std::move(text).take_error(); }
    return std::move(text).take();
}

// The parent that a new note names.
core::Result<const Note*> parent_of(const Graph& graph, const std::string& id, NoteKind kind) {
    const KindInfo& info = info_of(kind);
    const KindInfo* named = kind_of_id(id);
    if (named != &info) { return core::Error(core::Errc::usage, core::cat('"', core::cut_utf8(id, 40), "\" is no id of a ", info.word, ": ", info.prefix, " and three digits")); }
    const auto found = graph.ids.find(id);
    if (found == graph.ids.end()) { return core::Error(core::Errc::not_found, core::cat("there is no ", info.word, ' ', id, " in kb/", info.folder)); }
    if (found->second.size() > 1) { return core::Error(core::Errc::conflict, core::cat("several notes have the id ", id)); }
    const Note& note = graph.notes[found->second.front()];
    if (note.damage) { return *note.damage; }
    return &note;
}

// Numbers that a file name takes, whether its note can be read or not.
core::Result<std::vector<bool>> numbers_taken(const std::string& root, const KindInfo& kind) {
    std::vector<bool> taken(1000, false);
    const auto listed = os::list_dir(os::join_path(root, core::cat("kb/", kind.folder)));
    if (!listed.ok()) {
        if (listed.error().code() == core::Errc::not_found) { return taken; }
        return listed.error();
    }
    for (const os::DirEntry& entry : listed.value()) {
        const std::string_view name = entry.name;
        if (!name.starts_with(kind.prefix) || name.size() < kind.prefix.size() + 3) { continue; }
        const std::string_view id = name.substr(0, kind.prefix.size() + 3);
        if (kind_of_id(id) == &kind) { taken[static_cast<std::size_t>(core::parse_integer(id.substr(kind.prefix.size())).value_or(0))] = true; }
    }
    return taken;
}

core::Result<std::string> choose_id(const std::string& root, const KindInfo& kind, const std::optional<std::string>& wanted) {
    RL_ASSIGN(const std::vector<bool> taken, numbers_taken(root, kind));
    if (wanted) {
        if (kind_of_id(*wanted) != &kind) { return core::Error(core::Errc::usage, core::cat('"', core::cut_utf8(*wanted, 40), "\" is no id of a ", kind.word, ": ", kind.prefix, " and three digits")); }
        if (taken[static_cast<std::size_t>(core::parse_integer(wanted->substr(kind.prefix.size())).value_or(0))]) { return core::Error(core::Errc::conflict, core::cat("the id ", *wanted, " is taken")); }
        return *wanted;
    }
    for (std::size_t number = 1; number < taken.size(); ++number) {
        if (taken[number]) { continue; }
        std::string digits = std::to_string(number);
        return core::cat(kind.prefix, std::string(3 - digits.size(), '0'), digits);
    }
    return core::Error(core::Errc::conflict, core::cat("all 999 ids of a ", kind.word, " are taken"));
}

std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& words) {
    std::string out;
    while (!text.empty()) {
        const auto word = std::ranges::find_if(words, [&](const auto& one) { return text.starts_with(one.first); });
        if (word == words.end()) {
            out += text.front();
            text.remove_prefix(1);
        } else {
            out += word->second;
            text.remove_prefix(word->first.size());
        }
    }
    return out;
}

struct Parents {
    std::vector<const Note*> notes;
    std::string hypothesis;
    std::string experiment;
    std::string thread;
};

core::Result<Parents> find_parents(const Graph& graph, const NewNote& wanted) {
    Parents parents;
    const auto add = [&](const std::optional<std::string>& id, NoteKind kind, std::string& name) -> core::Status {
        if (!id) { return core::ok(); }
        RL_ASSIGN(const Note* note, parent_of(graph, *id, kind));
        parents.notes.push_back(note);
        name = *id;
        return core::ok();
    };
    const auto refuse = [&](const std::optional<std::string>& id, std::string_view option) -> core::Status {
        if (id) { return core::Error(core::Errc::usage, core::cat(option, " means nothing to a ", info_of(wanted.kind).word)); }
        return core::ok();
    };
    if (wanted.kind != NoteKind::hypothesis) { RL_TRY(refuse(wanted.thread, "--thread")); }
    if (wanted.kind != NoteKind::finding) { RL_TRY(refuse(wanted.experiment, "--experiment")); }
    if (wanted.kind == NoteKind::hypothesis || wanted.kind == NoteKind::thread) { RL_TRY(refuse(wanted.hypothesis, "--hypothesis")); }
    if (wanted.kind == NoteKind::experiment && !wanted.hypothesis) { return core::Error(core::Errc::usage, "an experiment tests a hypothesis: name it with --hypothesis H###"); }
    if (wanted.kind == NoteKind::finding && !wanted.experiment) { return core::Error(core::Errc::usage, "a finding comes out of an experiment: name it with --experiment E###"); }
    std::optional<std::string> hypothesis = wanted.hypothesis;
    if (wanted.experiment) {
        RL_ASSIGN(const Note* experiment, parent_of(graph, *wanted.experiment, NoteKind::experiment));
        const std::optional<std::string> theirs = experiment->reference("hypothesis");
        if (!hypothesis) { hypothesis = theirs; }
        if (!hypothesis) { return core::Error(core::Errc::usage, core::cat(*wanted.experiment, " names no hypothesis: give one with --hypothesis H###")); }
        if (theirs && *theirs != *hypothesis) { return core::Error(core::Errc::conflict, core::cat("the hypothesis of ", *wanted.experiment, " is ", *theirs, ", not ", *hypothesis)); }
    }
    RL_TRY(add(hypothesis, NoteKind::hypothesis, parents.hypothesis));
    RL_TRY(add(wanted.experiment, NoteKind::experiment, parents.experiment));
    RL_TRY(add(wanted.thread, NoteKind::thread, parents.thread));
    return parents;
}

core::Status check_words(const Graph& graph, const NewNote& wanted) {
    const std::string_view title = core::trim(wanted.title);
    if (title.empty()) { return core::Error(core::Errc::usage, "a note needs a title"); }
    if (title.size() > 300 || !is_plain_line(title)) { return core::Error(core::Errc::usage, "a title is one line of at most 300 bytes, without control characters"); }
    const bool plain = !wanted.impact.empty() && wanted.impact.size() <= 40 && std::ranges::all_of(wanted.impact, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' || c == '_' || c == '-';
    });
    if (!plain) { return core::Error(core::Errc::usage, "an impact is a word: CRITICAL, HIGH, MEDIUM or LOW"); }
    for (const std::string& link : wanted.links) {
        if (graph.linked(link) == nullptr) { return core::Error(core::Errc::not_found, core::cat("there is no note \"", core::cut_utf8(link, 60), "\" to link to")); }
    }
    return core::ok();
}

std::string links_block(const Parents& parents, const std::vector<std::string>& further) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) { names.push_back(name); }
    };
    for (const Note* parent : parents.notes) { add(parent->id); }
    for (const std::string& link : further) { add(link); }
    add("ACTIVE");
    add("CHALLENGE");
    std::string block;
    for (const std::string& name : names) { block += core::cat(block.empty() ? "" : "\n", "- [[", name, "]]"); }
    return block;
}

// A file as it was and as it is to be.
struct Change {
    std::string path;
    std::string before;
    std::string after;
    mode_t mode;
};

core::Status replace(const std::string& root, const Change& change, std::string_view text, os::Point point) {
    return os::publish_file(os::join_path(root, change.path), text, change.mode, os::Existing::replace, os::Durability::power, point);
}

mode_t mode_of(const std::string& path) {
    const auto found = os::stat_path(path);
    return found ? found->st_mode & 07777U : 0644;
}

}  // namespace

std::string with_link(std::string_view text, const Note& note, std::string_view id) {
    const bool is_there = std::ranges::any_of(note.links, [&](const WikiLink& link) { return link.target == id || link.target.starts_with(core::cat(id, '-')); });
    if (is_there) { return std::string(text); }
    const std::string_view line_break = text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
    const std::string item = core::cat("- [[", id, "]]", line_break);
    const auto section = std::ranges::find_if(note.headings, [](const Heading& heading) { return heading.level == 2 && heading.text == "Links"; });
    if (section == note.headings.end()) {
        std::string out(text);
        while (out.ends_with('\n')) { out.pop_back(); }
        return core::cat(out, "\n\n## Links\n\n", item);
    }
    const auto next = std::find_if(section + 1, note.headings.end(), [](const Heading& heading) { return heading.level <= 2; });
    const std::size_t end = next == note.headings.end() ? text.size() : next->begin;
    // Behind the last line of the section that is not blank.
    const std::string_view inside = text.substr(section->end, end - section->end);
    const std::size_t last = inside.find_last_not_of(" \t\r\n");
    if (last == std::string_view::npos) {
        const std::string_view heading = text.substr(0, section->end);
        return core::cat(heading, heading.ends_with('\n') ? "\n" : "\n\n", item, next == note.headings.end() ? "" : "\n", text.substr(end));
    }
    const std::size_t line_end = std::min(inside.find('\n', last), inside.size());
    const std::string_view before = text.substr(0, section->end + line_end);
    std::string_view after = text.substr(section->end + line_end);
    if (after.starts_with('\n')) { after.remove_prefix(1); }
    return core::cat(before, '\n', item, after);
}

core::Result<CreatedNote> create_note(const std::string& root, const std::string& lock, const NewNote& wanted, core::Timestamp now) {
    const KindInfo& kind = info_of(wanted.kind);
    if (!os::is_dir(os::join_path(root, "kb"))) { return core::Error(core::Errc::not_found, core::cat("there is no knowledge base in ", root, ": `runlake install` makes one")); }
    RL_ASSIGN(const std::unique_ptr<os::Lease> held, lock_notes(lock));
    const Graph graph = read_graph(root);
    RL_TRY(check_words(graph, wanted));
    RL_ASSIGN(const Parents parents, find_parents(graph, wanted));
    RL_ASSIGN(const std::string id, choose_id(root, kind, wanted.id));

    std::string text = filled(template_of(wanted.kind), {{"{ARTIFACT_ID}", id},
                                                         {"{TITLE}", std::string(core::trim(wanted.title))},
                                                         {"{DASH}", std::string(k_long_dash)},
                                                         {"{DATE}", date_of(now)},
                                                         {"{HYPOTHESIS_ID}", parents.hypothesis},
                                                         {"{EXPERIMENT_ID}", parents.experiment},
                                                         {"{THREAD_ID}", parents.thread},
                                                         {"{IMPACT}", wanted.impact},
                                                         {"{LINKS_BLOCK}", links_block(parents, wanted.links)}});
    CreatedNote created{.id = id, .path = core::cat("kb/", kind.folder, '/', id, '-', slug_of(wanted.title), ".md"), .linked_from = {}};
    std::vector<Change> changes;
    for (const Note* parent : parents.notes) {
        RL_ASSIGN(std::string before, read_text(root, parent->path));
        std::string after = with_link(before, *parent, id);
        if (after == before) { continue; }
        created.linked_from.push_back(parent->path);
        changes.push_back({parent->path, std::move(before), std::move(after), mode_of(os::join_path(root, parent->path))});
    }

    const std::string whole = os::join_path(root, created.path);
    RL_TRY(os::make_dirs(os::parent_path(whole), 0755, os::point::kb_note_write));
    RL_TRY(os::publish_file(whole, text, 0644, os::Existing::keep, os::Durability::power, os::point::kb_note_write));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        core::Status done = replace(root, changes[i], changes[i].after, os::point::kb_link_write);
        if (done.ok()) { continue; }
        // As it was before. What can't even be put back is named by `validate`.
        for (std::size_t k = 0; k < i; ++k) { (void)replace(root, changes[k], changes[k].before, os::point::kb_note_undo).ok(); }
        (void)os::remove_file(whole, os::point::kb_note_undo).ok();
        return std::move(done).take_error().context(core::cat("linking ", changes[i].path, " to ", id));
    }
    return created;
}

namespace {

// The front matter with a field set in place. Nothing when it is written over several lines, or not at the beginning of one.
std::optional<std::string> with_field(std::string_view text, const jobs::FrontMatter& front, std::string_view name, std::string_view value) {
    const std::size_t body = text.size() - front.body.size();
    const auto at = front.yaml.positions.find(core::cat('/', name));
    if (at == front.yaml.positions.end()) {
        const std::size_t closing = text.rfind("---", body - 1);
        if (closing == std::string_view::npos) { return std::nullopt; }
        return core::cat(text.substr(0, closing), name, ": ", value, '\n', text.substr(closing));
    }
    std::size_t begin = 0;
    for (int line = 1; line < at->second.line; ++line) { begin = text.find('\n', begin) + 1; }
    const std::string_view rest = text.substr(begin, body - begin);
    const std::size_t end = rest.find('\n');
    if (!rest.starts_with(core::cat(name, ':')) || end == std::string_view::npos) { return std::nullopt; }
    const std::string_view following = rest.substr(end + 1);
    if (following.starts_with(' ') || following.starts_with('\t') || following.starts_with("- ")) { return std::nullopt; }
    const bool crlf = rest.substr(0, end).ends_with('\r');
    return core::cat(text.substr(0, begin), name, ": ", value, crlf ? "\r" : "", rest.substr(end), text.substr(body));
}

// The block-quote line "> **Status**: ..." with another value, where there is one.
std::string with_quote(std::string_view text, std::string_view name, std::string_view value) {
    const std::string start = core::cat("> **", name, "**:");
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        if (line.starts_with(start)) { return core::cat(text.substr(0, begin), start, ' ', value, line.ends_with('\r') ? "\r" : "", text.substr(end)); }
        begin = end + 1;
    }
    return std::string(text);
}

std::string with_section(std::string_view text, const Note& note, std::string_view name, std::string_view content) {
    const auto section = std::ranges::find_if(note.headings, [&](const Heading& heading) { return heading.level == 2 && heading.text == name; });
    const std::string block = core::cat('\n', core::trim(content), '\n');
    if (section == note.headings.end()) { return core::cat(text, text.ends_with('\n') ? "" : "\n", "\n## ", name, '\n', block); }
    const auto next = std::find_if(section + 1, note.headings.end(), [](const Heading& heading) { return heading.level <= 2; });
    const std::size_t end = next == note.headings.end() ? text.size() : next->begin;
    const std::string_view before = text.substr(0, section->end);
    return core::cat(before, before.ends_with('\n') ? "" : "\n", block, next == note.headings.end() ? "" : "\n", text.substr(end));
}

core::Result<std::string> status_for(const CloseNote& wanted, const KindInfo& kind) {
    if (wanted.status) {
        const std::string_view word = *wanted.status;
        const bool plain = !word.empty() && word.size() <= 40 && std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; });
        if (!plain) { return core::Error(core::Errc::usage, "a status is a word in capitals: CLOSED, PROMOTED, CONFIRMED, REJECTED, COMPLETED, FAILED"); }
        return *wanted.status;
    }
    if (kind.kind == NoteKind::thread) { return std::string("CLOSED"); }
    if (kind.kind == NoteKind::experiment) { return std::string("COMPLETED"); }
    return core::Error(core::Errc::usage, "how did it end? Say --as CONFIRMED or --as REJECTED");
}

}  // namespace

core::Result<ClosedNote> close_note(const std::string& root, const std::string& lock, const CloseNote& wanted, core::Timestamp now) {
    const KindInfo* kind = kind_of_id(wanted.id);
    const bool can_close = kind != nullptr && (kind->kind == NoteKind::thread || kind->kind == NoteKind::hypothesis || kind->kind == NoteKind::experiment);
    if (!can_close) { return core::Error(core::Errc::usage, core::cat('"', core::cut_utf8(wanted.id, 40), "\" is no id of a thread, hypothesis or experiment: others are not closed")); }
    RL_ASSIGN(const std::string status, status_for(wanted, *kind));
    RL_ASSIGN(const std::unique_ptr<os::Lease> held, lock_notes(lock));
    const Graph graph = read_graph(root);
    RL_ASSIGN(const Note* note, parent_of(graph, wanted.id, kind->kind));
    RL_ASSIGN(const std::string before, read_text(root, note->path));

    // One change after the other, each on what the last one made of the text.
    std::string text = before;
    std::vector<std::pair<std::string, std::string>> fields = {{"status", status}, {"last_updated", core::cat('"', date_of(now), '"')}};
    if (kind->kind == NoteKind::experiment) { fields.emplace_back("completed", core::cat('"', date_of(now), '"')); }
    for (const auto& [name, value] : fields) {
        RL_ASSIGN(const auto front, jobs::read_front_matter(text, note->path));
        if (!front) { break; }
        std::optional<std::string> changed = with_field(text, *front, name, value);
        if (!changed) { return core::Error(core::Errc::conflict, core::cat("closing ", wanted.id, ": `", name, "` in ", note->path, " is not written as one line, so it can't be changed in place: change it by hand")); }
        text = *std::move(changed);
    }
    text = with_quote(text, "Status", status);
    if (wanted.conclusion) {
        const Note again = read_note(text, note->path, *kind, note->id);
        text = with_section(text, again, kind->kind == NoteKind::experiment ? "Outcome Summary" : "Conclusion", *wanted.conclusion);
    }
    const Note after = read_note(text, note->path, *kind, note->id);
    if (after.damage || after.meta_text("status") != status) { return core::Error(core::Errc::conflict, core::cat("closing ", wanted.id, ": ", note->path, " is written in a way that can't be changed in place: change it by hand")); }
    RL_TRY(os::publish_file(os::join_path(root, note->path), text, mode_of(os::join_path(root, note->path)), os::Existing::replace, os::Durability::power, os::point::kb_close_write));
    return ClosedNote{note->id, note->path, status};
}

}  // namespace runlake::kb
