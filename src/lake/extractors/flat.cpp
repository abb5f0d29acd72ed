// SPDX-License-Identifier: Apache-2.0
#include "lake/extractors/flat.hpp"

#include <cmath>
#include <unordered_set>

#include "core/text.hpp"

namespace runlake::lake {
namespace {

class Leaves {
  public:
    Leaves(Extraction& out, const std::function<void(const std::string&, const core::Json&)>& visit) : out_(out), visit_(visit) {}

    void below(const core::Json& value, const std::string& name) {
        const auto* members = value.as_object();
        if (members == nullptr || (members->empty() && !name.empty())) {
            if (seen_.insert(name).second) {
                visit_(name, value);
            } else {
                out_.warnings.push_back(core::cat("two values are named '", name, "': the first counts"));
            }
            return;
        }
        for (const auto& [key, inner] : *members) { below(inner, name.empty() ? key : core::cat(name, '.', key)); }
    }

  private:
    Extraction& out_;
    const std::function<void(const std::string&, const core::Json&)>& visit_;
    std::unordered_set<std::string> seen_;
};

}  // namespace

void each_leaf(const core::Json& document, Extraction& out, const std::function<void(const std::string& name, const core::Json& leaf)>& visit) {
    Leaves(out, visit).below(document, "");
}

std::optional<double> number_of(const core::Json& value) {
    if (const auto* truth = value.as_bool()) { return *truth ? 1.0 : 0.0; }
    const auto number = value.number();
    return number && std::isfinite(*number) ? number : std::nullopt;
}

core::Result<core::YamlDocument> parse_yaml_at(std::string_view text, Extraction& out) {
    auto document = core::parse_yaml(text, "document");
    if (document.ok()) { return document; }
    // "reading document: line 3, column 5: ..."
    const std::string& message = document.error().message();
    if (const auto at = message.find("line "); at != std::string::npos) {
        const std::string_view rest = std::string_view(message).substr(at + 5);
        if (const auto line = core::parse_integer(rest.substr(0, rest.find_first_not_of("0123456789"))); line && *line > 0) { out.line = static_cast<std::uint64_t>(*line); }
    }
    return document;
}

core::Result<core::YamlDocument> read_yaml(FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto text, input.document());
    return parse_yaml_at(text, out);
}

}  // namespace runlake::lake
