// SPDX-License-Identifier: Apache-2.0
#include "jobs/slurm.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::int64_t k_largest_task = 4'000'000;   // what Slurm itself allows, rounded up
constexpr std::array k_own_options = {std::string_view("array"), std::string_view("job-name"), std::string_view("parsable"), std::string_view("wrap"), std::string_view("chdir"),
                                      std::string_view("output"), std::string_view("error"), std::string_view("requeue"), std::string_view("no-requeue"), std::string_view("wait")};

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 10 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error not_read(std::string_view what, std::string_view line) {
    return {Errc::corrupt, cat("reading the answer of ", what, ": '", core::valid_utf8(core::cut_utf8(line, 120)), "' is not understood")};
}

// Calls use(task) for "7", "4-5", "0,3-9:2", "0-9%2"; false when it is none of these.
template <class Use>
bool each_task(std::string_view text, const Use& use) {
    text = text.substr(0, text.find('%'));
    for (const std::string_view piece : core::split(text, ',')) {
        const std::size_t dash = piece.find('-');
        const std::size_t colon = piece.find(':');
        const std::string_view first = piece.substr(0, std::min(dash, colon));
        const std::string_view last = dash == std::string_view::npos ? first : piece.substr(dash + 1, colon == std::string_view::npos ? colon : colon - dash - 1);
        const std::string_view step = colon == std::string_view::npos ? "1" : piece.substr(colon + 1);
        if (!is_number(first) || !is_number(last) || !is_number(step)) { return false; }
        const std::int64_t begin = *core::parse_integer(first);
        const std::int64_t end = *core::parse_integer(last);
        const std::int64_t by = *core::parse_integer(step);
        if (end < begin || end > k_largest_task || by == 0) { return false; }
        for (std::int64_t i = begin; i <= end; i += by) { use(i); }
    }
    return true;
}

// The value of "Key=value" among words with blanks between; nothing without it.
std::optional<std::string_view> value_at(std::string_view line, std::string_view key) {
    for (const std::string_view word : core::split(line, ' ')) {
        if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') { return word.substr(key.size() + 1); }
    }
    return std::nullopt;
}

}  // namespace

std::string_view slurm_state_name(SlurmState state) {
    switch (state) {
        case SlurmState::pending: return "pending";
        case SlurmState::running: return "running";
        case SlurmState::completed: return "completed";
        case SlurmState::failed: return "failed";
        case SlurmState::cancelled: return "cancelled";
        case SlurmState::timed_out: return "timed out";
        case SlurmState::out_of_memory: return "out of memory";
        case SlurmState::lost: return "lost its node";
    }
    return "";
}

SlurmState slurm_state(std::string_view word) {
    word = word.substr(0, word.find_first_of(" +"));
    if (word == "PENDING" || word == "CONFIGURING" || word == "REQUEUED" || word == "REQUEUE_FED" || word == "REQUEUE_HOLD" || word == "RESV_DEL_HOLD" || word == "SPECIAL_EXIT") {
        return SlurmState::pending;
    }
    if (word == "COMPLETED") { return SlurmState::completed; }
    if (word == "FAILED" || word == "DEADLINE" || word == "LAUNCH_FAILED" || word == "RECONFIG_FAIL") { return SlurmState::failed; }
    if (word == "CANCELLED" || word == "REVOKED") { return SlurmState::cancelled; }
    if (word == "TIMEOUT") { return SlurmState::timed_out; }
    if (word == "OUT_OF_MEMORY") { return SlurmState::out_of_memory; }
    if (word == "NODE_FAIL" || word == "BOOT_FAIL" || word == "PREEMPTED") { return SlurmState::lost; }
    return SlurmState::running;
}

core::Result<SlurmArrays> parse_squeue(std::string_view text) {
    SlurmArrays arrays;
    for (const std::string_view raw : core::split(text, '\n')) {
        const std::string_view line = core::trim(raw);
        if (line.empty()) { continue; }
        // The name is the last: it may hold anything.
        std::array<std::string_view, 3> fields;
        std::string_view rest = line;
        for (std::string_view& field : fields) {
            const std::size_t bar = rest.find('|');
            if (bar == std::string_view::npos) { return not_read("squeue", line); }
            field = rest.substr(0, bar);
            rest = rest.substr(bar + 1);
        }
        if (!is_number(fields[0])) { return not_read("squeue", line); }
        if (fields[1] == "N/A") { continue; }
        SlurmArray& array = arrays[std::string(rest)];
        array.id = fields[0];
        const SlurmState state = slurm_state(fields[2]);
        if (!each_task(fields[1], [&](std::int64_t task) { array.tasks[task] = state; })) { return not_read("squeue", line); }
    }
    return arrays;
}

core::Result<SlurmArrays> parse_scontrol(std::string_view text) {
    SlurmArrays arrays;
    for (const std::string_view raw : core::split(text, '\n')) {
        const std::string_view line = core::trim(raw);
        const auto id = value_at(line, "ArrayJobId");
        const auto task = value_at(line, "ArrayTaskId");
        const auto name = value_at(line, "JobName");
        const auto state = value_at(line, "JobState");
        if (!id || !task) { continue; }
        if (!name || !state || !is_number(*id)) { return not_read("scontrol", line); }
        SlurmArray& array = arrays[std::string(*name)];
        array.id = *id;
        if (!each_task(*task, [&](std::int64_t one) { array.tasks[one] = slurm_state(*state); })) { return not_read("scontrol", line); }
    }
    return arrays;
}

core::Result<std::string> parse_sbatch(std::string_view text) {
    const std::string_view id = core::trim(text).substr(0, core::trim(text).find(';'));
    if (!is_number(id)) { return not_read("sbatch", core::trim(text)); }
    return std::string(id);
}

core::Result<std::vector<std::string>> slurm_options(const std::vector<std::string>& words) {
    std::vector<std::string> options;
    for (const std::string& word : words) {
        const std::string_view name = std::string_view(word).substr(0, word.find('='));
        const bool is_name = !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
        const bool has_control = std::any_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
        if (!is_name || has_control) {
            return Error(Errc::usage, cat("--slurm takes an option of sbatch without its dashes, as in partition=gpu or exclusive, not '", core::valid_utf8(core::cut_utf8(word, 80)), "'"));
        }
        if (std::find(k_own_options.begin(), k_own_options.end(), name) != k_own_options.end()) {
            return Error(Errc::usage, cat("--slurm ", name, ": this option is given by Runlake itself"));
        }
        options.push_back(cat("--", word));
    }
    return options;
}

std::vector<std::string> submit_words(const SlurmSubmission& submission) {
    std::vector<std::string> words = {"sbatch", "--parsable", cat("--job-name=", submission.name), cat("--array=0-", submission.tasks - 1, submission.at_once ? cat('%', *submission.at_once) : ""), cat("--chdir=", submission.working_dir),
                                      cat("--output=", submission.output), "--no-requeue"};
    if (submission.gpus > 0) { words.push_back(cat("--gres=gpu:", submission.gpus)); }
    words.insert(words.end(), submission.options.begin(), submission.options.end());
    words.push_back(submission.script);
    return words;
}

}  // namespace runlake::jobs
