// SPDX-License-Identifier: Apache-2.0
// Where a replay's events go, as settings and options say it.
#include "core/text.hpp"
#include "ops/observe_push.hpp"
#include "ops/replay_decide.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::string_view k_push_path = "/loki/api/v1/push";

bool is_prefix(std::string_view text) {
    return text.size() <= 60 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == std::string_view::npos;
}

bool is_label(std::string_view name) {
    return !name.empty() && (name.front() < '0' || name.front() > '9') &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

}  // namespace

core::Result<ReplayEvents> replay_events(const record::Settings& settings, const std::optional<std::string>& file, const std::optional<std::string>& prefix) {
    ReplayEvents events;
    events.prefix = prefix.value_or(settings.text("replay.event_prefix"));
    if (!is_prefix(events.prefix)) { return core::Error(core::Errc::usage, cat("the prefix of events \"", core::cut_utf8(core::valid_utf8(events.prefix), 60), "\" is letters, digits, _, . and -")); }
    events.file = file ? file : settings.text_if("replay.events_file");
    events.loki_url = settings.text_if("replay.loki_url");
    if (events.loki_url && !events.loki_url->ends_with(k_push_path)) {
        while (events.loki_url->ends_with('/')) { events.loki_url->pop_back(); }
        *events.loki_url += k_push_path;
    }
    auto labels = parse_headers(settings.text("replay.loki_labels"));
    if (!labels.ok()) { return std::move(labels).take_error().context("replay.loki_labels"); }
    for (const auto& [name, value] : labels.value()) {
        if (!is_label(name)) { return core::Error(core::Errc::usage, cat("replay.loki_labels: \"", name, "\" is no name of a label: letters, digits and _")); }
        events.loki_labels.emplace_back(name, value);
    }
    auto headers = parse_headers(settings.text("replay.loki_headers"));
    if (!headers.ok()) { return std::move(headers).take_error().context("replay.loki_headers"); }
    events.loki_headers = std::move(headers).take();
    return events;
}

}  // namespace runlake::ops
