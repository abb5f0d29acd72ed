// SPDX-License-Identifier: Apache-2.0
// DONE.json: its text and its reader.
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "rundir/parts.hpp"
#include "rundir/publish.hpp"

namespace runlake::rundir {
namespace {

constexpr std::int64_t k_version = 1;

core::Json to_json(const std::vector<OutsideFile>& files) {
    core::Json list = core::Json::array();
    for (const OutsideFile& file : files) {
        core::Json one = core::Json::object();
        one.set("name", file.name).set("digest", file.digest).set("bytes", file.bytes);
        list.push(std::move(one));
    }
    return list;
}

bool read_files(const core::Json* json, std::vector<OutsideFile>& files) {
    const core::JsonArray* const list = json == nullptr ? nullptr : json->as_array();
    if (list == nullptr) { return false; }
    for (const core::Json& one : *list) {
        const std::optional<std::string> name = one.string_at("name");
        const std::optional<std::string> digest = one.string_at("digest");
        const std::optional<std::int64_t> bytes = one.integer_at("bytes");
        if (!name || !digest || !bytes || *bytes < 0) { return false; }
        files.push_back({*name, *digest, static_cast<std::uint64_t>(*bytes)});
    }
    return true;
}

bool read_texts(const core::Json* json, std::vector<std::string>& texts) {
    const core::JsonArray* const list = json == nullptr ? nullptr : json->as_array();
    if (list == nullptr) { return false; }
    for (const core::Json& one : *list) {
        if (!one.is_string()) { return false; }
        texts.push_back(*one.as_string());
    }
    return true;
}

core::Result<StageKey> read_key(const core::Json& json, std::string_view what) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": ", why)); };
    const core::Json* const key = json.find("key");
    const std::optional<std::string> recipe = key == nullptr ? std::nullopt : key->string_at("recipe");
    const core::Json* const components = key == nullptr ? nullptr : key->find("components");
    const core::Result<core::Digest> digest = core::Digest::parse(key == nullptr ? "" : key->string_at("digest").value_or(""));
    if (!recipe || components == nullptr || !digest.ok()) { return refuse("its key is missing or malformed"); }
    RL_ASSIGN(std::vector<KeyComponent> parsed, parse_components(*components, what));
    // Keys of other recipes are taken as they are: their components can still be compared.
    if (*recipe == k_stage_key_recipe && hash_components(*recipe, parsed) != digest.value()) { return refuse("its key is not that of the components beside it"); }
    return StageKey{.recipe = *recipe, .key = digest.value(), .components = std::move(parsed)};
}

}  // namespace

std::string to_json(const DoneRecord& done) {
    core::Json key = core::Json::object();
    key.set("recipe", done.key.recipe).set("digest", done.key.key.hex()).set("components", to_json(done.key.components));
    core::Json writes = core::Json::array();
    for (const std::string& path : done.writes) { writes.push(path); }
    core::Json json = core::Json::object();
    json.set("version", k_version)
        .set("schema", "runlake.done/1")
        .set("stage", done.which.stage)
        .set("instance", done.which.instance)
        .set("key", std::move(key))
        .set("manifest", done.manifest.hex())
        .set("files", done.files)
        .set("bytes", done.bytes)
        .set("run_id", done.run_id.str())
        .set("published_by", done.published_by.str())
        .set_if("cached_from", done.cached_from)
        .set("started_at", core::format_iso(done.started_at))
        .set("finished_at", core::format_iso(done.finished_at))
        .set("isolation", done.isolation)
        .set("inputs_changed", done.inputs_changed)
        .set("inputs", to_json(done.inputs))
        .set("workspace", to_json(done.workspace))
        .set("writes", std::move(writes))
        .set_if("blessed_from", done.blessed_from)
        .set_if("blessed_because", done.blessed_because);
    return core::to_json_pretty(json);
}

core::Result<DoneRecord> parse_done(std::string_view text, std::string_view what) {
    RL_ASSIGN(const core::Json json, core::parse_json(text, what));
    RL_TRY(check_version(json, k_version, what));
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::corrupt, core::cat("reading ", what, ": ", why)); };
    RL_ASSIGN(StageKey key, read_key(json, what));
    const StageInstance which{.stage = json.string_at("stage").value_or(""), .instance = json.string_at("instance").value_or("")};
    if (!check_instance(which).ok()) { return refuse("its stage or instance is missing or malformed"); }
    const core::Result<core::Digest> manifest = core::Digest::parse(json.string_at("manifest").value_or(""));
    const core::Result<core::RunId> run_id = core::RunId::parse(json.string_at("run_id").value_or(""));
    const core::Result<core::RunId> published_by = core::RunId::parse(json.string_at("published_by").value_or(""));
    const core::Result<core::Timestamp> started_at = core::parse_iso(json.string_at("started_at").value_or(""));
    const core::Result<core::Timestamp> finished_at = core::parse_iso(json.string_at("finished_at").value_or(""));
    const std::optional<std::int64_t> files = json.integer_at("files");
    const std::optional<std::int64_t> bytes = json.integer_at("bytes");
    if (!manifest.ok() || !run_id.ok() || !published_by.ok() || !started_at.ok() || !finished_at.ok() || !files || *files < 0 || !bytes || *bytes < 0) {
        return refuse("manifest, files, bytes, run_id, published_by, started_at or finished_at is missing or malformed");
    }
    DoneRecord done{.which = which,
                    .key = std::move(key),
                    .manifest = manifest.value(),
                    .files = static_cast<std::uint64_t>(*files),
                    .bytes = static_cast<std::uint64_t>(*bytes),
                    .run_id = run_id.value(),
                    .published_by = published_by.value(),
                    .cached_from = json.string_at("cached_from"),
                    .started_at = started_at.value(),
                    .finished_at = finished_at.value(),
                    .isolation = json.string_at("isolation").value_or(""),
                    .inputs_changed = json.bool_at("inputs_changed").value_or(false),
                    .inputs = {},
                    .workspace = {},
                    .writes = {},
                    .blessed_from = json.string_at("blessed_from"),
                    .blessed_because = json.string_at("blessed_because")};
    if (!read_files(json.find("inputs"), done.inputs) || !read_files(json.find("workspace"), done.workspace) || !read_texts(json.find("writes"), done.writes)) {
        return refuse("inputs, workspace or writes is missing or malformed");
    }
    return done;
}

}  // namespace runlake::rundir
