// SPDX-License-Identifier: Apache-2.0
#include "replay/knobs.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "replay/presets.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_not_loaded = "not_loaded";
constexpr std::string_view k_parameter = "parameters.";

// Variables that a library or an interpreter reads once, and whose effect can be asked of it.
constexpr std::array k_runtime = std::to_array<std::string_view>({"BLIS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS", "OMP_DYNAMIC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED"});

std::string with_threads(std::string_view value, int threads) { return value == "{threads}" ? std::to_string(threads) : std::string(value); }

Json with_threads(const Json& parameters, int threads) {
    Json out = Json::object();
    for (const auto& [name, value] : *parameters.as_object()) {
        const std::string* text = value.as_string();
        out.set(name, text != nullptr && *text == "{threads}" ? Json(threads) : value);
    }
    return out;
}

std::string word_of(const Json& value) {
    if (const std::string* text = value.as_string()) { return *text; }
    if (const double* number = value.as_float()) { return core::format_float(*number); }
    return core::to_json(value);
}

std::string processors_text(const std::vector<int>& cpus) {
    std::vector<int> sorted = cpus;
    std::sort(sorted.begin(), sorted.end());
    std::string out;
    for (const int cpu : sorted) { out += cat(out.empty() ? "" : ",", cpu); }
    return out;
}

std::string umask_text(unsigned umask) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%03o", umask);
    return text.data();
}

void add_knobs(Pinned& pinned) {
    for (const auto& [name, value] : pinned.environment) {
        // Where a fresh folder is differs from child to child: that is its point.
        if (value == k_fresh_folder) { continue; }
        const bool runtime = std::find(k_runtime.begin(), k_runtime.end(), name) != k_runtime.end();
        pinned.knobs.push_back({name, value, runtime ? KnobCheck::runtime : KnobCheck::process});
    }
    for (const auto& [name, value] : *pinned.parameters.as_object()) { pinned.knobs.push_back({cat(k_parameter, name), word_of(value), KnobCheck::program}); }
    if (pinned.aslr) { pinned.knobs.push_back({"aslr", *pinned.aslr ? "on" : "off", KnobCheck::process}); }
    if (!pinned.cpus.empty()) { pinned.knobs.push_back({"cpus", processors_text(pinned.cpus), KnobCheck::process}); }
    std::sort(pinned.knobs.begin(), pinned.knobs.end(), [](const RequestedKnob& a, const RequestedKnob& b) { return a.name < b.name; });
}

// What one process saw, in the words of the request: a seed is told by the secret made of it.
std::optional<std::string> seen_as(const RequestedKnob& knob, const Observed& process) {
    if (knob.name == "PYTHONHASHSEED") {
        const auto secret = process.values.find("python_hash_secret");
        if (secret == process.values.end()) { return std::nullopt; }
        if (secret->second == k_not_loaded) { return std::string(k_not_loaded); }
        const auto wanted = python_hash_secret(knob.value);
        return wanted && *wanted == secret->second ? knob.value : std::string("random, or another seed");
    }
    const auto found = process.values.find(knob.name);
    return found == process.values.end() ? std::nullopt : std::optional(found->second);
}

bool is_same(const RequestedKnob& knob, const std::string& seen) {
    if (seen == knob.value) { return true; }
    if (knob.name == "OMP_DYNAMIC") { return core::lower_ascii(knob.value) == core::lower_ascii(seen); }
    if (knob.name.starts_with(k_parameter)) {
        // 1, 1.0, True and "true" are one answer to whoever passed them on.
        const auto a = core::parse_float(knob.value);
        const auto b = core::parse_float(seen);
        if (a && b) { return *a == *b; }
        const auto flag = [](const std::string& text) { return text == "1" ? "true" : text == "0" ? "false" : core::lower_ascii(text); };
        return flag(knob.value) == flag(seen);
    }
    return false;
}

ReplayError not_effective(const RequestedKnob& knob, std::string_view why) {
    return {.kind = ErrorKind::pin_not_effective, .detail = cat(knob.name, " was pinned to ", knob.value, why), .exit_status = std::nullopt, .signal = std::nullopt};
}

