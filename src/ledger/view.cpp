// SPDX-License-Identifier: Apache-2.0
#include "ledger/view.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "core/text.hpp"
#include "ledger/conflict.hpp"
#include "ledger/layout.hpp"
#include "ledger/pack.hpp"
#include "ledger/standing.hpp"
#include "ledger/text.hpp"
#include "ledger/view_cache.hpp"
#include "os/files.hpp"
#include "os/folder_stat.hpp"
#include "os/parallel.hpp"
#include "os/stamp.hpp"

namespace runlake::ledger {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::size_t k_few = 64;              // so many that were read anew are no reason to write the cache
constexpr std::size_t k_files_a_turn = 256;
constexpr std::size_t k_aexp = 0;              // the folders, by their numbers
constexpr std::size_t k_own = 1;
constexpr std::size_t k_extras = 2;
constexpr std::int64_t k_young_ns = 2'000'000'000;

// One file of a folder of the ledger, as far as it is known.
struct Found {
    std::string name;                          // "<folder's number>/<id>.json": its name in the cache
    std::size_t id_at = 2;
    std::string path;
    os::Stamp stamp;
    std::string owned;                         // the text, when it was read now
    std::string_view text;                     // compact
    std::optional<Error> why;                  // it can't be read
    bool conflicted = false;
    bool fresh = false;                        // read now, and may go to the cache
    std::string_view id() const { return std::string_view(name).substr(id_at, name.size() - id_at - k_entry_ending.size()); }
};

struct UnpackedPack {
    std::string path;
    std::string name;
    std::string text;
    std::vector<PackedEntry> entries;
    std::vector<std::pair<std::string, Error>> bad;   // ids of entries that are none
    std::optional<Error> why;
    bool checked = false;                             // now, and all is good
};

std::optional<TextKind> kind_of(std::string_view id) {
    if (core::JobId::parse(id).ok()) { return TextKind::job; }
    if (const auto run = core::RunId::parse(id); run.ok() && run.value().str() == id) { return TextKind::run; }
    return std::nullopt;
}

core::Result<std::string> good_text(TextKind kind, std::string_view id, std::string_view text, bool& conflicted) {
    RL_ASSIGN(const std::optional<Sides> sides, split_conflict(text));
    conflicted = sides.has_value();
    if (sides) { return merge_texts(kind, id, sides->ours, sides->theirs); }
    RL_TRY(check_text(kind, id, text));
    return std::string(text);
}

void read_found(Found& file, std::size_t folder, os::FolderStat& stats, const ViewCache& cache) {
    const bool is_extra = folder == k_extras;
    const auto info = stats.look(file.path);
    if (!info) {
        auto text = os::read_file(file.path);
        file.why = text.ok() ? Error(Errc::io, cat("reading ", file.path, ": it can't be looked at")) : std::move(text).take_error();
        return;
    }
    if (!S_ISREG(info->st_mode)) {   // anything else may never end: a pipe, a device
        file.why = Error(Errc::corrupt, "it is no file");
        return;
    }
    file.stamp = os::Stamp::of(*info);
    if (const CachedFile* known = cache.find(file.name); known != nullptr && known->stamp == file.stamp) {
        file.text = known->text;
        return;
    }
    const std::optional<TextKind> kind = kind_of(file.id());
    if (!kind) {
        file.why = Error(Errc::corrupt, "its name is no id of a job or run");
        return;
    }
    if (folder == k_aexp && *kind != TextKind::job) {
        file.why = Error(Errc::corrupt, "only entries of jobs stand in this folder, those of runs in .runlake/ledger");
        return;
    }
    const std::int64_t now = os::stamping_clock_ns();
    auto text = os::read_file(file.path, k_most_entry_bytes);
    if (!text.ok()) {
        file.why = std::move(text).take_error();
        return;
    }
    auto good = good_text(is_extra ? TextKind::extra : *kind, file.id(), text.value(), file.conflicted);
    if (!good.ok()) {
        file.why = std::move(good).take_error();
        return;
    }
    file.owned = compact(good.value());
    file.text = file.owned;
    // Changed again within the clock's tick it would look the same.
    file.fresh = !file.conflicted && file.stamp.newest_ns() + k_young_ns < now;
}

// The files of a folder that may be entries. A missing folder holds none; one that can't be listed is left out.
std::vector<Found> list_folder(const std::string& folder, int number, std::vector<LeftOut>& left_out) {
    std::vector<Found> files;
    auto listed = os::list_dir(folder);
    if (!listed.ok()) {
        if (listed.error().code() != Errc::not_found) { left_out.push_back({folder, std::move(listed).take_error()}); }
        return files;
    }
    const std::string prefix = cat(number, '/');
    files.reserve(listed.value().size());
    for (const os::DirEntry& entry : listed.value()) {
        if (entry.name.starts_with('.') || !entry.name.ends_with(k_entry_ending)) { continue; }
        Found file;
        file.name = prefix + entry.name;
        file.path = os::join_path(folder, entry.name);
        files.push_back(std::move(file));
    }
    return files;
}

void read_one_pack(UnpackedPack& pack, const ViewCache& cache) {
    auto bytes = os::read_file(pack.path, k_most_pack_bytes * 2);
    if (!bytes.ok()) {
        pack.why = std::move(bytes).take_error();
        return;
    }
    auto text = unpack(pack.name, bytes.value());
    if (!text.ok()) {
        pack.why = std::move(text).take_error();
        return;
    }
    pack.text = std::move(text).take();
    auto entries = read_pack(pack.text);
    if (!entries.ok()) {
        pack.why = std::move(entries).take_error();
        return;
    }
    pack.entries = std::move(entries).take();
    if (cache.has_pack(pack.name)) { return; }
    // The name is a digest of the bytes: what was found good once stays good.
    std::erase_if(pack.entries, [&](const PackedEntry& entry) {
        const std::optional<TextKind> kind = kind_of(entry.id);
        core::Status checked = kind ? check_text(*kind, entry.id, entry.entry) : core::Status(Error(Errc::corrupt, "there is no such id"));
        if (checked.ok() && !entry.extra.empty()) { checked = check_text(TextKind::extra, entry.id, entry.extra); }
        if (!checked.ok()) { pack.bad.emplace_back(entry.id, std::move(checked).take_error()); }
        return !pack.bad.empty() && pack.bad.back().first == entry.id;
    });
    pack.checked = pack.bad.empty();
}

std::vector<UnpackedPack> list_packs(const record::Store& store, std::vector<LeftOut>& left_out) {
    std::vector<UnpackedPack> packs;
    const std::string folder = packs_folder(store);
    auto listed = os::list_dir(folder);
    if (!listed.ok()) {
        if (listed.error().code() != Errc::not_found) { left_out.push_back({folder, std::move(listed).take_error()}); }
        return packs;
    }
    for (const os::DirEntry& entry : listed.value()) {
        if (entry.name.starts_with('.') || !entry.name.ends_with(k_pack_ending)) { continue; }
        UnpackedPack pack;
        pack.path = os::join_path(folder, entry.name);
        pack.name = entry.name;
        packs.push_back(std::move(pack));
    }
    return packs;
}

// Of several items of one id the one that stands: of each machine its latest, then as stands_before() says.
std::size_t pick(const std::vector<Item>& items, std::size_t begin, std::size_t end) {
    struct Candidate {
        std::size_t at;
        Standing standing;
    };
    std::vector<Candidate> candidates;
    for (std::size_t i = begin; i < end; ++i) {
        auto standing = standing_of(items[i].is_job() ? TextKind::job : TextKind::run, items[i].id, items[i].text);
        if (!standing.ok()) { continue; }
        const auto same = std::ranges::find(candidates, standing.value().machine, [](const Candidate& one) { return one.standing.machine; });
        if (same == candidates.end()) {
            candidates.push_back({i, std::move(standing).take()});
        } else if (stands_before(standing.value(), same->standing)) {
            *same = {i, std::move(standing).take()};
        }
    }
    if (candidates.empty()) { return begin; }
    const auto best = std::ranges::min_element(candidates, [&](const Candidate& a, const Candidate& b) {
        if (stands_before(a.standing, b.standing)) { return true; }
        return !stands_before(b.standing, a.standing) && items[a.at].text < items[b.at].text;
    });
    return best->at;
}

}  // namespace

