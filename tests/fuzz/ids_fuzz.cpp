// SPDX-License-Identifier: Apache-2.0
// Any bytes as run id, prefix and digest: what reads is written back as it was, in lower case.
#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace std::string_view_literals;
using runlake::core::lower_ascii;

RUNLAKE_FUZZ {
    const auto id = runlake::core::RunId::parse(text);
    const auto prefix = runlake::core::RunIdPrefix::parse(text);
    if (id.ok()) {
        DEMAND(id.value().str() == lower_ascii(text));
        DEMAND(prefix.ok() && prefix.value().is_whole() && prefix.value().matches(id.value()));
    }
    if (prefix.ok()) { DEMAND(prefix.value().str() == lower_ascii(text) && text.find_first_of("%_*?"sv) == std::string_view::npos); }
    const auto digest = runlake::core::Digest::parse(text);
    if (digest.ok()) { DEMAND(digest.value().hex() == text); }
}
