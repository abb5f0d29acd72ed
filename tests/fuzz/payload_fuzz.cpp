// SPDX-License-Identifier: Apache-2.0
// Any bytes as the payload of a journal record: what reads is written as a payload that reads as the same.
#include <string>
#include <variant>

#include "record/model.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace record = runlake::record;

namespace {

template <class Kind>
void demand_same(const Kind& kind) {
    const std::string payload = record::to_payload(kind);
    const auto again = record::parse_payload(payload);
    DEMAND(again.ok());
    const auto* back = std::get_if<Kind>(&again.value());
    DEMAND(back != nullptr && record::to_payload(*back) == payload);
}

}  // namespace

RUNLAKE_FUZZ {
    const auto read = record::parse_payload(text);
    if (!read.ok()) {
        DEMAND(!read.error().message().empty() && read.error().message().size() < 500);
        return;
    }
    if (const auto* start = std::get_if<record::StartRecord>(&read.value())) { demand_same(*start); }
    if (const auto* log = std::get_if<record::LogRecord>(&read.value())) { demand_same(*log); }
    if (const auto* end = std::get_if<record::EndRecord>(&read.value())) { demand_same(*end); }
    if (const auto* loss = std::get_if<record::LossRecord>(&read.value())) { demand_same(*loss); }
}
