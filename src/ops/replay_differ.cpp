// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_differ.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/parquet_difference.hpp"
#include "os/files.hpp"
#include "replay/files.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Json;

constexpr std::uint64_t k_most_bytes = 256U << 20U;
constexpr std::size_t k_shown = 60;

std::string shown(std::string_view text) { return std::string(core::cut_utf8(core::valid_utf8(text), k_shown)); }
std::string shown_json(const Json& value) { return shown(core::to_json(value)); }

std::string both(std::string_view a, std::string_view b) { return cat(shown(a), " and ", shown(b)); }

// --- JSON ---------------------------------------------------------------------------------------------------------------------------------

std::string pointer_part(std::string_view name) {
    std::string out;
    for (const char c : name) { out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c); }
    return out;
}

std::optional<std::string> json_difference(const Json& a, const Json& b, const std::string& at) {
    if (a == b) { return std::nullopt; }
    if (const auto *left = a.as_object(), *right = b.as_object(); left != nullptr && right != nullptr) {
        for (const auto& [name, value] : *left) {
            const std::string here = cat(at, '/', pointer_part(name));
            const Json* other = b.find(name);
            if (other == nullptr) { return cat("key ", here, " is only in the first"); }
            if (auto found = json_difference(value, *other, here)) { return found; }
        }
        for (const auto& [name, value] : *right) {
            if (a.find(name) == nullptr) { return cat("key ", at, '/', pointer_part(name), " is only in the second"); }
        }
        return cat("the order of the keys at ", at.empty() ? "the top" : at);
    }
    if (const auto *left = a.as_array(), *right = b.as_array(); left != nullptr && right != nullptr) {
        for (std::size_t i = 0; i < std::min(left->size(), right->size()); ++i) {
            if (auto found = json_difference((*left)[i], (*right)[i], cat(at, '/', i))) { return found; }
        }
        return cat("the list at ", at.empty() ? "the top" : at, " has ", left->size(), " and ", right->size(), " entries");
    }
    return cat("key ", at.empty() ? "/" : at, ": ", shown_json(a), " and ", shown_json(b));
}

std::optional<std::string> json_difference(std::string_view a, std::string_view b) {
    const auto left = core::parse_json(a, "the first");
    const auto right = core::parse_json(b, "the second");
    return left.ok() && right.ok() ? json_difference(left.value(), right.value(), "") : std::nullopt;
}

// --- CSV ----------------------------------------------------------------------------------------------------------------------------------

// The fields of the record that begins at `at`, which is moved behind it. Quotes may hold separators and line ends.
std::vector<std::string> next_record(std::string_view text, std::size_t& at, char separator) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (at + 1 < text.size() && text[at + 1] == '"') {
                fields.back() += '"';
                ++at;
            } else {
                quoted = false;
            }
        } else if (c == '"' && fields.back().empty()) {
            quoted = true;
        } else if (c == separator) {
            fields.emplace_back();
        } else if (c == '\n') {
            ++at;
            break;
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    return fields;
}

std::optional<std::string> csv_difference(std::string_view a, std::string_view b, char separator) {
    std::size_t left_at = 0;
    std::size_t right_at = 0;
    const std::vector<std::string> head = next_record(a, left_at, separator);
    const std::vector<std::string> other_head = next_record(b, right_at, separator);
    for (std::size_t i = 0; i < std::min(head.size(), other_head.size()); ++i) {
        if (head[i] != other_head[i]) { return cat("column ", i + 1, " of the head: ", both(head[i], other_head[i])); }
    }
    if (head.size() != other_head.size()) { return cat("the head has ", head.size(), " and ", other_head.size(), " columns"); }
    for (std::size_t row = 1; left_at < a.size() || right_at < b.size(); ++row) {
        if (left_at >= a.size() || right_at >= b.size()) { return cat("row ", row, " is only in the ", left_at < a.size() ? "first" : "second"); }
        const std::vector<std::string> left = next_record(a, left_at, separator);
        const std::vector<std::string> right = next_record(b, right_at, separator);
        for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
            if (left[i] == right[i]) { continue; }
            return cat("row ", row, ", column ", i < head.size() ? shown(head[i]) : std::to_string(i + 1), ": ", both(left[i], right[i]));
        }
        if (left.size() != right.size()) { return cat("row ", row, " has ", left.size(), " and ", right.size(), " fields"); }
    }
    return std::nullopt;
}

