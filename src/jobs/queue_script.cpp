// SPDX-License-Identifier: Apache-2.0
#include "jobs/queue_script.hpp"

#include <algorithm>

#include "core/shell.hpp"
#include "core/text.hpp"
#include "jobs/command_template.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::JobId;

std::string words(const std::vector<std::string>& all) {
    std::string line;
    for (const std::string& one : all) { line += cat(line.empty() ? "" : " ", core::shell_word(one)); }
    return line;
}

// What stands in a comment must not end it.
std::string one_line(std::string_view text) {
    std::string line(core::valid_utf8(text));
    std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return line;
}

// A name as every Slurm takes it.
std::string plain_name(std::string_view text) {
    std::string name(text);
    const auto is_odd = [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'); };
    std::replace_if(name.begin(), name.end(), is_odd, '_');
    return name;
}

// One word of an #SBATCH line: in quotes, where blanks or a comment's sign would end it.
std::string sbatch_word(std::string_view text) {
    const std::string line = one_line(text);
    if (line.find_first_of(" '\"#\\") == std::string::npos) { return line; }
    std::string quoted = "\"";
    for (const char c : line) {
        if (c == '"' || c == '\\') { quoted += '\\'; }
        quoted += c;
    }
    return quoted + '"';
}

std::string runs_a_job(const ScriptRequest& request) {
    std::vector<std::string> all = request.program;
    all.insert(all.end(), {"job", "run"});
    all.insert(all.end(), request.run_options.begin(), request.run_options.end());
    return words(all);
}

std::string heading(const ScriptRequest& request) {
    return cat("# Made by runlake at ", request.made_at, ": ", request.jobs.size(), request.jobs.size() == 1 ? " job" : " jobs", " of the queue.\n");
}

std::string lines(const ScriptRequest& request) {
    std::string text;
    for (const JobId& id : request.jobs) { text += cat(runs_a_job(request), ' ', id.str(), '\n'); }
    return text;
}

std::string array(const ScriptRequest& request) {
    std::string text = cat("#!/bin/bash\n", heading(request));
    text += cat("#SBATCH --job-name=", plain_name(request.name), "\n#SBATCH --array=0-", request.jobs.size() - 1, "\n#SBATCH --output=", sbatch_word(request.output), '\n');
    text += "#SBATCH --no-requeue\n";
    for (const std::string& option : request.options) { text += cat("#SBATCH ", option.substr(0, option.find('=')), option.find('=') == std::string::npos ? "" : cat('=', sbatch_word(option.substr(option.find('=') + 1))), '\n'); }
    text += "jobs=(\n";
    for (const JobId& id : request.jobs) { text += cat("    ", id.str(), '\n'); }
    // Becomes the program, so that a signal of Slurm's reaches it.
    text += cat(")\ncd ", core::shell_word(request.root), " || exit 1\nexec ", runs_a_job(request), " \"${jobs[$SLURM_ARRAY_TASK_ID]}\"\n");
    return text;
}

}  // namespace

core::Result<std::string> queue_script(const ScriptRequest& request) {
    switch (request.kind) {
        case ScriptKind::shell:
            return cat("#!/bin/sh\n", heading(request), "set -e\ncd ", core::shell_word(request.root), '\n', lines(request));
        case ScriptKind::manual:
            return cat(heading(request), lines(request));
        case ScriptKind::slurm:
            if (request.jobs.empty()) { return core::Error(core::Errc::usage, "making a Slurm array: there is no job that could run"); }
            return array(request);
    }
    return core::Error(core::Errc::internal, "no such kind of script");
}

}  // namespace runlake::jobs
