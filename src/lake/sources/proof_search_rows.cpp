// SPDX-License-Identifier: Apache-2.0
#include "lake/sources/proof_search_rows.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "core/json.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/identity.hpp"
#include "lake/registry_tables.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr std::int64_t k_second_ns = 1'000'000'000;

// They stand in order of their paths.
const FileFact* fact_of(std::span<const FileFact> facts, std::string_view rel_path) {
    const auto found = std::lower_bound(facts.begin(), facts.end(), rel_path, [](const FileFact& fact, std::string_view path) { return fact.rel_path < path; });
    return found != facts.end() && found->rel_path == rel_path ? &*found : nullptr;
}

// What an extractor told of a file of the run's own folder; null where it could not.
Json told(std::span<const FileFact> facts, std::string_view rel_path) {
    const auto* const found = fact_of(facts, rel_path);
    if (found == nullptr || found->told.empty()) { return {}; }
    auto value = core::parse_json(found->told, rel_path);
    return value.ok() ? std::move(value).take() : Json();
}

bool has_summary(const UnitFiles& files) {
    return std::any_of(files.offers.begin(), files.offers.end(), [](const Offer& offer) { return offer.file().is_run_file() && offer.file().plain_name == "summary.json"; });
}

// Runs of many seeds write no summary, and need none.
bool is_basin_only(const UnitFiles& files, const Json& config) {
    if (integer_cell(config.find("basin_seeds")).value_or(0) > 0) { return true; }
    return std::any_of(files.offers.begin(), files.offers.end(), [](const Offer& offer) { return !offer.file().is_run_file() && offer.file().kind == ArtifactKind::basin_analysis; });
}

void add_run(const Unit& unit, std::span<const FileFact> facts, const Json& config, const Json& status, Extraction& out) {
    std::optional<std::string> whitelist;
    std::optional<std::string> full;
    if (config.is_object()) {
        if (auto hashes = config_hashes(config); hashes.ok()) {
            whitelist = std::move(hashes.value().whitelist);
            full = std::move(hashes.value().full);
        }
    }
    std::vector<FileContent> contents;
    for (const auto& fact : facts) {
        if (!fact.sha256.empty()) { contents.push_back({fact.rel_path, fact.sha256}); }
    }
    std::optional<std::string> scheme = text_cell(config.find("goal_sig_scheme"));
    for (const std::string_view name : {"summary.json.gz", "summary.json"}) {
        for (const auto& fact : facts) {
            if (fact.rel_path == name && !fact.told.empty()) { scheme = fact.told; }
        }
    }
    auto provider = provider_of(unit.dir);
    if (!provider) { provider = text_cell(config.find("provider")); }
    const auto created = config.find("created_at");
    out.rows.row(k_runs, unit.key, unit.root_id, unit.rel_dir, unit.dir, text_cell(config.find("run_id")), provider, text_cell(config.find("backend")), text_cell(config.find("mode")),
                 text_cell(config.find("corpus")), text_cell(created), scheme, bool_cell(config.find("trace_mcts")), json_cell(config.find("problem_space")), whitelist, full,
                 json_cell(&config), json_cell(&status), os::system_clock().now(), run_key_seed(unit.root_id, unit.rel_dir), run_uid(contents), search_uid(contents));
}

}  // namespace

core::Status describe_proof_search(const Unit& unit, const UnitFiles& files, std::span<const FileFact> facts, Extraction& out) {
    const Json config = told(facts, "run_config.json");
    const Json status = told(facts, "run_status.json");
    add_run(unit, facts, config, status, out);

    const auto now = os::system_clock().now();
    std::set<std::string> mended;
    for (const auto& offer : files.offers) {
        for (const auto& form : offer.forms) {
            // Names that are no UTF-8 are mended; of two that are told by one text then, one can be listed.
            if (auto path = core::valid_utf8(form.file.rel_path); path != form.file.rel_path && !mended.insert(path).second) {
                out.warnings.push_back(core::cat("two files are told as '", path, "', for their names are no UTF-8: one of them is listed"));
                continue;
            }
            const FileFact& fact = *fact_of(facts, form.file.rel_path);
            const auto digest = fact.sha256.empty() ? std::optional<std::string_view>() : std::string_view(fact.sha256);
            const auto bytes = static_cast<std::int64_t>(fact.bytes);
            const std::int64_t seconds = fact.mtime_ns / k_second_ns;
            if (form.file.is_run_file()) {
                out.rows.row(k_run_files, unit.key, fact.rel_path, digest, bytes, seconds);
            } else {
                out.rows.row(k_theorem_artifacts, unit.key, form.file.theorem, fact.rel_path, form.file.variant, artifact_kind_name(form.file.kind), digest, bytes, seconds,
                             fact.parse_status.empty() ? "indexed" : fact.parse_status, now);
            }
        }
    }
    if (!has_summary(files) && !is_basin_only(files, config)) {
        out.rows.row(k_extract_errors, unit.key, "read_summary", "the run has no summary", now, std::nullopt, std::nullopt, "error");
    }
    return core::ok();
}

}  // namespace runlake::lake
