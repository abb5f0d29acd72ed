// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_pack.hpp"

#include <map>
#include <set>

#include "core/text.hpp"
#include "git/committed.hpp"
#include "ledger/conflict.hpp"
#include "ledger/layout.hpp"
#include "ledger/pack.hpp"
#include "ledger/text.hpp"
#include "ledger/view.hpp"
#include "os/files.hpp"
#include "record/installed.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

// The files that HEAD has in a folder of ours.
class Committed {
  public:
    static core::Result<Committed> read(const git::Location& where, const std::string& folder) {
        Committed committed;
        committed.folder_ = folder;
        RL_ASSIGN(const std::string whole, os::absolute_path(folder));
        RL_ASSIGN(const std::string top, os::absolute_path(where.work_tree));
        const auto inside = os::relative_inside(whole, top);
        if (!inside) { return Error(Errc::not_found, cat("packing the ledger: ", folder, " is not in the work tree of the repository ", where.work_tree)); }
        RL_ASSIGN(committed.files_, git::committed_files(where, *inside));
        return committed;
    }
    // The text of a file that is committed as it stands; nothing: it is not, or can't be read.
    std::optional<std::string> unchanged(const std::string& name) const {
        const auto known = files_.find(name);
        if (known == files_.end()) { return std::nullopt; }
        auto text = os::read_file(os::join_path(folder_, name), ledger::k_most_entry_bytes);
        if (!text.ok()) { return std::nullopt; }
        const auto id = git::content_id(text.value());
        return id.ok() && id.value() == known->second ? std::optional(std::move(text).take()) : std::nullopt;
    }

  private:
    std::string folder_;
    std::map<std::string, std::string, std::less<>> files_;
};

// Whether unpacking could make the same bytes again.
bool is_as_written(const std::string& text) {
    const auto value = core::parse_json(text, "entry");
    return value.ok() && ledger::ledger_text(value.value()).value_or("") == text;
}

class Packing {
  public:
    explicit Packing(const record::Store& store) : store_(store), label_(record::machine_label(store)) {}

    core::Result<LedgerPackResponse> go() {
        response_.aexp = record::is_aexp_repository(store_);
        if (!os::is_dir(ledger::own_folder(store_))) { return std::move(response_); }
        RL_ASSIGN(const std::optional<git::Location> where, git::find_repository(store_.dir));
        if (!where) { return Error(Errc::not_found, cat("packing the ledger: ", store_.dir, " is in no git repository, so nothing of it is committed")); }
        RL_ASSIGN(const Committed entries, Committed::read(*where, ledger::own_folder(store_)));
        Committed extras;
        if (os::is_dir(ledger::extra_folder(store_))) { RL_ASSIGN(extras, Committed::read(*where, ledger::extra_folder(store_))); }
        RL_ASSIGN(const auto listed, os::list_dir(ledger::own_folder(store_)));
        for (const os::DirEntry& entry : listed) {
            if (!entry.name.starts_with('.') && entry.name.ends_with(ledger::k_entry_ending)) { take(entry.name, entries, extras); }
        }
        take_leftovers(extras);
        RL_TRY(write());
        RL_TRY(remove());
        return std::move(response_);
    }

  private:
    struct Taken {
        std::string id;
        std::string entry;      // compact
        std::string extra;
        bool has_extra = false;
    };

    void take(const std::string& name, const Committed& entries, const Committed& extras) {
        const std::string id = name.substr(0, name.size() - ledger::k_entry_ending.size());
        const std::optional<std::string> text = entries.unchanged(name);
        if (!text) {
            ++response_.uncommitted;
            return;
        }
        const auto kind = id.size() == 32 ? ledger::TextKind::job : ledger::TextKind::run;
        const auto claim = ledger::claim_of(*text);
        if (!claim.ok() || claim.value().kind != kind || !ledger::check_text(kind, id, *text).ok() || !is_as_written(*text)) {
            ++response_.other;
            return;
        }
        const auto whole = core::parse_json(*text, name);
        if (!whole.ok() || whole.value().string_at("registered_machine") != label_) {
            ++response_.other_machines;
            return;
        }
        Taken taken{.id = id, .entry = ledger::compact(*text)};
        if (os::exists(os::join_path(ledger::extra_folder(store_), name))) {
            const std::optional<std::string> extra = extras.unchanged(name);
            if (!extra) {
                ++response_.uncommitted;
                return;
            }
            if (!ledger::check_text(ledger::TextKind::extra, id, *extra).ok() || !is_as_written(*extra)) {
                ++response_.other;
                return;
            }
            taken.extra = ledger::compact(*extra);
            taken.has_extra = true;
        }
        taken_.push_back(std::move(taken));
    }

