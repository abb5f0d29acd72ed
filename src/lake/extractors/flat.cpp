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

core::Result<core::YamlDocument> read_yaml(FileInput& input) {
    RL_ASSIGN(const auto text, input.document());
    return core::parse_yaml(text, "document");
}

}  // namespace runlake::lake
