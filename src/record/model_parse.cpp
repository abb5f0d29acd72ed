// SPDX-License-Identifier: Apache-2.0
// Reading payloads: one pass over the members, in whatever order they stand.
#include <charconv>
#include <limits>
#include <vector>

#include "core/text.hpp"
#include "record/json_text.hpp"
#include "record/model.hpp"

namespace runlake::record {
namespace {

using core::Errc;
using core::Error;
using core::Json;

constexpr int k_max_depth = 200;

bool read(JsonText& value, std::string& out) { return value.string(out); }
bool read(JsonText& value, std::int64_t& out) { return value.int64(out); }
bool read(JsonText& value, std::uint64_t& out) { return value.uint64(out); }
bool read(JsonText& value, bool& out) { return value.boolean(out); }

bool read(JsonText& value, int& out) {
    std::int64_t wide = 0;
    if (!read(value, wide) || wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max()) { return false; }
    out = static_cast<int>(wide);
    return true;
}

bool read(JsonText& value, double& out) {
    if (value.kind() == JsonText::Kind::number) { return value.float64(out); }
    std::string word;
    if (!value.string(word)) { return false; }
    if (word == "nan") {
        out = std::numeric_limits<double>::quiet_NaN();
    } else if (word == "inf" || word == "-inf") {
        out = word == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    } else {
        return false;
    }
    return true;
}

bool read(JsonText& value, core::Timestamp& out) { return read(value, out.micros); }

bool read(JsonText& value, std::optional<core::RunId>& out) {
    std::string text;
    if (!value.string(text)) { return false; }
    auto id = core::RunId::parse(text);
    if (!id.ok()) { return false; }
    out = id.value();
    return true;
}

bool read(JsonText& value, ErrorText& out);

template <class T>
bool read(JsonText& value, std::optional<T>& out) {
    T inner{};
    if (!read(value, inner)) { return false; }
    out = std::move(inner);
    return true;
}

bool read(JsonText& value, std::vector<std::string>& out) {
    out.clear();
    return value.each_element([&](JsonText& item) { return read(item, out.emplace_back()); });
}

bool is_digits(std::string_view token) {
    const auto digits = token.substr(token.starts_with('-') ? 1 : 0);
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool read_number(std::string_view token, Json& out) {
    const char* begin = token.data();
    const char* end = begin + token.size();
    if (is_digits(token)) {
        std::int64_t integer = 0;
        const auto parsed = std::from_chars(begin, end, integer);
        if (parsed.ec == std::errc() && parsed.ptr == end) {
            out = Json(integer);
        } else {
            out = Json(core::BigInteger{std::string(token)});
        }
        return true;
    }
    double real = 0;
    const auto parsed = std::from_chars(begin, end, real);
    if (parsed.ec != std::errc() || parsed.ptr != end) { return false; }
    out = Json(real);
    return true;
}

bool read_tree(JsonText& value, Json& out, int depth) {
    if (depth > k_max_depth) { return false; }
    switch (value.kind()) {
        case JsonText::Kind::object: {
            core::JsonObject members;
            const bool good = value.each_member([&](std::string_view key, JsonText& member) {
                auto& slot = members.emplace_back(std::string(key), Json());
                return read_tree(member, slot.second, depth + 1);
            });
            out = Json(std::move(members));
            return good;
        }
        case JsonText::Kind::array: {
            core::JsonArray items;
            const bool good = value.each_element([&](JsonText& item) { return read_tree(item, items.emplace_back(), depth + 1); });
            out = Json(std::move(items));
            return good;
        }
        case JsonText::Kind::number: {
            std::string_view token;
            return value.number(token) && read_number(token, out);
        }
        case JsonText::Kind::string: {
            std::string text;
            const bool good = value.string(text);
            out = Json(std::move(text));
            return good;
        }
        case JsonText::Kind::boolean: {
            bool flag = false;
            const bool good = value.boolean(flag);
            out = Json(flag);
            return good;
        }
        case JsonText::Kind::null: out = Json(); return value.null();
        case JsonText::Kind::other: return false;
    }
    return false;
}

bool read(JsonText& value, Json& out) { return read_tree(value, out, 0) && out.is_object(); }

bool read(JsonText& value, std::vector<std::pair<std::string, double>>& out) {
    out.clear();
    return value.each_member([&](std::string_view key, JsonText& member) {
        auto& slot = out.emplace_back(std::string(key), 0.0);
        return read(member, slot.second);
    });
}

bool read(JsonText& value, std::vector<Input>& out) {
    out.clear();
    return value.each_element([&](JsonText& item) {
        auto& input = out.emplace_back();
        bool has_path = false;
        const bool good = item.each_member([&](std::string_view key, JsonText& member) {
            if (key == "path") { return has_path = read(member, input.path); }
            if (key == "fingerprint") { return read(member, input.fingerprint); }
            if (key == "bytes") { return read(member, input.bytes); }
            return true;
        });
        return good && has_path;
    });
}

// Members that are missing keep what `out` had: a watched process leaves out what equals its recorder's.
bool read_process(JsonText& value, os::ProcessId& out) {
    bool has_pid = false;
    const bool good = value.each_member([&](std::string_view key, JsonText& member) {
        if (key == "machine") { return read(member, out.machine); }
        if (key == "boot") { return read(member, out.boot); }
        if (key == "pid_ns") { return read(member, out.pid_ns); }
        if (key == "pid") { return has_pid = read(member, out.pid); }
        if (key == "ticks") { return read(member, out.start_ticks); }
        return true;
    });
    return good && has_pid;
}

bool read(JsonText& value, ErrorText& out) {
    return value.each_member([&](std::string_view key, JsonText& member) {
        if (key == "head") { return read(member, out.head); }
        if (key == "bytes") { return read(member, out.whole_bytes); }
        if (key == "file") { return read(member, out.file); }
        return true;
    });
}

bool read(JsonText& value, RunState& out) {
    std::string word;
    if (!value.string(word)) { return false; }
    auto state = parse_state(word);
    if (!state.ok()) { return false; }
    out = state.value();
    return true;
}

// What became of a member: not of this group, read, or of a wrong type.
enum class Took : std::uint8_t { no, yes, wrong };
Took took(bool good) { return good ? Took::yes : Took::wrong; }

Took take_fact(std::string_view key, JsonText& value, Facts& facts) {
    if (key == "input_fingerprint") { return took(read(value, facts.input_fingerprint)); }
    if (key == "code_ref") { return took(read(value, facts.code_ref)); }
    if (key == "config_hash") { return took(read(value, facts.config_hash)); }
    if (key == "environment") { return took(read(value, facts.environment)); }
    if (key == "rows_in") { return took(read(value, facts.rows_in)); }
    if (key == "rows_out") { return took(read(value, facts.rows_out)); }
    if (key == "llm_calls") { return took(read(value, facts.llm_calls)); }
    if (key == "tokens") { return took(read(value, facts.tokens)); }
    if (key == "degraded") { return took(read(value, facts.degraded)); }
    if (key == "degraded_reason") { return took(read(value, facts.degraded_reason)); }
    return Took::no;
}

// Which of the members that every record needs have been met.
struct HeaderParts {
    std::optional<core::RunId> run;
    bool has_at = false;
    bool has_n = false;
};

Took take_header(std::string_view key, JsonText& value, Header& header, HeaderParts& parts) {
    if (key == "kind") { return Took::yes; }
    if (key == "run") {
        const bool good = read(value, parts.run);
        if (good) { header.run = *parts.run; }
        return took(good);
    }
    if (key == "at") { return took(parts.has_at = read(value, header.at)); }
    if (key == "n") { return took(parts.has_n = read(value, header.n)); }
    return Took::no;
}

const char* missing_of(const HeaderParts& parts) {
    if (!parts.run) { return "run"; }
    if (!parts.has_at) { return "at"; }
    return parts.has_n ? nullptr : "n";
}

// Walks the members of a record; `take` handles one. Members of the value null are as if absent. Returns the name of what is wrong, "" when nothing is.
template <class Take>
std::string walk(JsonText& object, const Take& take) {
    std::string wrong;
    const bool good = object.each_member([&](std::string_view key, JsonText& value) {
        if (value.kind() == JsonText::Kind::null) { return value.null(); }
        if (take(key, value) != Took::wrong) { return true; }
        wrong = core::cat("member '", key.size() <= 64 ? key : std::string_view(), "'");
        return false;
    });
    if (!good && wrong.empty()) { wrong = "its JSON"; }
    return wrong;
}

Header blank_header() { return Header{core::RunId::from_random({}), {}, 0}; }

std::string missing(std::string_view name) { return core::cat("missing member '", name, "'"); }

std::string read_start(JsonText& object, StartRecord& record) {
    HeaderParts parts;
    bool has_stage = false;
    bool has_recorder = false;
    // "watched" fills its gaps from "recorder", so both are kept aside until all is read.
    os::ProcessId watched;
    watched.machine = "\x01";
    watched.boot = "\x01";
    watched.pid_ns = std::numeric_limits<std::uint64_t>::max();
    bool has_watched = false;
    auto wrong = walk(object, [&](std::string_view key, JsonText& value) {
        if (const auto done = take_header(key, value, record.header, parts); done != Took::no) { return done; }
        if (key == "stage") { return took(has_stage = read(value, record.stage)); }
        if (key == "tenant") { return took(read(value, record.tenant)); }
        if (key == "parent") { return took(read(value, record.parent)); }
        if (key == "trace_id") { return took(read(value, record.trace_id)); }
        if (key == "span_id") { return took(read(value, record.span_id)); }
        if (key == "parent_span_id") { return took(read(value, record.parent_span_id)); }
        if (key == "argv") { return took(read(value, record.argv)); }
        if (key == "working_dir") { return took(read(value, record.working_dir)); }
        if (key == "inputs") { return took(read(value, record.inputs)); }
        if (key == "config_path") { return took(read(value, record.config_path)); }
        if (key == "params") { return took(read(value, record.params)); }
        if (key == "tags") { return took(read(value, record.tags)); }
        if (key == "recorder") { return took(has_recorder = read_process(value, record.recorder)); }
        if (key == "watched") { return took(has_watched = read_process(value, watched)); }
        if (key == "host") { return took(read(value, record.host)); }
        return take_fact(key, value, record.facts);
    });
    if (!wrong.empty()) { return wrong; }
    if (const char* name = missing_of(parts)) { return missing(name); }
    if (!has_stage) { return missing("stage"); }
    if (!has_recorder) { return missing("recorder"); }
    if (has_watched) {
        if (watched.machine == "\x01") { watched.machine = record.recorder.machine; }
        if (watched.boot == "\x01") { watched.boot = record.recorder.boot; }
        if (watched.pid_ns == std::numeric_limits<std::uint64_t>::max()) { watched.pid_ns = record.recorder.pid_ns; }
        record.watched = std::move(watched);
    }
    return {};
}

std::string read_log(JsonText& object, LogRecord& record) {
    HeaderParts parts;
    auto wrong = walk(object, [&](std::string_view key, JsonText& value) {
        if (const auto done = take_header(key, value, record.header, parts); done != Took::no) { return done; }
        if (key == "metrics") { return took(read(value, record.metrics)); }
        if (key == "step") { return took(read(value, record.step)); }
        if (key == "tags") { return took(read(value, record.tags)); }
        if (key == "params") { return took(read(value, record.params)); }
        if (key == "note") { return took(read(value, record.note)); }
        if (key == "error") { return took(read(value, record.error)); }
        if (key == "inputs") { return took(read(value, record.inputs)); }
        return take_fact(key, value, record.facts);
    });
    if (!wrong.empty()) { return wrong; }
    const char* name = missing_of(parts);
    return name == nullptr ? std::string() : missing(name);
}

std::string read_end(JsonText& object, EndRecord& record) {
    HeaderParts parts;
    bool has_state = false;
    bool has_duration = false;
    auto wrong = walk(object, [&](std::string_view key, JsonText& value) {
        if (const auto done = take_header(key, value, record.header, parts); done != Took::no) { return done; }
        if (key == "state") { return took(has_state = read(value, record.state)); }
        if (key == "duration_seconds") { return took(has_duration = read(value, record.duration_seconds)); }
        if (key == "exit_status") { return took(read(value, record.exit_status)); }
        if (key == "signal") { return took(read(value, record.signal)); }
        if (key == "error") { return took(read(value, record.error)); }
        if (key == "metrics") { return took(read(value, record.metrics)); }
        if (key == "stderr_tail") { return took(read(value, record.stderr_tail)); }
        if (key == "cached_from") { return took(read(value, record.cached_from)); }
        if (key == "presumed") { return took(read(value, record.presumed)); }
        if (key == "presumption") { return took(read(value, record.presumption)); }
        if (key == "lost_records") { return took(read(value, record.lost_records)); }
        if (key == "start") {
            StartRecord start{blank_header()};
            if (!read_start(value, start).empty()) { return Took::wrong; }
            record.start = std::move(start);
            return Took::yes;
        }
        return take_fact(key, value, record.facts);
    });
    if (!wrong.empty()) { return wrong; }
    if (const char* name = missing_of(parts)) { return missing(name); }
    if (!has_state) { return missing("state"); }
    return has_duration ? std::string() : missing("duration_seconds");
}

std::string read_loss(JsonText& object, LossRecord& record) {
    bool has_at = false;
    bool has_count = false;
    auto wrong = walk(object, [&](std::string_view key, JsonText& value) {
        if (key == "at") { return took(has_at = read(value, record.at)); }
        if (key == "n") { return took(read(value, record.n)); }
        if (key == "count") { return took(has_count = read(value, record.count)); }
        if (key == "reason") { return took(read(value, record.reason)); }
        return Took::no;
    });
    if (!wrong.empty()) { return wrong; }
    if (!has_at) { return missing("at"); }
    return has_count ? std::string() : missing("count");
}

Error corrupt(std::string_view what) { return {Errc::corrupt, core::cat("reading a journal record: ", what, " is not as the format says")}; }

}  // namespace

core::Result<Record> parse_payload(std::string_view payload) {
    // The kind stands first in what we write, but may stand anywhere.
    std::optional<std::string> kind;
    bool is_there = false;
    JsonText whole(payload);
    const bool is_over = whole.each_member([&](std::string_view key, JsonText& value) {
        if (key != "kind") { return true; }
        is_there = true;
        static_cast<void>(read(value, kind));
        return false;
    });
    if (!kind) { return corrupt(is_over || is_there ? missing("kind") : "its JSON"); }
    const std::string& what = *kind;
    JsonText object(payload);

    // Each is read in its place: records are large, and a journal has many.
    core::Result<Record> parsed = Record(UnknownRecord{});
    Record& record = parsed.value();
    std::string wrong;
    if (what == "start") {
        wrong = read_start(object, record.emplace<StartRecord>(StartRecord{blank_header()}));
    } else if (what == "log") {
        wrong = read_log(object, record.emplace<LogRecord>(LogRecord{blank_header()}));
    } else if (what == "end") {
        wrong = read_end(object, record.emplace<EndRecord>(EndRecord{blank_header()}));
    } else if (what == "loss") {
        wrong = read_loss(object, record.emplace<LossRecord>());
    } else {
        if (!object.skip()) { wrong = "its JSON"; }
        record = UnknownRecord{what};
    }
    if (wrong.empty() && !object.at_end()) { wrong = "its JSON"; }
    if (!wrong.empty()) { return corrupt(wrong); }
    return parsed;
}

}  // namespace runlake::record
