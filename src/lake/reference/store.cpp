// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/store.hpp"

#include <utility>

#include "core/gzip.hpp"
#include "core/hex.hpp"
#include "core/text.hpp"
#include "lake/file_input.hpp"
#include "lake/known.hpp"
#include "lake/regular_file.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::size_t k_id_digits = 16;
constexpr std::uint64_t k_most_provenance_bytes = 16U << 20U;
constexpr mode_t k_folder_mode = 0755;
constexpr mode_t k_file_mode = 0644;

std::string kind_folder(const std::string& references_dir) { return os::join_path(references_dir, k_goal_outcomes); }
std::string in_reference(const std::string& references_dir, std::string_view ref_id, std::string_view file) { return os::join_path(reference_folder(references_dir, ref_id), file); }
std::string score_file(std::string_view search_uid) { return cat(k_scores_folder, '/', search_uid, k_score_suffix); }

core::Result<std::string> unpacked(const std::string& path) {
    auto text = FileInput(path, true, {.document_bytes = k_most_reference_bytes}).document();
    if (!text.ok()) { return std::move(text).take_error().context(cat("reading ", path)); }
    return text;
}

core::Status publish(const std::string& path, std::string_view bytes) {
    return os::publish_file(path, bytes, k_file_mode, os::Existing::replace, os::Durability::power, os::point::lake_reference_write);
}

// True: it was there with that text, and stays as it is, however it was packed.
core::Result<bool> publish_packed(const std::string& path, const std::string& text) {
    if (const auto there = unpacked(path); there.ok() && there.value() == text) { return true; }
    RL_TRY(os::make_dirs(os::parent_path(path), k_folder_mode, os::point::lake_reference_write));
    RL_TRY(publish(path, core::gzip(text)));
    return false;
}

// Nothing where the file is not there.
std::optional<std::string> stamp_of(const std::string& path) {
    const auto info = os::stat_path(path);
    if (!info || !S_ISREG(info->st_mode)) { return std::nullopt; }
    return stamp_text(os::Stamp::of(*info));
}

Json provenance_json(const ReferenceProvenance& provenance) {
    return Json::object()
        .set("created_at", provenance.created_at ? Json(core::format_iso(*provenance.created_at)) : Json())
        .set("program", provenance.program)
        .set("selection", provenance.selection);
}

}  // namespace

bool is_reference_id(std::string_view text) { return core::is_hex(text, k_id_digits); }

std::string reference_folder(const std::string& references_dir, std::string_view ref_id) { return os::join_path(kind_folder(references_dir), ref_id); }

std::string reference_artifact_path(std::string_view ref_id) { return cat("reference/", k_goal_outcomes, '/', ref_id, '/', k_reference_file); }

core::Result<Reference> read_reference(const std::string& references_dir, const std::string& ref_id) {
    const std::string path = in_reference(references_dir, ref_id, k_reference_file);
    RL_ASSIGN(const auto text, unpacked(path));
    RL_ASSIGN(auto reference, parse_reference(text, path));
    RL_ASSIGN(const auto id, reference_id(reference));
    if (id != ref_id) { return Error(Errc::corrupt, cat("reading ", path, ": it is the reference ", id, ", not the one that its folder is called after")); }
    return reference;
}

ReferenceProvenance read_provenance(const std::string& references_dir, const std::string& ref_id) {
    ReferenceProvenance out;
    const auto text = read_regular_file(in_reference(references_dir, ref_id, k_reference_provenance_file), k_most_provenance_bytes);
    if (!text.ok()) { return out; }
    const auto document = core::parse_json(text.value(), k_reference_provenance_file);
    if (!document.ok()) { return out; }
    if (const auto created = core::parse_iso(document.value().string_at("created_at").value_or("")); created.ok()) { out.created_at = created.value(); }
    out.program = document.value().string_at("program").value_or("");
    if (const auto* selection = document.value().find("selection")) { out.selection = *selection; }
    return out;
}

core::Result<bool> write_reference(const std::string& references_dir, const std::string& ref_id, const Reference& reference, const ReferenceProvenance& provenance) {
    RL_ASSIGN(const auto text, reference_text(reference));
    RL_ASSIGN(const bool was_there, publish_packed(in_reference(references_dir, ref_id, k_reference_file), text));
    const std::string beside = in_reference(references_dir, ref_id, k_reference_provenance_file);
    if (!was_there || !os::exists(beside)) { RL_TRY(publish(beside, core::to_json_pretty(provenance_json(provenance)))); }
    return was_there;
}

core::Result<std::vector<std::string>> list_references(const std::string& references_dir) {
    std::vector<std::string> ids;
    if (!os::is_dir(kind_folder(references_dir))) { return ids; }
    RL_ASSIGN(const auto entries, os::list_dir(kind_folder(references_dir)));
    for (const auto& entry : entries) {
        if (is_reference_id(entry.name) && os::exists(in_reference(references_dir, entry.name, k_reference_file))) { ids.push_back(entry.name); }
    }
    return ids;
}

core::Result<RunScores> read_scores(const std::string& references_dir, const std::string& ref_id, const std::string& search_uid) {
    const std::string path = in_reference(references_dir, ref_id, score_file(search_uid));
    RL_ASSIGN(const auto text, unpacked(path));
    RL_ASSIGN(auto scores, parse_scores(text, path));
    if (scores.ref_id != ref_id || scores.search_uid != search_uid) { return Error(Errc::corrupt, cat("reading ", path, ": it is of another run or reference than its name")); }
    return scores;
}

core::Status write_scores(const std::string& references_dir, const RunScores& scores) {
    RL_TRY(publish_packed(in_reference(references_dir, scores.ref_id, score_file(scores.search_uid)), scores_text(scores)));
    return core::ok();
}

core::Result<std::vector<ReferenceFile>> list_reference_files(const std::string& references_dir, const std::string& ref_id) {
    std::vector<ReferenceFile> files;
    for (const auto name : {k_reference_provenance_file, k_reference_file}) {
        if (auto stamp = stamp_of(in_reference(references_dir, ref_id, name))) { files.push_back({std::string(name), *std::move(stamp), ""}); }
    }
    const std::string folder = in_reference(references_dir, ref_id, k_scores_folder);
    if (!os::is_dir(folder)) { return files; }
    RL_ASSIGN(const auto entries, os::list_dir(folder));
    for (const auto& entry : entries) {
        std::string_view uid = entry.name;
        if (!uid.ends_with(k_score_suffix)) { continue; }
        uid.remove_suffix(k_score_suffix.size());
        if (!core::is_hex(uid, k_digest_digits)) { continue; }
        if (auto stamp = stamp_of(os::join_path(folder, entry.name))) { files.push_back({score_file(uid), *std::move(stamp), std::string(uid)}); }
    }
    return files;
}

}  // namespace runlake::lake
