// SPDX-License-Identifier: Apache-2.0
// The measured envelope of a cell, D0: a committed file .runlake/epsilon/<key>.json (docs/formats/envelope.md).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "replay/statistics.hpp"

namespace runlake::replay {

// What an envelope was measured against. Two are the same measurement when all of it is equal; an absent part equals only an absent one of a declared "none".
struct EnvelopeKey {
    std::string image;                            // digest, or the fallback's with "fallback:" before it
    std::string cell;
    std::string metric;
    std::string config;                           // digest of command, pins and parameters of the un-capped configuration, or "none"
    std::string inputs;                           // digest, or "none"
    bool operator==(const EnvelopeKey&) const = default;
};
// The first part that differs ("image", "cell", ...); nothing when equal. An empty part on either side differs.
std::optional<std::string> stale_part(const EnvelopeKey& measured, const EnvelopeKey& expected);

// Runs that one host gave at one time.
struct EnvelopePart {
    std::string host;                             // its label, for people
    core::Timestamp measured_at;
    int runs = 0;
    bool operator==(const EnvelopePart&) const = default;
};

struct Envelope {
    EnvelopeKey key;
    Method method = Method::automatic;            // as asked
    std::vector<double> values;
    Bound bound;                                  // computed again from the values when it is read; what the file says must agree
    core::Timestamp measured_at;                  // of the last part
    std::optional<std::int64_t> n_test;           // denominator of a ratio metric: one changed prediction is 1/n_test
    std::vector<EnvelopePart> parts;              // in the order of the values
    std::vector<int> runs_by_part() const;
    core::Timestamp begun_at() const;             // of the earliest part
    std::string id() const;                       // the file's name: 32 hex digits over key, method and n
};

core::Json to_json(const Envelope& envelope);
core::Result<Envelope> parse_envelope(std::string_view text);   // corrupt, unsupported

std::string envelope_folder(const record::Store& store);
core::Result<std::string> write_envelope(const record::Store& store, const Envelope& envelope);   // its path
// All envelopes of a store, read once. A damaged file is told in `problems` and passed over.
class Envelopes {
  public:
    static Envelopes load(const record::Store& store);
    // The envelope to use for a cell: of those for cell and metric one that fits the whole key (the largest n, then the latest), else the latest that does not (so that
    // the verdict can say what is stale). Null when there is none at all. Valid as long as this.
    const Envelope* find(const EnvelopeKey& expected) const;
    const std::vector<std::string>& problems() const { return problems_; }
    std::size_t size() const { return count_; }

  private:
    std::map<std::pair<std::string, std::string>, std::vector<Envelope>> by_cell_;   // cell and metric
    std::vector<std::string> problems_;
    std::size_t count_ = 0;
};

}  // namespace runlake::replay
