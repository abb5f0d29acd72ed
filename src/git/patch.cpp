// SPDX-License-Identifier: Apache-2.0
// Writes the difference between a commit and a work tree as a patch for `git apply`. Format: docs/formats/fingerprints.md, "Patches".
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <span>
#include <utility>

#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"
#include "git/tree_parts.hpp"

namespace runlake::git {
namespace {

constexpr std::string_view k_no_id = "0000000000000000000000000000000000000000";
constexpr std::string_view k_no_newline = "\\ No newline at end of file\n";

std::string_view mode_of(ContentKind kind) {
    return kind == ContentKind::executable ? "100755" : kind == ContentKind::link ? "120000" : "100644";
}

// A name as git writes it in headers: quoted when a reader could take it for something else.
std::string quoted(std::string_view prefix, std::string_view path) {
    std::string out = core::cat('"', prefix);
    bool needed = false;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
            needed = true;
        } else if (byte < 0x20 || byte >= 0x7f) {
            std::array<char, 5> octal{};
            std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(byte));
            out += octal.data();
            needed = true;
        } else {
            out += c;
        }
    }
    return needed ? out + '"' : core::cat(prefix, path);
}

bool is_text(std::string_view bytes) { return bytes.find('\0') == std::string_view::npos; }

// One hunk's lines, each with its sign and newline; a last line without one is followed by git's remark.
struct Hunk {
    int old_start = 0;
    int old_lines = 0;
    int new_start = 0;
    int new_lines = 0;
    std::string body;
};

// Collects added lines that follow each other, because a secret (a private key) may span several.
class Additions {
  public:
    explicit Additions(bool& redacted) : redacted_(redacted) {}
    void add(std::string_view line) { text_ += line; }
    // Gives the lines to the hunk, redacted and counted anew.
    void flush(Hunk& hunk, bool drop_last_newline) {
        if (text_.empty()) { return; }
        std::string clean = core::redact_text(text_);
        redacted_ = redacted_ || clean != text_;
        std::string_view rest = clean;
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            const bool whole = end != std::string_view::npos;
            const std::string_view line = rest.substr(0, whole ? end : rest.size());
            rest.remove_prefix(whole ? end + 1 : rest.size());
            hunk.body += core::cat('+', line, '\n');
            ++hunk.new_lines;
        }
        if (drop_last_newline) { hunk.body += k_no_newline; }
        text_.clear();
    }

  private:
    bool& redacted_;
    std::string text_;
};

core::Result<Hunk> read_hunk(git_patch* patch, std::size_t index, bool& redacted) {
    const git_diff_hunk* raw = nullptr;
    std::size_t lines = 0;
    if (library().patch_get_hunk(&raw, &lines, patch, index) != 0) { return last_error("comparing texts"); }
    Hunk hunk{.old_start = raw->old_start, .old_lines = 0, .new_start = raw->new_start, .new_lines = 0, .body = ""};
    Additions additions(redacted);
    for (std::size_t i = 0; i < lines; ++i) {
        const git_diff_line* line = nullptr;
        if (library().patch_get_line_in_hunk(&line, patch, index, i) != 0) { return last_error("comparing texts"); }
        const std::string_view text(line->content, line->content_len);
        const std::string_view bare = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
        switch (line->origin) {
            case GIT_DIFF_LINE_ADDITION: additions.add(text); break;
            // libgit2 says after a line that its side has no newline at the end.
            case GIT_DIFF_LINE_DEL_EOFNL: additions.flush(hunk, true); break;
            case GIT_DIFF_LINE_ADD_EOFNL:
            case GIT_DIFF_LINE_CONTEXT_EOFNL:
                additions.flush(hunk, false);
                hunk.body += k_no_newline;
                break;
            case GIT_DIFF_LINE_CONTEXT:
            case GIT_DIFF_LINE_DELETION:
                additions.flush(hunk, false);
                hunk.body += core::cat(line->origin, bare, '\n');
                ++hunk.old_lines;
                if (line->origin == GIT_DIFF_LINE_CONTEXT) { ++hunk.new_lines; }
                break;
            default: break;
        }
    }
    additions.flush(hunk, false);
    return hunk;
}

// What stands in a patch about one path, and what had to stay out.
struct Section {
    std::string text;
    bool redacted = false;
    std::string left_out;   // why, or ""
};

class PatchWriter {
  public:
    PatchWriter(git_repository* repository, const TreeOptions& options) : repository_(repository), options_(options) {}

    core::Result<Section> section(const Change& change) const {
        if (change.after == ContentKind::repository || change.before == ContentKind::repository) { return left_out("a repository of its own"); }
        std::string before;
        if (change.before != ContentKind::deleted) {
            git_blob* raw = nullptr;
            if (library().blob_lookup(&raw, repository_, &change.before_id) != 0) { return left_out("the committed content can't be read"); }
            const BlobHandle blob(raw);
            if (static_cast<std::uint64_t>(library().blob_rawsize(raw)) > options_.patch_file_bytes) { return left_out("the committed text is too large"); }
            before.assign(static_cast<const char*>(library().blob_rawcontent(raw)), static_cast<std::size_t>(library().blob_rawsize(raw)));
        }
        if (change.after != ContentKind::deleted && !change.text) { return left_out("too large"); }
        const std::string_view after = change.text ? std::string_view(*change.text) : std::string_view();
        if (!is_text(before) || !is_text(after)) { return left_out("not text"); }
        const bool type_changes = change.before != ContentKind::deleted && change.after != ContentKind::deleted &&
                                  (change.before == ContentKind::link) != (change.after == ContentKind::link);
        Section section;
        if (type_changes) {  // git apply wants these as a removal and a creation
            RL_TRY(append(section, change.path, change.before, ContentKind::deleted, hex_of(change.before_id), before, ""));
            RL_TRY(append(section, change.path, ContentKind::deleted, change.after, std::string(k_no_id), "", after));
        } else {
            const bool added = change.before == ContentKind::deleted;
            RL_TRY(append(section, change.path, change.before, change.after, added ? std::string(k_no_id) : hex_of(change.before_id), before, after));
        }
        return section;
    }

