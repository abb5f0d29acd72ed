// SPDX-License-Identifier: Apache-2.0
// `runlake validate`
#include "ops/validate.hpp"

#include <array>
#include <set>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--kb-only", .value = "", .help = "Check the knowledge base alone"},
    {.names = "--runs-only", .value = "", .help = "Check runs and citations alone"},
    {.names = "--strict-runs", .value = "HOW", .help = "What a cited run that is nowhere is: error (default), warn, or off", .choices = "error|warn|off"},
    {.names = "--claims", .value = "", .help = "Also note cited runs that are incomplete, dirty, of another experiment, or never replayed"},
    {.names = "--sarif", .value = "", .help = "Answer as SARIF 2.1.0, for code hosts and editors"},
});
constexpr std::array k_arguments = std::to_array<Argument>({{.name = "FILE", .help = "Speak of these notes and documents alone", .required = false, .repeats = true}});

std::string line_of(const kb::Issue& issue, bool color) {
    const render::Tone tone = issue.severity == kb::Severity::error ? render::Tone::bad : issue.severity == kb::Severity::warning ? render::Tone::warn : render::Tone::faint;
    std::string word;
    for (const char c : kb::severity_name(issue.severity)) { word += static_cast<char>(c - 'a' + 'A'); }
    std::string line = core::cat(render::painted(word, tone, color), ' ', issue.code);
    if (!issue.path.empty()) { line += core::cat(" [", render::harmless_line(issue.path), issue.line > 0 ? core::cat(':', issue.line) : "", ']'); }
    line += ": ";
    if (!issue.check.empty()) { line += core::cat(issue.check, ": "); }
    return line + render::harmless_line(issue.message) + '\n';
}

core::Result<int> run(Invocation& inv) {
    if (inv.flag("--kb-only") && inv.flag("--runs-only")) { return core::Error(core::Errc::usage, "--kb-only and --runs-only leave nothing to check: give one of them"); }
    if (inv.json() && inv.flag("--sarif")) { return core::Error(core::Errc::usage, "--json and --sarif are two forms of one answer: give one of them"); }
    ops::ValidateRequest request{.store = inv.value("--store"), .files = inv.values("FILE")};
    if (inv.flag("--kb-only")) { request.scope = ops::ValidateScope::kb; }
    if (inv.flag("--runs-only")) { request.scope = ops::ValidateScope::runs; }
    const std::string strict = inv.value("--strict-runs").value_or("error");
    request.rules.strict = strict == "off" ? kb::StrictRuns::off : strict == "warn" ? kb::StrictRuns::warn : kb::StrictRuns::error;
    request.rules.claims = inv.flag("--claims");
    RL_ASSIGN(const auto response, ops::validate(request));
    const int status = response.passed() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    if (inv.flag("--sarif")) {
        inv.out(core::to_json_pretty(ops::to_sarif(response)));
        return status;
    }
    // What to do is said once a code.
    std::set<std::pair<std::string_view, std::string_view>> told;
    for (const kb::Issue& issue : response.issues) {
        inv.out(line_of(issue, inv.color()));
        if (!inv.quiet() && told.emplace(issue.code, issue.check).second) { inv.out(core::cat("  hint: ", ops::hint_of(issue), '\n')); }
    }
    inv.out(response.passed() ? core::cat("OK no validation errors (", response.warnings, " warnings)\n") : core::cat("FAILED ", response.errors, " error(s), ", response.warnings, " warning(s)\n"));
    return status;
}

}  // namespace

extern const Command k_validate = {
    .name = "validate", .summary = "Check the knowledge base, and what findings cite against the runs", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
