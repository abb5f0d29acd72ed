// SPDX-License-Identifier: Apache-2.0
// The replay spec: a YAML file that says which cells are run again, how, and what they are compared with (docs/formats/replay-spec.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "replay/canonical.hpp"
#include "replay/parity.hpp"
#include "replay/statistics.hpp"

namespace runlake::replay {

enum class MetricKind : std::uint8_t { report, json, file, stdout_text };

// Where the value of a cell comes from.
struct MetricSource {
    MetricKind kind = MetricKind::report;
    std::string name;             // of the metric: "f1"; "" with report: the only one
    std::string file;             // json, file: relative to the working directory
    std::string pointer;          // json, or stdout that is one JSON document: "/scores/f1"
    std::string prefix;           // stdout: the one line that begins with it; "" and no pointer: all of stdout is the number
    bool operator==(const MetricSource&) const = default;
};

// Knobs, split by when they are read.
struct Pins {
    std::vector<std::string> presets;                        // python numpy lightgbm xgboost pytorch tensorflow openmp
    std::map<std::string, std::string> environment;          // spawn time: in the child's environment at exec
    core::Json parameters = core::Json::object();            // worker time: handed to the child as JSON (RUNLAKE_REPLAY_PARAMETERS)
    std::optional<int> threads;                              // the thread count of the presets; 1 unless said
    std::optional<bool> aslr;                                // false: off
    std::vector<int> cpus;                                   // affinity; empty: as it is
    std::optional<std::string> locale;                       // LC_ALL
    std::optional<std::string> time_zone;                    // TZ
    std::optional<int> umask;
    std::vector<std::string> pass;                           // variables of the caller that the child keeps, beside the usual few
    bool operator==(const Pins&) const = default;
};

struct Limits {
    std::optional<double> seconds;
    std::optional<std::uint64_t> memory_bytes;
    bool operator==(const Limits&) const = default;
};

struct EnvelopeSettings {
    int runs = k_fewest_envelope_runs;                       // at least 10
    Method method = Method::automatic;
    std::optional<std::int64_t> n_test;
    std::map<std::string, std::string> environment;          // of the un-capped runs; nothing of Pins applies to them
    core::Json parameters = core::Json::object();
    bool operator==(const EnvelopeSettings&) const = default;
};

// One cell, whole: defaults of the file and its dimensions have been put in.
struct Cell {
    std::string name;                                        // "btc/fold3"
    std::vector<std::pair<std::string, std::string>> dimensions;
    std::vector<std::string> command;                        // argv
    std::string directory = ".";                             // relative to the project root
    MetricSource metric;
    std::vector<std::string> artifacts;                      // relative to the directory
    std::optional<std::vector<std::string>> inputs;          // nothing: not said; empty: there are none
    Pins pins;
    Limits limits;
    int replicas = 2;
    CanonicalSource canonical;
    EnvelopeSettings envelope;
    Provenance provenance;                                   // what the spec states of the replay: image, instance_type, feature_version, ...
};

struct ReplaySpec {
    std::string path;                                        // as given
    double eps_num = 0;
    bool parallel = false;                                   // replicas of a cell side by side
    ParityPolicy policy;
    std::vector<Cell> cells;                                 // in the order of the file; names differ
    std::string digest;                                      // SHA-256 of the text, hex
};

// Errc::usage with every mistake as "file:line:column: what", unknown keys with the nearest known one; unsupported for a newer version.
core::Result<ReplaySpec> parse_spec(std::string_view text, const std::string& path);
core::Result<ReplaySpec> load_spec(const std::string& path);

const std::vector<std::string>& preset_names();

// Digest of what a cell does: command, directory, metric, parameters, environment. "config/1:<64 hex>". `uncapped`: of its envelope runs.
std::string config_digest(const Cell& cell, bool uncapped);
// Digest over inputs as read ("inputs/1:<64 hex>", "none" for an empty list; nothing when a file is missing).
struct FileDigest;
std::optional<std::string> inputs_digest(const std::vector<FileDigest>& inputs);

}  // namespace runlake::replay
