// SPDX-License-Identifier: Apache-2.0
// Pins as they are applied to a child and asked back from it: presets put in, each knob with the way in which its effective value is known. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "replay/outcome.hpp"
#include "replay/report.hpp"
#include "replay/spec.hpp"

namespace runlake::replay {

// Who can say what a knob is worth inside the child.
enum class KnobCheck : std::uint8_t {
    process,     // the kernel's and libc's own state, and variables: known in the child itself, just before it becomes the program
    runtime,     // a library's or interpreter's: asked of the program's own process when it ends, or told by the program
    program,     // a parameter of the program: it alone can tell
};

struct RequestedKnob {
    std::string name;            // "OMP_NUM_THREADS", "aslr", "cpus", "umask", "parameters.deterministic"
    std::string value;
    KnobCheck check = KnobCheck::process;
};

struct Pinned {
    std::vector<std::pair<std::string, std::string>> environment;   // by name; k_fresh_folder stands for a folder of the child's own
    core::Json parameters = core::Json::object();
    std::optional<bool> aslr;
    std::vector<int> cpus;
    unsigned umask = 022;
    std::vector<RequestedKnob> knobs;                               // by name
};
inline constexpr std::string_view k_fresh_folder = "{fresh}";

// Presets first, then what is pinned by itself. Errc::usage for a preset that is not known (with the nearest).
core::Result<Pinned> resolve_pins(const Pins& pins);
// Of un-capped runs: nothing is pinned but what the envelope's own settings say.
Pinned uncapped(const EnvelopeSettings& settings);

// What the knobs were worth, by what the child said. The first that was not effective, or of which nothing is known, is `error`.
struct KnobReading {
    std::vector<Knob> knobs;
    std::optional<ReplayError> error;
};
KnobReading read_knobs(const std::vector<RequestedKnob>& requested, const Report& report);

// The 24 bytes that CPython fills from PYTHONHASHSEED, as hex: the same recipe, so that a seed can be recognised. Nothing for "random" and what is no seed.
std::optional<std::string> python_hash_secret(std::string_view seed);

}  // namespace runlake::replay
