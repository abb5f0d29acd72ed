// SPDX-License-Identifier: Apache-2.0
// What extractors share, and the list of all of them.
#include "core/python_json.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/source.hpp"

namespace runlake::lake {

std::span<const Extractor* const> all_extractors() {
    static const auto k_all = [] {
        std::vector<const Extractor*> all;
        for (const auto* source : all_sources()) { all.insert(all.end(), source->extractors.begin(), source->extractors.end()); }
        return all;
    }();
    return k_all;
}

core::Result<core::Json> read_object(FileInput& input) {
    RL_ASSIGN(const auto text, input.document());
    RL_ASSIGN(auto document, core::parse_python_json(text, "document"));
    if (!document.is_object()) { return core::Error(core::Errc::corrupt, "it is no JSON object"); }
    return document;
}

}  // namespace runlake::lake