    // A packing that was killed may have removed an entry, and not what stood beside it.
    void take_leftovers(const Committed& extras) {
        const auto listed = os::list_dir(ledger::extra_folder(store_));
        if (!listed.ok()) { return; }
        for (const os::DirEntry& file : listed.value()) {
            if (file.name.starts_with('.') || !file.name.ends_with(ledger::k_entry_ending) || os::exists(os::join_path(ledger::own_folder(store_), file.name))) { continue; }
            if (const auto extra = extras.unchanged(file.name)) {
                leftovers_.push_back({.id = file.name.substr(0, file.name.size() - ledger::k_entry_ending.size()), .entry = {}, .extra = ledger::compact(*extra), .has_extra = true});
            }
        }
    }

    // What a packing that was killed has packed already is not packed twice.
    std::set<std::string, std::less<>> packed_already() const {
        std::set<std::string, std::less<>> known;
        const auto listed = os::list_dir(ledger::packs_folder(store_));
        if (!listed.ok()) { return known; }
        std::map<std::string_view, const Taken*> wanted;
        for (const Taken& taken : taken_) { wanted.emplace(taken.id, &taken); }
        for (const Taken& taken : leftovers_) { wanted.emplace(taken.id, &taken); }
        for (const os::DirEntry& file : listed.value()) {
            const auto bytes = os::read_file(os::join_path(ledger::packs_folder(store_), file.name), 2 * ledger::k_most_pack_bytes);
            if (!bytes.ok()) { continue; }
            const auto text = ledger::unpack(file.name, bytes.value());
            if (!text.ok()) { continue; }
            const auto entries = ledger::read_pack(text.value());
            if (!entries.ok()) { continue; }
            for (const ledger::PackedEntry& entry : entries.value()) {
                const auto at = wanted.find(entry.id);
                const bool same_entry = at != wanted.end() && (at->second->entry.empty() || at->second->entry == entry.entry);
                if (same_entry && at->second->extra == entry.extra) { known.emplace(entry.id); }
            }
        }
        return known;
    }

    core::Status write() {
        const auto known = packed_already();
        std::erase_if(leftovers_, [&](const Taken& taken) { return !known.contains(taken.id); });
        std::vector<ledger::PackedEntry> entries;   // by id, as the folder was listed
        for (const Taken& taken : taken_) {
            if (!known.contains(taken.id)) { entries.push_back({.id = taken.id, .entry = taken.entry, .extra = taken.extra}); }
        }
        if (entries.empty()) { return core::ok(); }
        RL_TRY(os::make_dirs(ledger::packs_folder(store_), 0777, os::point::ledger_pack_write));
        for (const ledger::PackFile& file : ledger::make_packs(entries)) {
            std::string path = os::join_path(ledger::packs_folder(store_), file.name);
            const auto written = os::publish_file(path, file.bytes, 0666, os::Existing::replace, os::Durability::power, os::point::ledger_pack_write);
            if (!written.ok()) { return written.error(); }
            response_.bytes += file.bytes.size();
            response_.packs.push_back(std::move(path));
        }
        response_.packed = entries.size();
        return core::ok();
    }

    core::Status remove() {
        for (const Taken& taken : leftovers_) {
            RL_TRY(os::remove_file(os::join_path(ledger::extra_folder(store_), taken.id + std::string(ledger::k_entry_ending)), os::point::ledger_pack_remove));
            ++response_.removed;
        }
        for (const Taken& taken : taken_) {
            // The entry first: what stands beside none is found by `ledger verify`, an entry without its metrics would go unnoticed.
            const std::string name = taken.id + std::string(ledger::k_entry_ending);
            RL_TRY(os::remove_file(os::join_path(ledger::own_folder(store_), name), os::point::ledger_pack_remove));
            ++response_.removed;
            if (!taken.has_extra) { continue; }
            RL_TRY(os::remove_file(os::join_path(ledger::extra_folder(store_), name), os::point::ledger_pack_remove));
            ++response_.removed;
        }
        return core::ok();
    }

    const record::Store& store_;
    std::string label_;
    std::vector<Taken> taken_;
    std::vector<Taken> leftovers_;    // without an entry
    LedgerPackResponse response_;
};

}  // namespace

core::Result<LedgerPackResponse> ledger_pack(const record::Store& store) { return Packing(store).go(); }

core::Json to_json(const LedgerPackResponse& response) {
    Json packs = Json::array();
    for (const std::string& path : response.packs) { packs.push(path); }
    Json json = Json::object();
    json.set("packed", response.packed).set("packs", std::move(packs)).set("bytes", response.bytes).set("removed", response.removed);
    return json.set("other_machines", response.other_machines).set("uncommitted", response.uncommitted).set("other", response.other).set("aexp", response.aexp);
}

}  // namespace runlake::ops
