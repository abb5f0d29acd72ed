// SPDX-License-Identifier: Apache-2.0
#include "replay/explain.hpp"

#include <algorithm>
#include <array>

#include "core/json_lists.hpp"
#include "core/text.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::size_t k_most_shown = 44;

std::string number(const Json& document, std::string_view name) {
    const auto value = document.number_at(name);
    return value ? core::format_float(*value) : "-";
}

std::string percent(double share) { return cat(core::format_fixed(100 * share, 1), " %"); }

std::string cut(const std::string& text) { return text.size() <= k_most_shown ? text : cat(core::cut_utf8(text, k_most_shown), "..."); }

std::vector<std::string> texts(const Json& document, std::string_view name) {
    std::vector<std::string> out;
    for (const Json& one : core::list_at(document, name)) {
        if (const std::string* text = one.as_string()) { out.push_back(*text); }
    }
    return out;
}

bool has(const std::vector<std::string>& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

// What follows "<start>" in the words that begin so.
std::vector<std::string> after(const std::vector<std::string>& words, std::string_view start) {
    std::vector<std::string> out;
    for (const std::string& word : words) {
        if (word.starts_with(start)) { out.push_back(word.substr(start.size())); }
    }
    return out;
}

std::string meaning_of(const VerdictFile& verdict, const std::vector<std::string>& details) {
    const Decision& decision = verdict.decision;
    if (decision.verdict == Verdict::fidelity_ok) { return "The replays agree with each other and, within the measured spread of production, with the canonical value, under the same conditions."; }
    if (decision.cause == Cause::numeric_residue) { return "Replays under the same pins differ, by no more than eps_num: rounding, not behaviour."; }
    if (decision.cause == Cause::real_instability) { return "Replays under the same pins differ by more than eps_num: the program itself is not deterministic."; }
    if (decision.cause == Cause::env_parity_gap) {
        return has(details, "differs:inputs") ? "The replays agree, but they read other inputs than the canonical run: its value says nothing of the program."
                                              : "The replays agree, but they ran under other conditions than the canonical run.";
    }
    if (decision.cause == Cause::logic_fidelity_gap) { return "The replays agree, the conditions are the same, and still the value is not the canonical one: the program computes something else."; }
    if (decision.reason == Reason::replay_error) { return "A replay gave no value that counts, so nothing was decided."; }
    if (decision.reason == Reason::canonical_absent) { return "The replays agree with each other; there is no canonical value to compare them with."; }
    if (decision.reason == Reason::epsilon_prod_unmeasured) { return "The replays agree with each other; how far production runs spread is not measured for these conditions."; }
    return "The replays agree with each other; whether they ran under the canonical run's conditions can't be told.";
}

void add_compared(const VerdictFile& verdict, Explanation& out) {
    const Json& document = verdict.document;
    const std::string metric = verdict.metric.empty() ? "metric" : verdict.metric;
    std::string values;
    const auto& replays = core::list_at(document, "replays");
    for (std::size_t i = 0; i < replays.size() && i < 6; ++i) { values += cat(values.empty() ? "" : ", ", number(replays[i], "value")); }
    if (replays.size() > 6) { values += cat(", ... (", replays.size(), " replays)"); }
    out.compared.emplace_back(cat("Replays' ", metric), values.empty() ? "-" : values);
    std::string between = number(document, "det_delta");
    if (const auto ulp = document.number_at("det_ulp"); ulp && *ulp > 0) { between += cat(" (", core::format_float(*ulp), " representable values apart)"); }
    out.compared.emplace_back("Between replays", between);
    if (const auto text = document.string_at("canonical_text")) {
        out.compared.emplace_back("Canonical", cat(*text, " from ", document.string_at("canonical_source").value_or("-"), verdict.canonical_run_id ? cat(" ", *verdict.canonical_run_id) : ""));
    } else {
        out.compared.emplace_back("Canonical", document.string_at("canonical_problem").value_or("none"));
    }
    if (verdict.canon_delta) { out.compared.emplace_back("From canonical", number(document, "canon_delta")); }
    if (verdict.epsilon) {
        const std::string method = cat(document.string_at("eps_prod_method").value_or("-"), " of ", document.integer_at("eps_prod_n").value_or(0), " runs");
        out.compared.emplace_back("Epsilon", cat(number(document, "epsilon"), " (eps_num ", number(document, "eps_num"), ", eps_prod ", number(document, "eps_prod"), ", ", method, ")"));
        if (document.number_at("detectable_shift")) { out.compared.emplace_back("Would be noticed", cat("a shift of ", number(document, "detectable_shift"), " in 9 of 10 cases")); }
    } else {
        out.compared.emplace_back("Epsilon", "not measured");
    }
    if (const auto bound = document.number_at("zero_event_bound")) { out.compared.emplace_back("Two equal replays", cat("at most ", percent(*bound), " of replays differ (95 % confidence)")); }
    if (!out.compared.empty() && out.compared.back().first == "Two equal replays") {
        const auto replicas = document.integer_at("replicas").value_or(2);
        if (replicas != 2) { out.compared.back().first = cat(replicas, " equal replays"); }
    }
    std::string parity(parity_name(verdict.parity_state));
    if (const Json* policy = document.find("parity_policy")) { parity += cat(" by policy ", policy->string_at("id").value_or("-")); }
    out.compared.emplace_back("Parity", parity);
}

void add_differed(const VerdictFile& verdict, Explanation& out) {
    const Json& document = verdict.document;
    if (const Json* error = document.find("replay_error"); error != nullptr && error->is_object()) {
        out.differed.push_back(cat("replay ", error->integer_at("replica").value_or(0), ": ", error->string_at("kind").value_or("-"), ": ", error->string_at("detail").value_or("")));
    }
    const Json* dimensions = document.find("parity_dims");
    for (const std::string_view state : {"differs", "missing"}) {
        if (dimensions == nullptr || !dimensions->is_object()) { break; }
        for (const auto& [name, one] : *dimensions->as_object()) {
            if (one.string_at("state") != state) { continue; }
            const std::string weight = one.string_at("weight") == "strict" ? "" : " (informational)";
            const std::string sides = cat(cut(one.string_at("replay").value_or("not known")), " here, ", cut(one.string_at("canonical").value_or("not known")), " for the canonical");
            // Informational ones that nobody recorded are no news.
            if (state == "missing" && !weight.empty()) { continue; }
            out.differed.push_back(cat(name, weight, ": ", sides));
        }
    }
    for (const std::string& path : texts(document, "artifacts_differ")) { out.differed.push_back(cat("artifact ", path, " differs between replays")); }
    if (const auto first = document.string_at("first_difference")) { out.differed.push_back(cat("first difference: ", *first)); }
    if (const auto knob = document.string_at("attributed_to")) { out.differed.push_back(cat("what flips the result: ", *knob)); }
}

std::string advice_on_missing(const std::string& dimension) {
    if (dimension == "inputs") { return "Say what is read: `inputs:` in the spec (an empty list where nothing is), `--input` when runs are recorded."; }
    if (dimension == "build_sha") { return "Record runs inside a git repository whose uncommitted changes are known, so that both sides name their code. Of a program that is over within milliseconds they are not (`runlake run` does not wait for them)."; }
    if (dimension == "image" || dimension == "instance_type") {
        return cat("Name the ", dimension, " on both sides: RUNLAKE_", dimension == "image" ? "IMAGE_DIGEST" : "INSTANCE_TYPE", " here, a column or `provenance:` for the canonical.");
    }
    return cat("Let the canonical say its ", dimension, " (`runlake replay schema` prints the columns), or make the dimension informational in the spec's `parity:`.");
}

// Whether a spec says what was replayed, else it was a recorded run.
bool document_spec(const VerdictFile& verdict) { return verdict.document.string_at("spec").has_value(); }

// Where the output of the replay is that the verdict names for its error, as the verdict has it: relative to the store.
std::optional<std::string> kept_of_the_error(const VerdictFile& verdict) {
    const Json* error = verdict.document.find("replay_error");
    if (error == nullptr || !error->is_object()) { return std::nullopt; }
    for (const Json& one : core::list_at(verdict.document, "replays")) {
        if (one.integer_at("replica") == error->integer_at("replica")) { return one.string_at("kept"); }
    }
    return std::nullopt;
}

void add_next(const VerdictFile& verdict, const std::vector<std::string>& details, const std::vector<std::string>& warnings, Explanation& out) {
    const Decision& decision = verdict.decision;
    const auto say = [&](std::string line) {
        if (std::find(out.next.begin(), out.next.end(), line) == out.next.end()) { out.next.push_back(std::move(line)); }
    };
    if (decision.verdict == Verdict::non_deterministic) {
        if (has(details, "inputs_changed_between_replays")) { say("Inputs changed between the replays: nothing is known of the program before they hold still."); }
        const auto knob = verdict.document.string_at("attributed_to");
        say(knob ? cat("It follows ", *knob, ": pin that (`pins:` in the spec), or make the program independent of it.") : std::string("Find the knob that flips the result: `runlake replay attribute`."));
        if (decision.cause == Cause::numeric_residue) { say("Pin threads and the summation order (`pins: {presets: [openmp, numpy], threads: 1}`) to make the bits equal."); }
    }
    if (decision.cause == Cause::env_parity_gap) {
        for (const std::string& name : after(details, "differs:")) {
            say(name == "inputs" ? "Replay with the inputs of the canonical run, or make a new canonical from the present ones."
                                 : cat("Replay where ", name, " is the canonical run's, or make a new canonical here."));
        }
    }
    if (decision.cause == Cause::logic_fidelity_gap) {
        if (has(details, "canonical_rounded")) { say("The difference is below what the canonical was rounded to: store it with all its digits."); }
        if (has(details, "canonical_outside_envelope")) { say("The canonical lies outside the spread of today's production runs: the canonical is the odd one."); }
        if (has(details, "replay_outside_envelope")) { say("The replay lies outside the spread of today's production runs: the pinned configuration computes something else."); }
        if (has(details, "inputs_undeclared")) { say("Neither side says what was read: rule out changed data first (`--input`, `inputs:`)."); }
        say("Compare the code with what made the canonical: `runlake runs diff`, `git diff`.");
    }
    if (decision.reason == Reason::replay_error && !document_spec(verdict)) {
        say("Of a recorded run, a replay sees what git holds and what was declared: other files it needs are declared with `--input` when runs are recorded, or seen with --here.");
    }
    if (decision.reason == Reason::replay_error) {
        const auto folder = kept_of_the_error(verdict);
        say(folder ? cat("Look at what it wrote (stdout.log, stderr.log), which was kept in the store's ", *folder, ".") : std::string("Replay it again to see what it writes: its output was not kept."));
    }
    if (decision.reason == Reason::canonical_absent) {
        say(has(details, "canonical_not_finite") ? "The canonical is NaN or infinite: it can be compared with nothing. Make it anew."
            : document_spec(verdict)             ? "Name the canonical in the spec (`canonical:`), or record the run that is to be it."
                                                 : "Record the run anew with something to compare: a metric (`runlake log name=value`), or its output (`runlake run --capture all`).");
    }
    if (decision.reason == Reason::epsilon_prod_unmeasured) {
        for (const std::string& part : after(details, "stale_envelope:")) { say(part == "undeclared_inputs" ? std::string("Files that were read and not declared have changed since the envelope was measured; it does not count here.")
                                            : cat("The envelope was measured against another ", part == "inputs" ? "state of the inputs" : part, "; it does not count here.")); }
        say("Measure the spread of production: `runlake replay envelope` (at least 10 un-capped runs).");
    }
    if (decision.reason == Reason::env_parity_unverified || decision.cause == Cause::env_parity_gap) {
        for (const std::string& name : after(details, "missing:")) { say(advice_on_missing(name)); }
    }
    for (const std::string& path : after(details, "undeclared_read:")) {
        say(cat("It read ", path, ", which is not among its inputs, and nobody knows whether it is as it was: declare it (`inputs:` in the spec, `--input` when runs are recorded)."));
    }
    if (has(details, "reads_not_seen")) { say("What it read could not be seen (a static program?), and nobody declared it: record the run with `--input`, or write a spec with `inputs:`."); }
    if (has(warnings, "metric_equal_artifact_differs")) { say("The metric agrees and the artifacts do not: equal scores can hide other predictions. Look at the artifacts."); }
    if (has(warnings, "assumption_suspect")) { say("The envelope's runs are not shaped like a normal distribution: measure 118 runs or more for a bound of any shape."); }
    if (decision.verdict == Verdict::fidelity_ok && has(warnings, "inputs_undeclared")) { say("No inputs are declared on either side, so changed data would not be noticed as such."); }
    if (decision.verdict == Verdict::fidelity_ok && out.next.empty()) { say("Nothing. More replicas (`replicas:`) tighten what equal replays say."); }
}

}  // namespace

Explanation explain(const VerdictFile& verdict) {
    const std::vector<std::string> details = texts(verdict.document, "details");
    const std::vector<std::string> warnings = texts(verdict.document, "warnings");
    Explanation out;
    out.meaning = meaning_of(verdict, details);
    add_compared(verdict, out);
    add_differed(verdict, out);
    add_next(verdict, details, warnings, out);
    return out;
}

}  // namespace runlake::replay
