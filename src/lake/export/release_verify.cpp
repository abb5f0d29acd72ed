// SPDX-License-Identifier: Apache-2.0
// Looking whether a release is what its manifest says: files, digests, schema, id.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "lake/export/release.hpp"
#include "lake/export/staged_folder.hpp"
#include "lake/regular_file.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr std::uint64_t k_most_bytes = 256U << 20U;
// Columns that depend on a machine or a moment: a release with one was not made by these rules. run_key is none of them: in a dataset of the job's own it is the run_uid.
constexpr auto k_never = std::to_array<std::string_view>(
    {"run_key_seed", "root_id", "run_dir", "rel_run_dir", "root_path", "artifact_path", "out_dir", "indexed_at", "recorded_at", "extracted_at", "mtime_epoch", "parse_status"});

bool is_digest(std::string_view text) { return text.size() == 64 && core::is_hex(text); }

// A path that stays below the release.
bool is_inside(std::string_view path) {
    if (path.empty() || path.starts_with('/')) { return false; }
    return std::ranges::none_of(core::split(path, '/'), [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

class Verifier {
  public:
    explicit Verifier(std::string dir) : dir_(std::move(dir)) {}

    core::Result<ReleaseCheck> run() {
        auto text = read_regular_file(os::join_path(dir_, k_manifest_file), k_most_bytes);
        if (!text.ok()) {
            if (text.error().code() == Errc::not_found) { return Error(Errc::not_found, cat("verifying ", dir_, ": it has no manifest.json, so it is no release")); }
            return std::move(text).take_error();
        }
        RL_TRY(manifest(text.value()));
        twin(text.value());
        leftovers();
        std::ranges::stable_sort(check_.problems, {}, &ReleaseProblem::file);
        return std::move(check_);
    }

  private:
    void wrong(std::string_view file, std::string problem) { check_.problems.push_back({std::string(file), std::move(problem)}); }

    core::Status manifest(const std::string& text) {
        const auto parsed = core::parse_json(text, k_manifest_file);
        if (!parsed.ok()) {
            wrong(k_manifest_file, parsed.error().message());
            return core::ok();
        }
        const Json& value = parsed.value();
        const auto version = value.integer_at("schema_version");
        if (!version) {
            wrong(k_manifest_file, "has no schema_version");
            return core::ok();
        }
        if (*version > k_release_schema_version) {
            return Error(Errc::unsupported, cat("verifying ", dir_, ": its schema has version ", *version, ", this program knows versions up to ", k_release_schema_version));
        }
        Release release;
        release.lake_schema_version = value.integer_at("lake_schema_version").value_or(0);
        check_.release_id = value.string_at("release_id").value_or("");
        each(value, "tables", [&](const Json& table) { release.datasets.push_back(dataset(table)); });
        each(value, "files", [&](const Json& file) { look(file); });
        each(value, "page", [&](const Json& file) { look(file); });
        check_.datasets = static_cast<std::int64_t>(release.datasets.size());
        if (release.datasets.empty()) { wrong(k_manifest_file, "names no table"); }
        name(release);
        return core::ok();
    }

    template <class Visit>
    void each(const Json& value, std::string_view key, const Visit& visit) {
        const auto* list = value.find(key);
        if (list == nullptr || !list->is_array()) {
            wrong(k_manifest_file, cat("has no list \"", key, "\""));
            return;
        }
        for (const auto& item : *list->as_array()) { visit(item); }
    }

    ReleaseDataset dataset(const Json& table) {
        ReleaseDataset dataset;
        dataset.file.name = table.string_at("name").value_or("");
        dataset.file.file = table.string_at("file").value_or("");
        dataset.file.rows = table.integer_at("rows").value_or(-1);
        dataset.jsonl_sha256 = table.string_at("jsonl_sha256").value_or("");
        const std::string what = cat("table \"", dataset.file.name, "\" ");
        if (dataset.file.rows < 0 || !is_digest(dataset.jsonl_sha256)) { wrong(k_manifest_file, cat(what, "has no row count or no digest of rows")); }
        columns(table, what, dataset.file.columns);
        look(table);
        if (!os::exists(os::join_path(dir_, dataset.file.file))) { return dataset; }
        parquet(dataset.file.file);
        return dataset;
    }

    void columns(const Json& table, const std::string& what, std::vector<DatasetColumn>& out) {
        const auto* list = table.find("columns");
        std::set<std::string, std::less<>> names;
        if (list != nullptr && list->is_array()) {
            for (const auto& column : *list->as_array()) {
                out.push_back({column.string_at("name").value_or(""), column.string_at("type").value_or("")});
                if (out.back().name.empty() || out.back().type.empty() || !names.insert(out.back().name).second) { wrong(k_manifest_file, cat(what, "has a column without a name or type, or twice")); }
                if (std::ranges::find(k_never, out.back().name) != k_never.end()) { wrong(k_manifest_file, cat(what, "has the column ", out.back().name, ", which is never in a release")); }
            }
        }
        if (out.empty()) { wrong(k_manifest_file, cat(what, "has no columns")); }
    }

    void parquet(const std::string& file) {
        if (!is_inside(file)) { return; }
        const auto fd = os::open_read(os::join_path(dir_, file));
        const auto info = os::stat_path(os::join_path(dir_, file));
        if (!fd.ok() || !info) { return; }
        // DuckDB is not needed to see that it is Parquet at all; the rest is in the digest.
        std::array<char, 8> magic{};
        const bool is_read = info->st_size >= 8 && ::pread(fd.value().get(), magic.data(), 4, 0) == 4 && ::pread(fd.value().get(), magic.data() + 4, 4, info->st_size - 4) == 4;
        if (!is_read || std::string_view(magic.data(), magic.size()) != "PAR1PAR1") { wrong(file, "is no Parquet file"); }
    }

    // A file as the manifest tells it.
    void look(const Json& told) {
        const auto file = told.string_at("file").value_or("");
        if (!is_inside(file)) {
            wrong(k_manifest_file, cat("names the file \"", core::valid_utf8(file), "\", which is not below the release"));
            return;
        }
        if (!known_.insert(file).second) {
            wrong(k_manifest_file, cat("names ", file, " twice"));
            return;
        }
        const std::string path = os::join_path(dir_, file);
        const auto info = os::stat_link(path);
        if (!info) {
            wrong(file, "is missing");
            return;
        }
        if (!S_ISREG(info->st_mode)) {
            wrong(file, "is no file");
            return;
        }
        ++check_.files;
        const auto digest = digest_file(path);
        if (!digest.ok()) {
            wrong(file, digest.error().message());
            return;
        }
        const auto bytes = told.integer_at("bytes").value_or(-1);
        if (static_cast<std::int64_t>(digest.value().bytes) != bytes) {
            wrong(file, cat("has ", digest.value().bytes, " bytes, the manifest says ", bytes));
        } else if (const auto sha256 = told.string_at("sha256").value_or(""); digest.value().sha256 != sha256) {
            wrong(file, cat("has SHA-256 ", digest.value().sha256, ", the manifest says ", sha256));
        }
    }

    // The id follows from what the manifest says and the configuration.
    void name(Release& release) {
        const auto text = read_regular_file(os::join_path(dir_, k_job_config_file), k_most_bytes);
        if (!known_.contains(std::string(k_job_config_file))) { wrong(k_job_config_file, "is not in the manifest"); }
        if (!text.ok()) { return; }  // said already
        auto config = core::parse_json(text.value(), k_job_config_file);
        if (!config.ok()) {
            wrong(k_job_config_file, config.error().message());
            return;
        }
        release.config = std::move(config).take();
        const auto id = release_id(release);
        if (!id.ok() || id.value() != check_.release_id) {
            wrong(k_manifest_file, cat("its release_id is ", check_.release_id, ", its tables and configuration give ", id.ok() ? id.value() : "none"));
        }
        const auto folder = os::base_name(dir_);
        if (is_digest(folder) && folder != check_.release_id) { wrong(k_manifest_file, cat("its release_id is ", check_.release_id, ", its folder is called ", folder)); }
    }

    void twin(const std::string& manifest) {
        const auto text = read_regular_file(os::join_path(dir_, k_dashboard_manifest_file), k_most_bytes);
        if (!text.ok()) {
            wrong(k_dashboard_manifest_file, text.error().code() == Errc::not_found ? "is missing" : text.error().message());
        } else if (text.value() != manifest) {
            wrong(k_dashboard_manifest_file, "differs from manifest.json");
        }
    }

    void leftovers() {
        // Of a manifest that can't be read, that is what there is to say.
        if (known_.empty()) { return; }
        const auto files = files_below(dir_);
        if (!files.ok()) {
            wrong(".", files.error().message());
            return;
        }
        for (const auto& file : files.value()) {
            if (file == k_manifest_file || file == k_dashboard_manifest_file || file == k_provenance_file || known_.contains(file)) { continue; }
            wrong(file, "is not in the manifest");
        }
    }

    std::string dir_;
    ReleaseCheck check_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace

core::Result<ReleaseCheck> verify_release(const std::string& dir) {
    RL_ASSIGN(const auto resolved, os::absolute_path(dir));
    if (!os::is_dir(resolved)) { return Error(Errc::not_found, cat("verifying ", dir, ": there is no such folder")); }
    return Verifier(resolved).run();
}

}  // namespace runlake::lake
