// SPDX-License-Identifier: Apache-2.0
#include "os/variable.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

#include "core/text.hpp"

namespace runlake::os {

void set_variable(Variable which, const std::optional<std::string>& value) {
    // The environment points to these while the process lives.
    static std::array<std::array<char, 128>, 2> texts{};
    const char* const name = which == Variable::run_id ? "RUNLAKE_RUN_ID" : "TRACEPARENT";
    if (!value) {
        ::unsetenv(name);
        return;
    }
    auto& text = texts[static_cast<std::size_t>(which)];
    const std::string whole = core::cat(name, '=', *value);
    if (whole.size() >= text.size()) {
        ::setenv(name, value->c_str(), 1);
        return;
    }
    std::memcpy(text.data(), whole.c_str(), whole.size() + 1);
    ::putenv(text.data());
}

}  // namespace runlake::os
