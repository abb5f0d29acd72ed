// SPDX-License-Identifier: Apache-2.0
// Words for states, the cutting of error texts, and the writing of payloads.
#include "record/model.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>

#include "core/text.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::array<std::string_view, 7> k_states = {"running", "completed", "degraded", "failed", "stopped", "abandoned", "cached"};

// Writes one JSON object member by member into a string that was reserved once: a start and an end are written for each run, so no tree is built.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    void close() { out_ += '}'; }

    void name(std::string_view key) {
        if (!first_) { out_ += ','; }
        first_ = false;
        out_ += '"';
        out_ += key;  // a literal of ours: nothing to escape
        out_ += "\":";
    }
    void text(std::string_view key, std::string_view value) {
        name(key);
        core::append_json_string(out_, value);
    }
    void text(std::string_view key, const std::optional<std::string>& value) {
        if (value) { text(key, std::string_view(*value)); }
    }
    // For values that are hex digits, dashes or words of ours.
    void plain(std::string_view key, std::string_view value) {
        name(key);
        out_ += '"';
        out_ += value;
        out_ += '"';
    }
    void number(std::string_view key, std::integral auto value) {
        name(key);
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        out_.append(digits.data(), end.ptr);
    }
    template <std::integral T>
    void number(std::string_view key, const std::optional<T>& value) {
        if (value) { number(key, *value); }
    }
    void real(std::string_view key, double value) {
        name(key);
        append_real(out_, value);
    }
    void real_named(std::string_view key, double value) {  // a key of the user's
        if (!first_) { out_ += ','; }
        first_ = false;
        core::append_json_string(out_, key);
        out_ += ':';
        append_real(out_, value);
    }
    void yes(std::string_view key, bool value) {
        if (!value) { return; }
        name(key);
        out_ += "true";
    }
    void tree(std::string_view key, const core::Json& value) {
        const auto* members = value.as_object();
        if (members != nullptr && members->empty()) { return; }
        name(key);
        core::append_json(out_, value);
    }
    std::string& out() { return out_; }

  private:
    // JSON has no words for what is not finite; metrics do have such values, so they stand as strings.
    static void append_real(std::string& out, double value) {
        if (std::isfinite(value)) {
            std::array<char, 32> digits;
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
            out.append(digits.data(), end.ptr);
        } else {
            out += std::isnan(value) ? "\"nan\"" : (value > 0 ? "\"inf\"" : "\"-inf\"");
        }
    }

    std::string& out_;
    bool first_ = true;
};

void write_header(ObjectWriter& object, std::string_view kind, const Header& header) {
    object.plain("kind", kind);
    object.plain("run", header.run.str());
    object.number("at", header.at.micros);
    object.number("n", header.n);
}

void write_facts(ObjectWriter& object, const Facts& facts) {
    object.text("input_fingerprint", facts.input_fingerprint);
    object.text("code_ref", facts.code_ref);
    object.text("config_hash", facts.config_hash);
    object.text("environment", facts.environment);
    object.number("rows_in", facts.rows_in);
    object.number("rows_out", facts.rows_out);
    object.number("llm_calls", facts.llm_calls);
    object.number("tokens", facts.tokens);
    object.yes("degraded", facts.degraded);
    object.text("degraded_reason", facts.degraded_reason);
}

// The watched process mostly shares machine, boot and namespace with the recorder: what equals `base` is left out.
void write_process(ObjectWriter& parent, std::string_view key, const os::ProcessId& process, const os::ProcessId* base) {
    parent.name(key);
    ObjectWriter object(parent.out());
    if (base == nullptr || process.machine != base->machine) { object.text("machine", std::string_view(process.machine)); }
    if (base == nullptr || process.boot != base->boot) { object.text("boot", std::string_view(process.boot)); }
    if (base == nullptr || process.pid_ns != base->pid_ns) { object.number("pid_ns", process.pid_ns); }
    object.number("pid", process.pid);
    object.number("ticks", process.start_ticks);
    object.close();
}

void write_inputs(ObjectWriter& parent, const std::vector<Input>& inputs) {
    if (inputs.empty()) { return; }
    parent.name("inputs");
    auto& out = parent.out();
    out += '[';
    for (const auto& input : inputs) {
        if (&input != inputs.data()) { out += ','; }
        ObjectWriter object(out);
        object.text("path", std::string_view(input.path));
        object.text("fingerprint", input.fingerprint);
        object.number("bytes", input.bytes);
        object.close();
    }
    out += ']';
}

