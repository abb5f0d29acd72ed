// SPDX-License-Identifier: Apache-2.0
// A line a file; the last line counts and checks them, so that a torn manifest is none.
#include "sync/manifest.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "sync/names.hpp"

namespace runlake::sync {
namespace {

constexpr std::string_view k_begin = "runlake-sync/";
constexpr std::int64_t k_version = 1;

std::string_view kind_name(ManifestKind kind) { return kind == ManifestKind::segment ? "segment" : "own"; }

std::string checksum(std::string_view text) {
    const std::uint32_t crc = core::crc32(text);
    const std::uint8_t bytes[4] = {static_cast<std::uint8_t>(crc >> 24U), static_cast<std::uint8_t>(crc >> 16U), static_cast<std::uint8_t>(crc >> 8U), static_cast<std::uint8_t>(crc)};
    return core::to_hex(bytes);
}

// Takes the words of a line one after another.
class Words {
  public:
    explicit Words(std::string_view line) : rest_(line) {}

    std::string_view next() {
        const std::size_t end = rest_.find(' ');
        const std::string_view word = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
        return word;
    }
    template <class Number>
    bool number(Number& into) {
        const std::string_view word = next();
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into);
        return error == std::errc() && end == word.data() + word.size() && !word.empty();
    }
    std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
};

std::optional<Entry> parse_entry(std::string_view line, ManifestKind kind) {
    Words words(line);
    const std::string_view mark = words.next();
    if (mark != "=" && mark != ">") { return std::nullopt; }
    const core::Result<core::Digest> digest = core::Digest::parse(words.next());
    if (!digest.ok()) { return std::nullopt; }
    Entry entry{.path = {}, .digest = digest.value(), .planned = mark == ">"};
    if (!words.number(entry.bytes) || !words.number(entry.mtime_ns)) { return std::nullopt; }
    if (kind == ManifestKind::own && (!words.number(entry.ctime_ns) || !words.number(entry.inode) || !words.number(entry.device) || !words.number(entry.read_at_ns))) { return std::nullopt; }
    std::optional<std::string> path = unescape_name(words.rest());
    if (!path || !is_safe_path(*path)) { return std::nullopt; }
    entry.path = std::move(*path);
    return entry;
}

}  // namespace

std::string write_manifest(const Manifest& manifest) {
    std::string out = core::cat(k_begin, k_version, ' ', kind_name(manifest.kind), ' ', manifest.writer, '\n');
    for (const Entry& entry : manifest.entries) {
        out += core::cat(entry.planned ? "> " : "= ", entry.digest.hex(), ' ', entry.bytes, ' ', entry.mtime_ns, ' ');
        if (manifest.kind == ManifestKind::own) { out += core::cat(entry.ctime_ns, ' ', entry.inode, ' ', entry.device, ' ', entry.read_at_ns, ' '); }
        out += escape_name(entry.path);
        out += '\n';
    }
    out += core::cat("end ", manifest.entries.size(), ' ', checksum(out), '\n');
    return out;
}

core::Result<Manifest> parse_manifest(std::string_view text, std::string_view what) {
    const auto corrupt = [&](std::string_view why) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": ", why)); };
    if (!text.starts_with(k_begin) || !text.ends_with('\n')) { return corrupt("it is no manifest, or cut off"); }
    Words head(text.substr(k_begin.size(), text.find('\n') - k_begin.size()));
    std::int64_t version = 0;
    if (!head.number(version) || version < 1) { return corrupt("its first line has no version"); }
    if (version > k_version) { return core::Error(core::Errc::unsupported, core::cat("reading ", what, ": version ", version, " is newer than this program's, ", k_version)); }
    Manifest manifest;
    const std::string_view kind = head.next();
    if (kind != "segment" && kind != "own") { return corrupt("its first line has no kind"); }
    manifest.kind = kind == "own" ? ManifestKind::own : ManifestKind::segment;
    manifest.writer = head.rest();

    const std::size_t last = text.substr(0, text.size() - 1).rfind('\n');
    if (last == std::string_view::npos) { return corrupt("it is cut off"); }
    const std::string_view checked = text.substr(0, last + 1);
    Words tail(text.substr(last + 1, text.size() - last - 2));
    std::uint64_t count = 0;
    if (tail.next() != "end" || !tail.number(count)) { return corrupt("it is cut off"); }
    if (tail.rest() != checksum(checked)) { return corrupt("its checksum is another"); }
    for (std::string_view rest = checked.substr(checked.find('\n') + 1); !rest.empty();) {
        const std::size_t end = rest.find('\n');
        std::optional<Entry> entry = parse_entry(rest.substr(0, end), manifest.kind);
        if (!entry) { return corrupt(core::cat("entry ", manifest.entries.size() + 1, " is none")); }
        manifest.entries.push_back(std::move(*entry));
        rest.remove_prefix(end + 1);
    }
    if (manifest.entries.size() != count) { return corrupt("it has another number of entries than it says"); }
    return manifest;
}

}  // namespace runlake::sync