// Of a runtime knob: every process that ended in sight says the same, or has not loaded what reads it; the child itself is among them.
void read_runtime(const RequestedKnob& knob, const Report& report, Knob& read, std::optional<ReplayError>& error) {
    bool child_seen = false;
    for (const Observed& process : report.observed) {
        const std::optional<std::string> seen = seen_as(knob, process);
        if (!seen) { continue; }
        child_seen = child_seen || (report.launched && process.pid == report.launched->pid);
        if (*seen == k_not_loaded) { continue; }
        read.effective = seen;
        if (!is_same(knob, *seen)) {
            if (!error) { error = not_effective(knob, cat(", and is ", *seen, " in ", process.program)); }
            return;
        }
    }
    if (const auto told = report.effective.find(knob.name); told != report.effective.end()) {
        read.effective = told->second;
        if (told->second != k_not_loaded && !is_same(knob, told->second) && !error) { error = not_effective(knob, cat(", and the program says ", told->second)); }
        return;
    }
    if (read.effective) { return; }
    if (child_seen) {
        read.effective = std::string(k_not_loaded);
        return;
    }
    if (!error) { error = not_effective(knob, ", and nobody in the child said what it is there (a static program that holds what reads it, or one that left by _exit, has to report it itself; or don't pin it)"); }
}

}  // namespace

core::Result<Pinned> resolve_pins(const Pins& pins) {
    Pinned pinned;
    const int threads = pins.threads.value_or(1);
    std::map<std::string, std::string> environment = {{"LC_ALL", pins.locale.value_or("C.UTF-8")}, {"TZ", pins.time_zone.value_or("UTC")}};
    for (const std::string& name : pins.presets) {
        const Preset* preset = find_preset(name);
        if (preset == nullptr) {
            const auto near = core::nearest(name, preset_names());
            return core::Error(core::Errc::usage, cat("pinning: there is no preset \"", name, '"', near ? cat(" (nearest: \"", *near, "\")") : ""));
        }
        for (const PresetVariable& variable : preset->variables) { environment.insert_or_assign(std::string(variable.name), with_threads(variable.value, threads)); }
        RL_ASSIGN(const Json parameters, core::parse_json(preset->parameters, "a preset"));
        const Json filled = with_threads(parameters, threads);
        for (const auto& [parameter, value] : *filled.as_object()) { pinned.parameters.set(parameter, value); }
    }
    for (const auto& [name, value] : pins.environment) { environment.insert_or_assign(name, value); }
    if (pins.parameters.is_object()) {
        for (const auto& [name, value] : *pins.parameters.as_object()) { pinned.parameters.set(name, value); }
    }
    pinned.environment.assign(environment.begin(), environment.end());
    pinned.aslr = pins.aslr;
    pinned.cpus = pins.cpus;
    if (pins.umask) { pinned.umask = static_cast<unsigned>(*pins.umask); }
    add_knobs(pinned);
    pinned.knobs.push_back({"umask", umask_text(pinned.umask), KnobCheck::process});
    return pinned;
}

Pinned uncapped(const EnvelopeSettings& settings) {
    Pinned pinned;
    pinned.environment.assign(settings.environment.begin(), settings.environment.end());
    pinned.parameters = settings.parameters;
    return pinned;
}

KnobReading read_knobs(const std::vector<RequestedKnob>& requested, const Report& report) {
    KnobReading reading;
    for (const RequestedKnob& knob : requested) {
        Knob read{.name = knob.name, .requested = knob.value, .effective = std::nullopt};
        if (knob.check == KnobCheck::runtime) {
            read_runtime(knob, report, read, reading.error);
        } else if (knob.check == KnobCheck::program) {
            const auto told = report.effective.find(std::string_view(knob.name).substr(k_parameter.size()));
            if (told != report.effective.end()) { read.effective = told->second; }
            if (!reading.error && !read.effective) { reading.error = not_effective(knob, ", and the program did not report it"); }
            if (!reading.error && !is_same(knob, *read.effective)) { reading.error = not_effective(knob, cat(", and the program says ", *read.effective)); }
        } else {
            if (report.launched) {
                const auto found = report.launched->values.find(knob.name);
                if (found != report.launched->values.end()) { read.effective = found->second; }
            }
            // The program's own word is later than the child's before it.
            if (const auto told = report.effective.find(knob.name); told != report.effective.end()) { read.effective = told->second; }
            if (!reading.error && !read.effective) { reading.error = not_effective(knob, ", and the child did not say what it is there"); }
            if (!reading.error && !is_same(knob, *read.effective)) { reading.error = not_effective(knob, cat(", and is ", *read.effective)); }
        }
        reading.knobs.push_back(std::move(read));
    }
    return reading;
}

std::optional<std::string> python_hash_secret(std::string_view seed) {
    const auto number = core::parse_integer(seed);
    if (!number || *number < 0 || *number > 0xffffffffLL) { return std::nullopt; }
    std::array<std::uint8_t, 24> secret{};
    auto x = static_cast<std::uint32_t>(*number);
    if (x != 0) {
        for (std::uint8_t& byte : secret) {
            x = x * 214013U + 2531011U;
            byte = static_cast<std::uint8_t>(x >> 16U);
        }
    }
    return core::to_hex(secret);
}

}  // namespace runlake::replay