void write_metrics(ObjectWriter& parent, const std::vector<std::pair<std::string, double>>& metrics) {
    if (metrics.empty()) { return; }
    parent.name("metrics");
    ObjectWriter object(parent.out());
    for (const auto& [key, value] : metrics) { object.real_named(key, value); }
    object.close();
}

void write_start(std::string& out, const StartRecord& record) {
    ObjectWriter object(out);
    write_header(object, "start", record.header);
    object.text("stage", std::string_view(record.stage));
    object.text("tenant", record.tenant);
    if (record.parent) { object.plain("parent", record.parent->str()); }
    object.text("trace_id", record.trace_id);
    object.text("span_id", record.span_id);
    object.text("parent_span_id", record.parent_span_id);
    if (!record.argv.empty()) {
        object.name("argv");
        out += '[';
        for (const auto& word : record.argv) {
            if (&word != record.argv.data()) { out += ','; }
            core::append_json_string(out, word);
        }
        out += ']';
    }
    object.text("working_dir", record.working_dir);
    write_inputs(object, record.inputs);
    object.text("config_path", record.config_path);
    object.tree("params", record.params);
    object.tree("tags", record.tags);
    write_facts(object, record.facts);
    write_process(object, "recorder", record.recorder, nullptr);
    if (record.watched) { write_process(object, "watched", *record.watched, &record.recorder); }
    object.text("host", std::string_view(record.host));
    object.close();
}

}  // namespace

std::string_view state_name(RunState state) { return k_states[static_cast<std::size_t>(state)]; }

core::Result<RunState> parse_state(std::string_view name) {
    for (std::size_t i = 0; i < k_states.size(); ++i) {
        if (k_states[i] == name) { return static_cast<RunState>(i); }
    }
    const std::vector<std::string> known(k_states.begin(), k_states.end());
    const auto near = core::nearest(name, known);
    return Error(Errc::usage, cat("unknown state '", name, "'", near ? cat(" (did you mean '", *near, "'?)") : std::string(), ": one of ",
                                  core::join(known, ", ")));
}

bool Facts::empty() const { return *this == Facts{}; }

std::string to_payload(const StartRecord& record) {
    std::string out;
    out.reserve(768);
    write_start(out, record);
    return out;
}

std::string to_payload(const LogRecord& record) {
    std::string out;
    out.reserve(256);
    ObjectWriter object(out);
    write_header(object, "log", record.header);
    write_metrics(object, record.metrics);
    object.number("step", record.step);
    object.tree("tags", record.tags);
    object.tree("params", record.params);
    object.text("note", record.note);
    object.text("error", record.error);
    write_inputs(object, record.inputs);
    write_facts(object, record.facts);
    object.close();
    return out;
}

std::string to_payload(const EndRecord& record) {
    std::string out;
    out.reserve(512);
    ObjectWriter object(out);
    write_header(object, "end", record.header);
    object.plain("state", state_name(record.state));
    object.real("duration_seconds", record.duration_seconds);
    object.number("exit_status", record.exit_status);
    object.number("signal", record.signal);
    if (record.error) {
        object.name("error");
        ObjectWriter error(out);
        error.text("head", std::string_view(record.error->head));
        error.number("bytes", record.error->whole_bytes);
        error.text("file", record.error->file);
        error.close();
    }
    write_metrics(object, record.metrics);
    object.text("stderr_tail", record.stderr_tail);
    object.text("cached_from", record.cached_from);
    object.yes("presumed", record.presumed);
    object.text("presumption", record.presumption);
    write_facts(object, record.facts);
    if (record.start) {
        object.name("start");
        write_start(out, *record.start);
    }
    if (record.lost_records != 0) { object.number("lost_records", record.lost_records); }
    object.close();
    return out;
}

std::string to_payload(const LossRecord& record) {
    std::string out;
    ObjectWriter object(out);
    object.plain("kind", "loss");
    object.number("at", record.at.micros);
    object.number("n", record.n);
    object.number("count", record.count);
    object.text("reason", std::string_view(record.reason));
    object.close();
    return out;
}

}  // namespace runlake::record
