// SPDX-License-Identifier: Apache-2.0
// Any bytes: a document of bounded size whose nodes all have their place in the text, or an error that says where.
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "tests/fuzz/fuzz.hpp"

RUNLAKE_FUZZ {
    const auto document = runlake::core::parse_yaml(text, "input");
    if (!document.ok()) {
        DEMAND(document.error().message().starts_with("reading input: "));
        DEMAND(runlake::core::valid_utf8(document.error().message()) == document.error().message());
        return;
    }
    for (const auto& [path, at] : document.value().positions) { DEMAND(at.line >= 1 && at.column >= 1); }
    const std::string json = to_json(document.value().root);
    DEMAND(json.size() < 100'000'000);
    DEMAND(runlake::core::parse_json(json, "output").ok());
}