struct View::Body {
    std::string cache_bytes;
    std::array<std::vector<Found>, 3> files;     // .aexp/ledger, ledger, ledger-extra
    std::vector<UnpackedPack> packs;
    std::vector<Item> items;                     // by id
    std::unordered_map<std::string_view, const Item*> by_id;
    std::vector<LeftOut> left_out;

    void read(const record::Store& store, const ViewOptions& options);
    void collect();
    void save_cache(const record::Store& store, const std::set<std::string, std::less<>>& packs_known, std::size_t cached) const;
};

void View::Body::read(const record::Store& store, const ViewOptions& options) {
    ViewCache cache = options.cache ? ViewCache::load(store) : ViewCache();
    if (!store.root.empty()) { files[k_aexp] = list_folder(aexp_folder(store), 0, left_out); }
    files[k_own] = list_folder(own_folder(store), 1, left_out);
    files[k_extras] = list_folder(extra_folder(store), 2, left_out);
    packs = list_packs(store, left_out);
    os::for_each_index(packs.size(), 1, [&](std::size_t i) { read_one_pack(packs[i], cache); });
    for (std::size_t folder = 0; folder < files.size(); ++folder) {
        const std::size_t count = files[folder].size();
        os::for_each_index((count + k_files_a_turn - 1) / k_files_a_turn, 1, [&](std::size_t turn) {
            os::FolderStat stats;
            const std::size_t end = std::min((turn + 1) * k_files_a_turn, count);
            for (std::size_t i = turn * k_files_a_turn; i < end; ++i) { read_found(files[folder][i], folder, stats, cache); }
        });
    }
    const std::size_t cached = cache.size();
    std::set<std::string, std::less<>> packs_known;
    for (const UnpackedPack& pack : packs) {
        if (pack.checked || (!pack.why && cache.has_pack(pack.name))) { packs_known.insert(pack.name); }
    }
    const bool packs_new = std::ranges::any_of(packs, &UnpackedPack::checked);
    std::size_t fresh = 0;
    std::size_t kept = 0;
    for (const auto& folder : files) {
        fresh += static_cast<std::size_t>(std::ranges::count_if(folder, &Found::fresh));
        kept += static_cast<std::size_t>(std::ranges::count_if(folder, [](const Found& file) { return !file.why && file.owned.empty(); }));
    }
    cache_bytes = std::move(cache).take_bytes();
    if (options.cache && (packs_new || fresh > k_few + (cached / 20) || kept + k_few + (cached / 2) < cached)) { save_cache(store, packs_known, fresh + kept); }
    collect();
}