  private:
    static Section left_out(std::string reason) { return Section{.text = "", .redacted = false, .left_out = std::move(reason)}; }

    static core::Status append(Section& section, const std::string& path, ContentKind before, ContentKind after, const std::string& before_id,
                               std::string_view old_text, std::string_view new_text) {
        git_oid after_id{};
        if (library().odb_hash(&after_id, new_text.data(), new_text.size(), GIT_OBJECT_BLOB) != 0) { return last_error("hashing a text"); }
        std::string& out = section.text;
        out += core::cat("diff --git ", quoted("a/", path), ' ', quoted("b/", path), '\n');
        if (before == ContentKind::deleted) {
            out += core::cat("new file mode ", mode_of(after), '\n');
        } else if (after == ContentKind::deleted) {
            out += core::cat("deleted file mode ", mode_of(before), '\n');
        } else if (mode_of(before) != mode_of(after)) {
            out += core::cat("old mode ", mode_of(before), "\nnew mode ", mode_of(after), '\n');
        }
        if (old_text == new_text) { return core::ok(); }

        git_diff_options options{};
        if (library().diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION) != 0) { return last_error("comparing texts"); }
        options.flags |= GIT_DIFF_FORCE_TEXT;
        git_patch* raw = nullptr;
        if (library().patch_from_buffers(&raw, old_text.data(), old_text.size(), nullptr, new_text.data(), new_text.size(), nullptr, &options) != 0) {
            return last_error("comparing texts");
        }
        const PatchHandle patch(raw);
        std::string hunks;
        int shift = 0;  // redaction may take lines away, which moves the hunks after it
        bool redacted = false;
        for (std::size_t i = 0; i < library().patch_num_hunks(raw); ++i) {
            RL_ASSIGN(const Hunk hunk, read_hunk(raw, i, redacted));
            const git_diff_hunk* original = nullptr;
            if (library().patch_get_hunk(&original, nullptr, raw, i) != 0) { return last_error("comparing texts"); }
            hunks += core::cat("@@ -", hunk.old_start, ',', hunk.old_lines, " +", hunk.new_start + shift, ',', hunk.new_lines, " @@\n", hunk.body);
            shift += hunk.new_lines - original->new_lines;
        }
        // A redacted text has not the id of the real one: without an id nobody looks for it.
        if (!redacted) { out += core::cat("index ", before_id, "..", after == ContentKind::deleted ? std::string(k_no_id) : hex_of(after_id), '\n'); }
        section.redacted = section.redacted || redacted;
        const std::string_view tab = path.find(' ') != std::string::npos ? "\t" : "";
        out += core::cat("--- ", before == ContentKind::deleted ? "/dev/null" : quoted("a/", path), before == ContentKind::deleted ? "" : tab, '\n');
        out += core::cat("+++ ", after == ContentKind::deleted ? "/dev/null" : quoted("b/", path), after == ContentKind::deleted ? "" : tab, '\n');
        out += hunks;
        return core::ok();
    }

    git_repository* repository_;
    const TreeOptions& options_;
};

std::string left_out_line(const Change& change, std::string_view reason) {
    std::string line = "# left out: ";
    core::append_json_string(line, change.path);
    if (change.after == ContentKind::deleted) { return core::cat(line, " deleted: ", reason, '\n'); }
    if (change.after == ContentKind::repository) { return core::cat(line, " at ", change.repository_state, ": ", reason, '\n'); }
    return core::cat(line, ' ', change.bytes, " bytes, sha256 ", change.content ? change.content->hex() : "", ": ", reason, '\n');
}

}  // namespace

core::Result<std::string> make_patch(git_repository* repository, const std::string& commit, const core::Digest& digest, const std::vector<Change>& changes,
                                     const TreeOptions& options, const Budget& budget) {
    const PatchWriter writer(repository, options);
    std::string head = core::cat("# runlake patch 1\n# commit: ", commit, "\n# digest: ", digest.hex(), "\n# apply with: git apply, on that commit\n");
    std::string body;
    for (const Change& change : changes) {
        if (auto error = budget.over()) { return std::move(*error); }
        RL_ASSIGN(Section section, writer.section(change));
        if (section.left_out.empty() && body.size() + section.text.size() > options.patch_bytes) { section.left_out = "the patch is full"; }
        if (!section.left_out.empty()) {
            head += left_out_line(change, section.left_out);
            continue;
        }
        if (section.redacted) {
            head += "# redacted: ";
            core::append_json_string(head, change.path);
            head += '\n';
        }
        body += section.text;
    }
    return core::cat(head, '\n', body);
}

}  // namespace runlake::git
