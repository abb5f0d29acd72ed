// SPDX-License-Identifier: Apache-2.0
// Any bytes as a result, an environment, an envelope, a canonical or a verdict: a value or an error, and what is read agrees with itself.
#include <cmath>
#include <string>

#include "replay/canonical_source.hpp"
#include "replay/explain.hpp"
#include "replay/metric.hpp"
#include "replay/probes.hpp"
#include "replay/provenance.hpp"
#include "replay/verdict.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace replay = runlake::replay;

namespace {

void demand_reading(const replay::MetricReading& reading) {
    if (const auto* value = std::get_if<replay::MetricValue>(&reading)) {
        DEMAND(replay::is_finite(value->value));
    } else {
        DEMAND(!std::get<replay::ReplayError>(reading).detail.empty());
        DEMAND(std::get<replay::ReplayError>(reading).detail.size() < 1000);
    }
}

void read_metrics(std::string_view text) {
    replay::MetricSource source;
    source.kind = replay::MetricKind::stdout_text;
    demand_reading(replay::read_metric(source, text));
    source.prefix = "f1=";
    demand_reading(replay::read_metric(source, text));
    source.prefix = "";
    source.pointer = "/f1";
    demand_reading(replay::read_metric(source, text));
}

}  // namespace

RUNLAKE_FUZZ {
    read_metrics(text);
    if (const auto dimensions = replay::parse_environment(text); dimensions.ok()) {
        for (const auto& [name, value] : dimensions.value()) { DEMAND(replay::is_dimension_name(name) && !value.empty()); }
    }
    if (const auto envelope = replay::parse_envelope(text); envelope.ok()) {
        DEMAND(envelope.value().values.size() >= 10);
        DEMAND(replay::is_finite(envelope.value().bound.eps_prod) && envelope.value().bound.eps_prod >= 0);
        const auto again = replay::parse_envelope(core::to_json(replay::to_json(envelope.value())));
        DEMAND(again.ok() && again.value().id() == envelope.value().id());
    } else {
        DEMAND(envelope.error().code() == core::Errc::corrupt || envelope.error().code() == core::Errc::unsupported);
    }
    if (const auto canonical = replay::canonical_of_json(text, {}, "f1", replay::default_policy()); canonical.ok()) { DEMAND(!canonical.value().text.empty()); }
    if (const auto verdict = replay::parse_verdict(text); verdict.ok()) {
        DEMAND(!replay::explain(verdict.value()).meaning.empty());
    } else {
        DEMAND(verdict.error().code() == core::Errc::corrupt || verdict.error().code() == core::Errc::unsupported);
    }
}