void View::Body::save_cache(const record::Store& store, const std::set<std::string, std::less<>>& packs_known, std::size_t count) const {
    std::vector<CachedFile> cached;
    cached.reserve(count);
    for (const auto& folder : files) {   // by name: folders are numbered, and each is sorted
        for (const Found& file : folder) {
            if (!file.why && !file.conflicted && (file.fresh || file.owned.empty())) { cached.push_back({file.name, file.stamp, file.text}); }
        }
    }
    ViewCache::save(store, cached, packs_known);
}

void View::Body::collect() {
    std::size_t count = files[k_aexp].size() + files[k_own].size();
    for (const UnpackedPack& pack : packs) { count += pack.entries.size(); }
    items.reserve(count);
    std::unordered_map<std::string_view, std::string_view> extras;
    extras.reserve(files[k_extras].size());
    for (const Found& file : files[k_extras]) {
        if (!file.why) { extras.emplace(file.id(), file.text); }
    }
    const auto extra_of = [&](std::string_view id) -> std::string_view {
        const auto at = extras.find(id);
        return at != extras.end() ? at->second : std::string_view();
    };
    for (std::size_t folder = 0; folder < 2; ++folder) {
        for (Found& file : files[folder]) {
            if (file.why) {
                left_out.push_back({file.path, *std::move(file.why)});
            } else {
                items.push_back({.id = file.id(), .text = file.text, .extra = extra_of(file.id()), .path = file.path, .packed = false, .conflicted = file.conflicted});
            }
        }
    }
    for (Found& file : files[k_extras]) {
        if (file.why) { left_out.push_back({file.path, *std::move(file.why)}); }
    }
    for (UnpackedPack& pack : packs) {
        if (pack.why) { left_out.push_back({pack.path, *std::move(pack.why)}); }
        for (auto& [id, why] : pack.bad) { left_out.push_back({pack.path, std::move(why).context(id)}); }
        for (const PackedEntry& entry : pack.entries) {
            const std::string_view loose = extra_of(entry.id);
            items.push_back({.id = entry.id, .text = entry.entry, .extra = loose.empty() ? entry.extra : loose, .path = pack.path, .packed = true});
        }
    }
    std::ranges::stable_sort(items, {}, &Item::id);
    std::size_t out = 0;
    for (std::size_t i = 0; i < items.size();) {
        std::size_t end = i + 1;
        while (end < items.size() && items[end].id == items[i].id) { ++end; }
        items[out++] = items[end == i + 1 ? i : pick(items, i, end)];
        i = end;
    }
    items.resize(out);
    by_id.reserve(items.size());
    for (const Item& item : items) { by_id.emplace(item.id, &item); }
    std::ranges::stable_sort(left_out, {}, &LeftOut::path);
}

