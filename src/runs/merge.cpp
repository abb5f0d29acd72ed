// SPDX-License-Identifier: Apache-2.0
// The merge rules of record/model.hpp.
#include "runs/merge.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/json.hpp"

namespace runlake::runs {

namespace {

// The JSON text of a value, by which values said at one moment are told apart.
std::string json_text(const std::string& value) {
    std::string out;
    core::append_json_string(out, value);
    return out;
}
std::string json_text(std::int64_t value) { return std::to_string(value); }
std::string json_text(const std::optional<std::string>& value) { return value ? json_text(*value) : "null"; }

template <class T>
bool supersedes(const Said<T>& challenger, const Said<T>& holder) {
    if (challenger.stamp != holder.stamp) { return challenger.stamp > holder.stamp; }
    return challenger.value != holder.value && json_text(challenger.value) > json_text(holder.value);
}

// Params hold JSON texts already: those compare as they are.
bool param_supersedes(const Said<std::string>& challenger, const Said<std::string>& holder) {
    return std::tie(challenger.stamp, challenger.value) > std::tie(holder.stamp, holder.value);
}

template <class T>
void say(Maybe<T>& known, Maybe<T>&& said) {
    if (said && (!known || supersedes(*said, *known))) { known = std::move(said); }
}

template <class T>
void say(Maybe<T>& known, std::optional<T>&& value, const Stamp& stamp) {
    if (value) { say(known, Maybe<T>(Said<T>{std::move(*value), stamp})); }
}

void merge_facts(FactParts& known, record::Facts&& said, const Stamp& stamp) {
    say(known.input_fingerprint, std::move(said.input_fingerprint), stamp);
    say(known.code_ref, std::move(said.code_ref), stamp);
    say(known.config_hash, std::move(said.config_hash), stamp);
    say(known.environment, std::move(said.environment), stamp);
    say(known.degraded_reason, std::move(said.degraded_reason), stamp);
    say(known.rows_in, std::move(said.rows_in), stamp);
    say(known.rows_out, std::move(said.rows_out), stamp);
    say(known.llm_calls, std::move(said.llm_calls), stamp);
    say(known.tokens, std::move(said.tokens), stamp);
    known.degraded = known.degraded || said.degraded;
}

void merge_facts(FactParts& known, FactParts&& said) {
    say(known.input_fingerprint, std::move(said.input_fingerprint));
    say(known.code_ref, std::move(said.code_ref));
    say(known.config_hash, std::move(said.config_hash));
    say(known.environment, std::move(said.environment));
    say(known.degraded_reason, std::move(said.degraded_reason));
    say(known.rows_in, std::move(said.rows_in));
    say(known.rows_out, std::move(said.rows_out));
    say(known.llm_calls, std::move(said.llm_calls));
    say(known.tokens, std::move(said.tokens));
    known.degraded = known.degraded || said.degraded;
}

template <class Map, class Value, class Wins>
void say_named(Map& known, std::string_view name, Value&& said, const Wins& wins) {
    const auto found = known.find(name);
    if (found == known.end()) {
        known.emplace(std::string(name), std::forward<Value>(said));
    } else if (wins(said, found->second)) {
        found->second = std::forward<Value>(said);
    }
}

void merge_tags(RunParts& run, core::Json& tags, const Stamp& stamp) {
    auto* const members = tags.as_object();
    if (members == nullptr) { return; }
    for (auto& [name, value] : *members) {
        Said<std::optional<std::string>> said{std::nullopt, stamp};
        if (const std::string* text = value.as_string()) {
            said.value = *text;
        } else if (!value.is_null()) {
            said.value = core::to_json(value);
        }
        say_named(run.tags, name, std::move(said), supersedes<std::optional<std::string>>);
    }
}

void merge_params(RunParts& run, core::Json& params, const Stamp& stamp) {
    auto* const members = params.as_object();
    if (members == nullptr) { return; }
    for (auto& [name, value] : *members) { say_named(run.params, name, Said<std::string>{core::to_json(value), stamp}, param_supersedes); }
}

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

void merge_inputs(RunParts& run, std::vector<record::Input>& inputs, const Stamp& stamp) {
    for (record::Input& input : inputs) {
        InputPart& known = run.inputs[std::move(input.path)];
        say(known.fingerprint, std::move(input.fingerprint), stamp);
        if (input.bytes) { say(known.bytes, std::optional(signed_of(*input.bytes)), stamp); }
    }
}

void merge_metrics(RunParts& run, std::vector<std::pair<std::string, double>>& metrics, std::optional<std::int64_t> step, const Stamp& stamp) {
    for (auto& [name, value] : metrics) { run.metrics.insert(MetricPart{std::move(name), step, value, stamp}); }
}

ProcessPart part_of(os::ProcessId& process) {
    return {process.pid, signed_of(process.start_ticks), std::move(process.boot), signed_of(process.pid_ns)};
}

// Takes over a start and what came with it when it is the lesser one.
void merge_start(RunParts& run, StartPart&& start, std::vector<std::string>&& listed) {
    if (!run.start || std::tie(start, listed) < std::tie(*run.start, run.listed_inputs)) {
        run.start = std::move(start);
        run.listed_inputs = std::move(listed);
    }
}

void merge_place(RunParts& run, const Place& place) {
    if (!run.place || place < *run.place) { run.place = place; }
}

void merge_end(RunParts& run, EndPart&& end) {
    if (!run.end || end < *run.end) { run.end = std::move(end); }
}

}  // namespace

std::weak_ordering EndPart::operator<=>(const EndPart& other) const {
    const auto key = [](const EndPart& end) {
        return std::tie(end.presumed, end.stamp, end.state, end.exit_status, end.signal, end.error, end.error_bytes, end.error_file, end.stderr_tail,
                        end.cached_from, end.presumption, end.lost_records);
    };
    if (const auto order = key(*this) <=> key(other); order != 0) { return order; }
    return std::strong_order(duration_seconds, other.duration_seconds);
}

std::weak_ordering MetricPart::operator<=>(const MetricPart& other) const {
    const auto key = [](const MetricPart& metric) { return std::tie(metric.name, metric.step, metric.stamp); };
    if (const auto order = key(*this) <=> key(other); order != 0) { return order; }
    return std::strong_order(value, other.value);
}

record::RunState RunParts::state() const {
    if (!end) { return record::RunState::running; }
    return end->state == record::RunState::completed && facts.degraded ? record::RunState::degraded : end->state;
}

void merge(RunParts& run, record::StartRecord&& start, const Place& place) {
    const Stamp stamp{start.header.at, start.header.n};
    merge_facts(run.facts, std::move(start.facts), stamp);
    merge_tags(run, start.tags, stamp);
    merge_params(run, start.params, stamp);
    std::vector<std::string> listed;
    listed.reserve(start.inputs.size());
    for (const record::Input& input : start.inputs) {
        if (std::find(listed.begin(), listed.end(), input.path) == listed.end()) { listed.push_back(input.path); }
    }
    merge_inputs(run, start.inputs, stamp);
    StartPart part{stamp, std::move(start.stage), std::move(start.tenant), start.parent, std::move(start.trace_id), std::move(start.span_id),
                   std::move(start.parent_span_id)};
    part.argv = "[";
    for (const std::string& word : start.argv) {
        if (part.argv.size() > 1) { part.argv += ','; }
        core::append_json_string(part.argv, word);
    }
    part.argv += ']';
    part.working_dir = std::move(start.working_dir);
    part.config_path = std::move(start.config_path);
    part.machine = std::move(start.recorder.machine);
    part.host = std::move(start.host);
    part.recorder = part_of(start.recorder);
    if (start.watched) { part.watched = part_of(*start.watched); }
    merge_start(run, std::move(part), std::move(listed));
    merge_place(run, place);
}

void merge(RunParts& run, record::LogRecord&& log) {
    const Stamp stamp{log.header.at, log.header.n};
    merge_facts(run.facts, std::move(log.facts), stamp);
    merge_tags(run, log.tags, stamp);
    merge_params(run, log.params, stamp);
    merge_inputs(run, log.inputs, stamp);
    merge_metrics(run, log.metrics, log.step, stamp);
    if (log.note) { run.notes.insert({stamp, std::move(*log.note)}); }
    if (log.error) { run.errors.insert({stamp, std::move(*log.error)}); }
}

void merge(RunParts& run, record::EndRecord&& end, const Place& place) {
    if (end.start) { merge(run, std::move(*end.start), place); }
    const Stamp stamp{end.header.at, end.header.n};
    merge_facts(run.facts, std::move(end.facts), stamp);
    merge_metrics(run, end.metrics, std::nullopt, stamp);
    EndPart part;
    part.presumed = end.presumed;
    part.stamp = stamp;
    part.state = end.state;
    part.duration_seconds = end.duration_seconds;
    part.exit_status = end.exit_status;
    part.signal = end.signal;
    if (end.error) {
        part.error = std::move(end.error->head);
        part.error_bytes = signed_of(end.error->whole_bytes);
        part.error_file = std::move(end.error->file);
    }
    part.stderr_tail = std::move(end.stderr_tail);
    part.cached_from = std::move(end.cached_from);
    part.presumption = std::move(end.presumption);
    part.lost_records = signed_of(end.lost_records);
    merge_end(run, std::move(part));
}

void merge(RunParts& run, RunParts&& other) {
    if (other.start) { merge_start(run, std::move(*other.start), std::move(other.listed_inputs)); }
    if (other.place) { merge_place(run, *other.place); }
    if (other.end) { merge_end(run, std::move(*other.end)); }
    merge_facts(run.facts, std::move(other.facts));
    for (auto& [name, said] : other.tags) { say_named(run.tags, name, std::move(said), supersedes<std::optional<std::string>>); }
    for (auto& [name, said] : other.params) { say_named(run.params, name, std::move(said), param_supersedes); }
    for (auto& [path, input] : other.inputs) {
        InputPart& known = run.inputs[path];
        say(known.fingerprint, std::move(input.fingerprint));
        say(known.bytes, std::move(input.bytes));
    }
    run.metrics.merge(other.metrics);
    run.notes.merge(other.notes);
    run.errors.merge(other.errors);
}

std::vector<std::string> ordered_inputs(const RunParts& run) {
    std::vector<std::string> paths = run.listed_inputs;
    if (paths.size() == run.inputs.size()) { return paths; }
    std::vector<std::string_view> listed(run.listed_inputs.begin(), run.listed_inputs.end());
    std::sort(listed.begin(), listed.end());
    // The map is in the order of paths already.
    std::vector<std::string> others;
    for (const auto& [path, input] : run.inputs) {
        if (!std::binary_search(listed.begin(), listed.end(), std::string_view(path))) { others.push_back(path); }
    }
    paths.insert(paths.end(), others.begin(), others.end());
    return paths;
}

}  // namespace runlake::runs
