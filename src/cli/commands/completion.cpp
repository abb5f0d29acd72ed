// SPDX-License-Identifier: Apache-2.0
// `runlake completion bash|zsh|fish`
#include <array>

#include "cli/command.hpp"
#include "cli/complete.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {Argument{.name = "SHELL", .help = "bash, zsh or fish", .choices = "bash|zsh|fish"}};

core::Result<int> run(Invocation& inv) {
    const auto shell = inv.value("SHELL").value_or("");
    RL_ASSIGN(auto script, completion_script(shell));
    if (inv.json()) {
        auto record = core::Json::object();
        inv.answer(record.set("shell", shell).set("script", script));
        return 0;
    }
    inv.out(script);
    return 0;
}

}  // namespace

extern const Command k_completion = {.name = "completion", .summary = "Print the completion script for a shell", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
