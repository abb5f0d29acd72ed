// SPDX-License-Identifier: Apache-2.0
#include "lake/known.hpp"

#include <array>
#include <charconv>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::Result;

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

bool KnownFile::is_same(const os::Stamp& stamp) const {
    return size == signed_of(stamp.size) && mtime_ns == stamp.mtime_ns && ctime_ns == stamp.ctime_ns && inode == signed_of(stamp.inode);
}

std::string plain_path(std::string_view rel_path) {
    constexpr std::string_view k_gz = ".gz";
    return std::string(rel_path.ends_with(k_gz) ? rel_path.substr(0, rel_path.size() - k_gz.size()) : rel_path);
}

Result<std::vector<LogRoot>> known_roots(sql::Connection& connection) {
    std::vector<LogRoot> roots;
    RL_ASSIGN(auto rows, connection.query("SELECT root_path, root_id FROM log_roots ORDER BY root_path"));
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return roots; }
        roots.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
    }
}

Result<KnownUnits> known_units(sql::Connection& connection) {
    KnownUnits units;
    RL_ASSIGN(auto statement, connection.prepare("SELECT unit_key, dir, root_id, rel_dir, stamps_digest, is_settled, source FROM lake_units"));
    RL_ASSIGN(auto rows, statement.stream());
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return units; }
        units.emplace(rows.text(0), KnownUnit{.source = std::string(rows.text(6)),
                                              .dir = std::string(rows.text(1)),
                                              .root_id = std::string(rows.text(2)),
                                              .rel_dir = std::string(rows.text(3)),
                                              .stamps_digest = std::string(rows.text(4)),
                                              .is_settled = rows.boolean(5)});
    }
}

Result<std::unordered_map<std::string, KnownContent>> known_content(sql::Connection& connection, const std::vector<std::string>& keys) {
    std::unordered_map<std::string, KnownContent> contents;
    if (keys.empty()) { return contents; }
    RL_TRY(connection.run("CREATE OR REPLACE TEMP TABLE wanted_units (unit_key VARCHAR)"));
    {
        RL_ASSIGN(auto appender, sql::Appender::open(connection, "wanted_units", "temp"));
        for (const auto& key : keys) {
            appender.set(0, key);
            RL_TRY(appender.end_row());
        }
        RL_TRY(appender.close());
    }
    {
        RL_ASSIGN(auto statement, connection.prepare("SELECT unit_key, rel_path, sha256, bytes, mtime_ns, ctime_ns, inode FROM lake_files SEMI JOIN wanted_units USING (unit_key)"));
        RL_ASSIGN(auto rows, statement.stream());
        for (;;) {
            RL_ASSIGN(const bool more, rows.next());
            if (!more) { break; }
            contents[std::string(rows.text(0))].files.emplace(
                rows.text(1), KnownFile{rows.text_if(2).value_or(""), rows.integer(3), rows.integer(4), rows.integer(5), rows.integer(6)});
        }
    }
    RL_ASSIGN(auto statement, connection.prepare("SELECT run_key, rel_path, extractor, sha256, parse_ok, extracted_at FROM artifact_extract_state s SEMI JOIN wanted_units w ON "
                                                 "s.run_key = w.unit_key"));
    RL_ASSIGN(auto rows, statement.stream());
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        std::string rel_path(rows.text(1));
        const std::pair<std::string, std::string> key(rows.text(2), plain_path(rel_path));
        contents[std::string(rows.text(0))].states.emplace(key, KnownState{std::move(rel_path), rows.text_if(3).value_or(""), rows.boolean(4), rows.time(5)});
    }
    return contents;
}

std::string stamp_text(const os::Stamp& stamp) {
    std::string text;
    std::array<char, 24> digits;
    text.reserve(4 * digits.size());
    const auto append = [&](auto number) { text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr); };
    append(stamp.size);
    text += ' ';
    append(stamp.mtime_ns);
    text += ' ';
    append(stamp.ctime_ns);
    text += ' ';
    append(stamp.inode);
    return text;
}

std::string stamps_digest(const UnitFiles& files) {
    core::Sha256 hash;
    std::string line;
    for (const auto& offer : files.offers) {
        for (const auto& form : offer.forms) {
            line = form.file.rel_path;
            line += '\0';
            line += stamp_text(form.stamp);
            line += '\n';
            hash.update(line);
        }
    }
    for (const auto& folder : files.unreadable) { hash.update(core::cat("?", folder.rel_path, std::string_view("\0", 1), folder.why, '\n')); }
    return hash.finish().hex().substr(0, 32);
}

}  // namespace runlake::lake
