// SPDX-License-Identifier: Apache-2.0
#include "ledger/pack.hpp"

#include "core/digest.hpp"
#include "core/gzip.hpp"
#include "core/text.hpp"
#include "ledger/members.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Json;

PackFile close_pack(std::size_t count, std::string_view lines) {
    std::string text = cat("{\"schema\":\"", k_pack_schema, "\",\"entries\":", count, "}\n");
    text += lines;
    PackFile file{.name = {}, .bytes = core::gzip(text)};
    file.name = cat(core::sha256(file.bytes).hex(), k_pack_ending);
    return file;
}

// Where the object that begins at `at` ends (behind its brace), by counting braces outside of strings; npos when it does not.
std::size_t object_end(std::string_view text, std::size_t at) {
    int depth = 0;
    bool inside = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (inside) {
            if (c == '\\') {
                ++at;
            } else if (c == '"') {
                inside = false;
            }
        } else if (c == '"') {
            inside = true;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

bool take(std::string_view& rest, std::string_view wanted) {
    if (!rest.starts_with(wanted)) { return false; }
    rest.remove_prefix(wanted.size());
    return true;
}

bool take_object(std::string_view& rest, std::string_view& object) {
    if (!rest.starts_with('{')) { return false; }
    const std::size_t end = object_end(rest, 0);
    if (end == std::string_view::npos) { return false; }
    object = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
}

bool parse_line(std::string_view line, PackedEntry& entry) {
    if (!take(line, "{\"id\":\"")) { return false; }
    const std::size_t end = line.find('"');
    if (end == std::string_view::npos) { return false; }
    entry.id = line.substr(0, end);
    line.remove_prefix(end);
    if (!take(line, "\",\"entry\":") || !take_object(line, entry.entry)) { return false; }
    if (take(line, ",\"extra\":") && !take_object(line, entry.extra)) { return false; }
    return line == "}";
}

}  // namespace

std::vector<PackFile> make_packs(const std::vector<PackedEntry>& entries) {
    std::vector<PackFile> files;
    std::string lines;
    std::size_t count = 0;
    for (const PackedEntry& entry : entries) {
        const std::size_t size = entry.entry.size() + entry.extra.size() + 128;
        if (count == k_most_in_pack || (count > 0 && lines.size() + size > k_most_pack_bytes)) {
            files.push_back(close_pack(count, lines));
            lines.clear();
            count = 0;
        }
        lines.append("{\"id\":\"").append(entry.id).append("\",\"entry\":").append(entry.entry);
        if (!entry.extra.empty()) { lines.append(",\"extra\":").append(entry.extra); }
        lines.append("}\n");
        ++count;
    }
    if (count > 0) { files.push_back(close_pack(count, lines)); }
    return files;
}

core::Result<std::string> unpack(std::string_view name, std::string_view bytes) {
    if (name != cat(core::sha256(bytes).hex(), k_pack_ending)) {
        return corrupt("its name is not the digest of its bytes: it was edited or damaged; bring it back with `git checkout -- FILE`");
    }
    return core::gunzip(bytes, 2 * k_most_pack_bytes);
}

core::Result<std::vector<PackedEntry>> read_pack(std::string_view text) {
    const std::size_t first = text.find('\n');
    if (first == std::string_view::npos) { return corrupt("its first line is missing"); }
    RL_ASSIGN(const Json head, core::parse_json(text.substr(0, first), "its first line"));
    RL_TRY(check_named_schema(head, k_pack_schema));
    RL_ASSIGN(const std::optional<std::int64_t> count, Members(head).integer("entries"));
    text.remove_prefix(first + 1);
    std::vector<PackedEntry> entries;
    if (count && *count > 0) { entries.reserve(std::min<std::size_t>(static_cast<std::size_t>(*count), text.size() / 16)); }
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        PackedEntry entry;
        if (end == std::string_view::npos || !parse_line(text.substr(0, end), entry)) { return corrupt(cat("line ", entries.size() + 2, " is no entry")); }
        if (!entries.empty() && entry.id <= entries.back().id) { return corrupt(cat("line ", entries.size() + 2, " is not in the order of ids")); }
        entries.push_back(entry);
        text.remove_prefix(end + 1);
    }
    if (!count || static_cast<std::uint64_t>(*count) != entries.size()) { return corrupt("it holds another number of entries than it says"); }
    return entries;
}

}  // namespace runlake::ledger
