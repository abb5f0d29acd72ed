// SPDX-License-Identifier: Apache-2.0
// A JSON document some of whose members are set: the rest stays byte for byte, the result says what was set, and setting it once more changes nothing. The same bytes as the expression of a goal.
#include <string>

#include "lake/postprocess/json_text.hpp"
#include "metrics/goal_tree.hpp"
#include "tests/fuzz/fuzz.hpp"

using runlake::core::Json;
using runlake::lake::JsonText;

RUNLAKE_FUZZ {
    auto parsed = JsonText::parse(std::string(text), "input");
    if (!parsed.ok()) { return; }
    auto document = std::move(parsed).take();
    DEMAND(document.changed() == text);
    runlake::metrics::Labels labels;
    const auto tree = runlake::metrics::goal_tree(Json::object().set("type_expr", document.value()), labels);
    if (tree.ok()) { DEMAND(runlake::metrics::tree_edit_distance(tree.value(), tree.value()) == 0); }
    if (!document.root().is_object) { return; }
    document.set(document.root(), "valid", Json(0.5));
    document.set(document.root(), "new \"one\"", Json::object().set("a", 1));
    const auto again = JsonText::parse(document.changed(), "changed");
    DEMAND(again.ok());
    DEMAND(again.value().value().number_at("valid") == 0.5);
    DEMAND(again.value().value().find("new \"one\"") != nullptr);
    const auto& before = *document.value().as_object();
    for (const auto& [key, value] : before) {
        if (key != "valid" && key != "new \"one\"") { DEMAND(*again.value().value().find(key) == value); }
    }
    JsonText twice = again.value();
    twice.set(twice.root(), "valid", Json(0.5));
    DEMAND(!twice.is_changed());
}