View::View(std::unique_ptr<Body> body) : body_(std::move(body)) {}
View::View(View&&) noexcept = default;
View& View::operator=(View&&) noexcept = default;
View::~View() = default;

View View::open(const record::Store& store, const ViewOptions& options) {
    auto body = std::make_unique<Body>();
    body->read(store, options);
    return View(std::move(body));
}

std::span<const Item> View::items() const { return body_->items; }
const std::vector<LeftOut>& View::left_out() const { return body_->left_out; }

const Item* View::find(std::string_view id) const {
    const auto at = body_->by_id.find(id);
    return at != body_->by_id.end() ? at->second : nullptr;
}

core::Result<const Item*> View::find_run(std::string_view text) const {
    RL_ASSIGN(const core::RunIdPrefix prefix, core::RunIdPrefix::parse(text));
    auto at = std::ranges::lower_bound(body_->items, std::string_view(prefix.str()), {}, &Item::id);
    std::vector<const Item*> matches;
    for (; at != body_->items.end() && at->id.starts_with(prefix.str()); ++at) {
        if (!at->is_job()) { matches.push_back(&*at); }
    }
    if (matches.empty()) { return Error(Errc::not_found, cat("no run ", prefix.str(), " in the ledger")); }
    if (matches.size() == 1) { return matches.front(); }
    constexpr std::size_t k_most_named = 10;
    std::string message = cat("several runs of the ledger begin with ", prefix.str(), ':');
    for (std::size_t i = 0; i < std::min(matches.size(), k_most_named); ++i) { message += cat(' ', matches[i]->id); }
    if (matches.size() > k_most_named) { message += cat(" and ", matches.size() - k_most_named, " more"); }
    return Error(Errc::conflict, std::move(message));
}

core::Result<JobEntry> Item::job() const {
    RL_ASSIGN(const JobId job, JobId::parse(id));
    return parse_job_entry(text, job, CheckId::no);
}

core::Result<RunEntry> Item::run() const {
    RL_ASSIGN(const core::RunId run, core::RunId::parse(id));
    return parse_run_entry(text, run);
}

core::Result<std::optional<Extra>> Item::read_extra() const {
    if (extra.empty()) { return std::optional<Extra>(); }
    RL_ASSIGN(Extra read, parse_extra(extra, id));
    return std::optional(std::move(read));
}

}  // namespace runlake::ledger
