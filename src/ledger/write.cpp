// SPDX-License-Identifier: Apache-2.0
#include "ledger/write.hpp"

#include <optional>

#include "core/text.hpp"
#include "ledger/layout.hpp"
#include "ledger/standing.hpp"
#include "ledger/text.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

struct Known {
    std::string text;
    Json value;
};

// What stands in a file of ours now. Nothing: no file, or one that is damaged and may be replaced.
core::Result<std::optional<Known>> known_at(const std::string& path, TextKind kind, const std::string& id) {
    auto text = os::read_file(path, k_most_entry_bytes);
    if (!text.ok()) {
        if (text.error().code() == Errc::not_found) { return std::optional<Known>(); }
        return std::move(text).take_error();
    }
    auto sides = split_conflict(text.value());
    if (!sides.ok() || sides.value()) { return Error(Errc::conflict, cat("writing ", path, ": it holds both sides of a merge; `runlake ledger verify --fix` puts it right")); }
    const core::Status checked = check_text(kind, id, text.value());
    if (!checked.ok()) {
        if (checked.error().code() == Errc::unsupported) { return Error(Errc::unsupported, cat("writing ", path, ": ", checked.error().message())); }
        return std::optional<Known>();
    }
    RL_ASSIGN(Json value, core::parse_json(text.value(), path));
    return std::optional(Known{std::move(text).take(), std::move(value)});
}

bool is_same_but_for_promotion(const Json& a, const Json& b) {
    const auto text = [](Json value) {
        value.set("promoted_at", nullptr);
        return ledger_text(value).value_or("");
    };
    return text(a) == text(b);
}

// Whether two entries tell of one execution: it ended so, then.
bool is_same_execution(const Json& a, const Json& b) {
    const auto ended = a.string_at("ended_at");
    return ended && ended == b.string_at("ended_at") && a.string_at("status") == b.string_at("status");
}

core::Status publish(const std::string& path, const std::string& text, os::Durability durability, os::Point point) {
    core::Status done = os::publish_file(path, text, 0666, os::Existing::replace, durability, point);
    if (done.ok() || done.error().code() != Errc::not_found) { return done; }
    RL_TRY(os::make_dirs(os::parent_path(path), 0777, point));
    return os::publish_file(path, text, 0666, os::Existing::replace, durability, point);
}

}  // namespace

std::string entry_path(const record::Store& store, TextKind kind, const std::string& id) {
    return cat(kind == TextKind::job ? job_folder(store) : own_folder(store), '/', id, k_entry_ending);
}
std::string extra_path(const record::Store& store, const std::string& id) { return cat(extra_folder(store), '/', id, k_entry_ending); }

core::Result<WrittenEntry> write_entry(const record::Store& store, NewEntry entry) {
    WrittenEntry done{.path = entry_path(store, entry.kind, entry.id), .extra_path = extra_path(store, entry.id)};
    RL_ASSIGN(const std::optional<Known> before, known_at(done.path, entry.kind, entry.id));
    RL_ASSIGN(const std::optional<Known> extra_before, known_at(done.extra_path, TextKind::extra, entry.id));
    const std::string machine = entry.entry.string_at("registered_machine").value_or("");
    if (before && entry.label == Label::by_default && before->value.string_at("registered_machine") != machine) {
        if (is_same_execution(before->value, entry.entry)) {
            const Json kept = *before->value.find("registered_machine");
            entry.entry.set("registered_machine", kept);
            entry.extra.set("registered_machine", kept);
        } else {
            RL_ASSIGN(const std::string mine, ledger_text(entry.entry));
            RL_ASSIGN(const Standing theirs, standing_of(entry.kind, entry.id, before->text));
            RL_ASSIGN(const Standing ours, standing_of(entry.kind, entry.id, mine));
            if (!stands_before(ours, theirs)) {
                done.kept_other = true;
                return done;
            }
        }
    }
    const bool same_entry = before && is_same_but_for_promotion(before->value, entry.entry);
    const bool same_extra = extra_before && is_same_but_for_promotion(extra_before->value, entry.extra);
    if (same_entry && same_extra) { return done; }
    RL_ASSIGN(const std::string text, ledger_text(entry.entry));
    RL_ASSIGN(const std::string extra_text, ledger_text(entry.extra));
    // A text that this program would not read itself is no entry.
    RL_TRY(check_text(entry.kind, entry.id, text));
    RL_TRY(check_text(TextKind::extra, entry.id, extra_text));
    // The extra first: whoever sees the entry finds what belongs to it.
    if (!same_extra) { RL_TRY(publish(done.extra_path, extra_text, entry.durability, os::point::ledger_extra_write)); }
    if (!same_entry) { RL_TRY(publish(done.path, text, entry.durability, os::point::ledger_entry_write)); }
    done.written = true;
    return done;
}

}  // namespace runlake::ledger