// --- bytes, folders -----------------------------------------------------------------------------------------------------------------------

std::string byte_difference(std::string_view a, std::string_view b) {
    const auto [left, right] = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
    const auto at = static_cast<std::size_t>(left - a.begin());
    return a.size() == b.size() ? cat("byte ", at, " of ", a.size()) : cat("byte ", at, "; they have ", a.size(), " and ", b.size());
}

std::optional<std::string> folder_difference(const std::string& name, const std::string& a, const std::string& b) {
    const auto left = os::list_dir(a);
    const auto right = os::list_dir(b);
    if (!left.ok() || !right.ok()) { return std::nullopt; }
    const auto has = [](const std::vector<os::DirEntry>& entries, const std::string& wanted) {
        return std::ranges::any_of(entries, [&](const os::DirEntry& entry) { return entry.name == wanted; });
    };
    for (const os::DirEntry& entry : left.value()) {
        const std::string inner = os::join_path(name, entry.name);
        if (!has(right.value(), entry.name)) { return cat(inner, " is only in the first"); }
        if (auto found = file_difference(inner, os::join_path(a, entry.name), os::join_path(b, entry.name))) { return os::is_dir(os::join_path(a, entry.name)) ? found : cat(inner, ": ", *found); }
    }
    for (const os::DirEntry& entry : right.value()) {
        if (!has(left.value(), entry.name)) { return cat(os::join_path(name, entry.name), " is only in the second"); }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> file_difference(const std::string& name, const std::string& a, const std::string& b) {
    if (os::is_dir(a) && os::is_dir(b)) { return folder_difference(name, a, b); }
    const auto left = os::read_file(a, k_most_bytes);
    const auto right = os::read_file(b, k_most_bytes);
    if (!left.ok() || !right.ok()) { return std::nullopt; }
    if (left.value() == right.value()) { return std::nullopt; }
    const std::string lower = core::lower_ascii(name);
    std::optional<std::string> found;
    if (lower.ends_with(".json")) { found = json_difference(left.value(), right.value()); }
    if (lower.ends_with(".csv")) { found = csv_difference(left.value(), right.value(), ','); }
    if (lower.ends_with(".tsv")) { found = csv_difference(left.value(), right.value(), '\t'); }
    if (lower.ends_with(".parquet")) { found = lake::parquet_difference(a, b).value_or(std::nullopt); }
    return found ? found : byte_difference(left.value(), right.value());
}

std::optional<std::string> first_difference(const CellReplays& replays, const std::vector<std::string>& paths) {
    if (paths.empty() || replays.folders.empty()) { return std::nullopt; }
    const std::string& path = paths.front();
    const auto digest_of = [&](std::size_t replica) -> std::optional<std::string> {
        for (const replay::FileDigest& file : replays.outcomes[replica].artifacts) {
            if (file.path == path) { return file.digest; }
        }
        return std::nullopt;
    };
    const auto kept = [&](std::size_t replica) { return os::join_path(replays.folders[replica] + "/artifacts", replay::safe_name(path)); };
    for (std::size_t replica = 1; replica < replays.folders.size(); ++replica) {
        if (digest_of(replica) == digest_of(0)) { continue; }
        const auto found = file_difference(path, kept(0), kept(replica));
        if (!found) { return path; }
        return os::is_dir(kept(0)) ? found : cat(path, ": ", *found);
    }
    return std::nullopt;
}

}  // namespace runlake::ops
