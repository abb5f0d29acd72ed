// SPDX-License-Identifier: Apache-2.0
#include "kb/sarif.hpp"

#include <map>
#include <string>
#include <utility>

#include "core/percent.hpp"
#include "core/text.hpp"
#include "kb/codes.hpp"

namespace runlake::kb {
namespace {

std::string rule_of(const CodeInfo& info) { return info.check.empty() ? std::string(info.code) : core::cat(info.code, '/', info.check); }

core::Json message(std::string_view text) { return core::Json::object().set("text", core::valid_utf8(text)); }

// A relative path as a URI reference: everything but unreserved characters and slashes by percent signs.
std::string uri_of(std::string_view path) {
    return core::percent_encoded(path, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    });
}

core::Json result_of(const Issue& issue, const std::string& rule, std::size_t index) {
    core::Json result = core::Json::object();
    result.set("ruleId", rule).set("ruleIndex", static_cast<std::int64_t>(index)).set("level", severity_name(issue.severity)).set("message", message(issue.message));
    if (!issue.path.empty()) {
        core::Json place = core::Json::object();
        place.set("artifactLocation", core::Json::object().set("uri", uri_of(issue.path)).set("uriBaseId", "SRCROOT"));
        if (issue.line > 0) {
            core::Json region = core::Json::object().set("startLine", issue.line);
            if (issue.column > 0) { region.set("startColumn", issue.column); }
            place.set("region", std::move(region));
        }
        result.set("locations", core::Json::array().push(core::Json::object().set("physicalLocation", std::move(place))));
    }
    return result;
}

}  // namespace

core::Json sarif_log(const Issues& issues, std::string_view version) {
    std::map<std::string, const CodeInfo*> rules;
    for (const Issue& issue : issues) { rules.emplace(rule_of(info_of(issue)), &info_of(issue)); }
    core::Json described = core::Json::array();
    std::map<std::string, std::size_t> index;
    for (const auto& [name, info] : rules) {
        index.emplace(name, index.size());
        described.push(core::Json::object()
                           .set("id", name)
                           .set("shortDescription", message(info->cause))
                           .set("help", message(hint_of(*info)))
                           .set("defaultConfiguration", core::Json::object().set("level", severity_name(info->severity))));
    }
    core::Json results = core::Json::array();
    for (const Issue& issue : issues) {
        const std::string rule = rule_of(info_of(issue));
        results.push(result_of(issue, rule, index.at(rule)));
    }
    core::Json driver = core::Json::object().set("name", "runlake").set("version", version).set("rules", std::move(described));
    core::Json run = core::Json::object().set("tool", core::Json::object().set("driver", std::move(driver))).set("columnKind", "utf16CodeUnits").set("results", std::move(results));
    return core::Json::object().set("$schema", "https://json.schemastore.org/sarif-2.1.0.json").set("version", "2.1.0").set("runs", core::Json::array().push(std::move(run)));
}

}  // namespace runlake::kb
