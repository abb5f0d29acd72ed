// SPDX-License-Identifier: Apache-2.0
#include "ops/lake_release_verify.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

// The release that a site shows, by the manifest that is its switch.
core::Result<std::string> shown_by(const std::string& site, const std::string& switch_file) {
    RL_ASSIGN(const auto text, os::read_file(switch_file, 256U << 20U));
    RL_ASSIGN(const auto manifest, core::parse_json(text, switch_file));
    const auto id = manifest.string_at("release_id").value_or("");
    if (id.size() != 64 || !core::is_hex(id)) {
        return core::Error(core::Errc::corrupt, core::cat("verifying ", site, ": its ", lake::k_dashboard_manifest_file, " names no release"));
    }
    return os::join_path(os::join_path(site, "releases"), id);
}

}  // namespace

core::Result<LakeReleaseVerifyResponse> lake_release_verify(const LakeReleaseVerifyRequest& request) {
    LakeReleaseVerifyResponse response{.dir = request.dir, .check = {}};
    const std::string switch_file = os::join_path(request.dir, lake::k_dashboard_manifest_file);
    const bool is_site = os::is_dir(os::join_path(request.dir, "releases")) && !os::exists(os::join_path(request.dir, lake::k_manifest_file));
    if (is_site && os::exists(switch_file)) { RL_ASSIGN(response.dir, shown_by(request.dir, switch_file)); }
    RL_ASSIGN(response.check, lake::verify_release(response.dir));
    if (is_site) {
        RL_ASSIGN(const auto shown, os::read_file(switch_file, 256U << 20U));
        const auto own = os::read_file(os::join_path(response.dir, lake::k_manifest_file), 256U << 20U);
        if (own.ok() && own.value() != shown) { response.check.problems.push_back({core::cat("../../", lake::k_dashboard_manifest_file), "differs from the manifest of the release that it names"}); }
    }
    return response;
}

core::Json to_json(const LakeReleaseVerifyResponse& response) {
    auto problems = core::Json::array();
    for (const auto& problem : response.check.problems) { problems.push(core::Json::object().set("file", problem.file).set("problem", problem.problem)); }
    return core::Json::object()
        .set("dir", response.dir)
        .set("release_id", response.check.release_id)
        .set("datasets", response.check.datasets)
        .set("files", response.check.files)
        .set("ok", response.check.problems.empty())
        .set("problems", std::move(problems));
}

}  // namespace runlake::ops
