// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_tag.hpp"

#include <algorithm>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "record/recorder.hpp"

namespace runlake::ops {
namespace {

constexpr std::size_t k_longest_name = 250;

using Tag = std::pair<std::string, std::optional<std::string>>;

core::Result<Tag> parse_tag(const std::string& word) {
    const auto wrong = [&](std::string_view why) { return core::Error(core::Errc::usage, core::cat("tag \"", core::valid_utf8(word), "\": ", why)); };
    if (core::valid_utf8(word) != word) { return wrong("it is not valid UTF-8"); }
    const std::size_t equals = word.find('=');
    Tag tag;
    if (equals != std::string::npos) {
        tag = {word.substr(0, equals), word.substr(equals + 1)};
    } else if (word.ends_with('-')) {
        tag = {word.substr(0, word.size() - 1), std::nullopt};
    } else {
        return wrong("write name=value to set a tag, name- to remove it");
    }
    if (tag.first.empty()) { return wrong("the name is missing"); }
    if (tag.first.size() > k_longest_name) { return wrong("the name is longer than 250 bytes"); }
    return tag;
}

std::string redacted(std::string_view name, const std::string& value) {
    const core::Json json = core::redact_value(name, value);
    const std::string* text = json.as_string();
    return text == nullptr ? value : *text;
}

core::Result<std::vector<Tag>> parse_tags(const RunsTagRequest& request) {
    std::vector<Tag> tags;
    for (const std::string& word : request.words) {
        RL_ASSIGN(Tag tag, parse_tag(word));
        if (std::ranges::any_of(tags, [&](const Tag& other) { return other.first == tag.first; })) {
            return core::Error(core::Errc::usage, core::cat("tag \"", tag.first, "\" is given twice"));
        }
        tags.push_back(std::move(tag));
    }
    return tags;
}

}  // namespace

core::Status check(const RunsTagRequest& request) {
    RL_TRY(core::RunIdPrefix::parse(request.id));
    RL_TRY(parse_tags(request));
    return core::ok();
}

core::Result<RunsTagResponse> runs_tag(const RunsTagRequest& request) {
    RL_TRY(core::RunIdPrefix::parse(request.id));
    RL_ASSIGN(std::vector<Tag> tags, parse_tags(request));
    Notes notes;
    RL_ASSIGN(const core::RunId id, find_one(request.scope, request.id, notes));

    record::LogRecord record{.header = {.run = id}};
    for (Tag& tag : tags) {
        // What is told is what the recorder will write.
        if (tag.second) { tag.second = redacted(tag.first, *tag.second); }
        record.tags.set(tag.first, tag.second);
    }
    const auto recorder = record::Recorder::open(request.scope.store, {.durability = request.durability, .warn_on_stderr = false});
    auto recorded = recorder->log(std::move(record));
    if (!recorded.ok()) { return std::move(recorded).take_error().context(core::cat("recording tags of run ", id.brief())); }
    return RunsTagResponse{id, std::move(tags), std::move(notes)};
}

core::Json to_json(const RunsTagResponse& response) {
    core::Json tags = core::Json::object();
    for (const auto& [name, value] : response.tags) { tags.set(name, value); }
    return core::Json::object().set("run_id", response.id.str()).set("tags", std::move(tags));
}

}  // namespace runlake::ops
