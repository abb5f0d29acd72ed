// SPDX-License-Identifier: Apache-2.0
#include "ops/job_state_point.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/text.hpp"
#include "git/repository.hpp"
#include "git/tree_state.hpp"
#include "ledger/concerns.hpp"
#include "ops/run_words.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

// Words that a program may well print for a number, and that no JSON number is.
bool is_not_finite(std::string_view text) {
    constexpr std::array<std::string_view, 4> k_words = {"nan", "inf", "infinity", "-inf"};
    std::string lower = core::lower_ascii(text);
    if (lower.starts_with('+')) { lower.erase(0, 1); }
    const bool negative = lower.starts_with('-');
    if (negative) { lower.erase(0, 1); }
    if (lower.starts_with('.')) { lower.erase(0, 1); }
    return std::ranges::find(k_words, lower) != k_words.end();
}

// "lr=1,seed=2" in one word: what another tool splits would silently become one text.
bool looks_joined(std::string_view value) {
    for (std::size_t comma = value.find(','); comma != std::string_view::npos; comma = value.find(',', comma + 1)) {
        const std::string_view rest = value.substr(comma + 1);
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos || equals == 0) { continue; }
        const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
        if (std::ranges::all_of(rest.substr(0, equals), is_name)) { return true; }
    }
    return false;
}

bool is_quoted(std::string_view text) { return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front(); }

struct Code {
    std::string commit;   // "" when git can't tell
    bool dirty = false;
    std::string note;
};

Code read_code_of(const std::string& root) {
    const auto repository = git::find_repository(root);
    if (!repository.ok() || !repository.value()) { return {}; }
    const git::Head head = git::read_head(*repository.value());
    if (head.kind != git::HeadKind::commit) { return {"", false, head.kind == git::HeadKind::unknown ? cat("code_commit is empty: ", head.reason) : ""}; }
    git::TreeOptions options;
    options.own_folders = {".aexp"};
    options.limit = std::chrono::seconds(5);
    const git::TreeState state = git::tree_state(*repository.value(), head.commit, options);
    // Not known to be clean is not clean.
    return {head.commit, state.kind != git::TreeKind::clean, state.kind == git::TreeKind::unknown ? cat("code_dirty is true because the tree could not be told to be clean: ", state.reason) : ""};
}

void put_over(Json& target, const Json& members) {
    for (const auto& [name, value] : *members.as_object()) { target.set(name, value); }
}

}  // namespace

core::Result<Json> state_point_value(std::string_view text, std::string_view what) {
    if (is_not_finite(text)) { return Error(Errc::usage, cat(what, ": a state point can't hold the number ", text, "; if a text is meant, quote it: \"'", text, "'\"")); }
    if (core::valid_utf8(text) != text) { return Error(Errc::usage, cat(what, ": the value is not valid UTF-8")); }
    return typed_value(text);
}

core::Result<Json> state_point_words(const std::vector<std::string>& words, std::string_view what) {
    Json all = Json::object();
    for (const std::string& word : words) {
        RL_ASSIGN(const auto pair, split_word(word, what));
        const auto& [name, text] = pair;
        if (all.find(name) != nullptr) { return Error(Errc::usage, cat(what, " ", name, " is given twice")); }
        if (!is_quoted(text) && looks_joined(text)) {
            return Error(Errc::usage, cat(what, " ", name, ": several values in one word: give ", what, " once for each, or quote the value if the comma belongs to it: ", name, "='\"...\"'"));
        }
        RL_ASSIGN(Json value, state_point_value(text, cat(what, " ", name)));
        all.set(name, std::move(value));
    }
    return all;
}

core::Result<jobs::JobLink> make_link(std::string experiment, std::optional<std::string> hypothesis, std::optional<std::string> sub_hypothesis) {
    RL_TRY(jobs::check_note_id(experiment, 'E'));
    if (hypothesis) { RL_TRY(jobs::check_note_id(*hypothesis, 'H')); }
    if (sub_hypothesis) { RL_TRY(jobs::check_note_id(*sub_hypothesis, 'H')); }
    std::string path = cat("kb/research/experiments/", experiment, "-*.md");
    return jobs::JobLink{std::move(experiment), std::move(path), std::move(hypothesis), std::move(sub_hypothesis)};
}

core::Result<StatePointMaker> StatePointMaker::open(const record::Store& store, const StatePointRequest& request) {
    StatePointMaker maker;
    RL_ASSIGN(maker.link_, make_link(request.experiment, request.hypothesis, request.sub_hypothesis));
    maker.resolve_ = request.resolve;
    core::Result<jobs::Experiment> experiment = jobs::find_experiment(store.root, request.experiment);
    if (experiment.ok()) {
        maker.experiment_ = std::move(experiment).take();
    } else {
        maker.notes_.push_back(experiment.error().message());
    }
    maker.base_.set("experiment_id", request.experiment);
    if (request.hypothesis) { maker.base_.set("hypothesis_id", *request.hypothesis); }
    if (request.sub_hypothesis) { maker.base_.set("sub_hypothesis_id", *request.sub_hypothesis); }
    if (request.commit) {
        Code code = read_code_of(store.root);
        maker.base_.set("code_commit", std::move(code.commit)).set("code_dirty", code.dirty);
        if (!code.note.empty()) { maker.notes_.push_back(std::move(code.note)); }
    }
    return maker;
}

core::Result<Json> StatePointMaker::make(const Json& own) const {
    Json state_point = base_;
    put_over(state_point, resolve_ && experiment_ ? jobs::with_condition(own, *experiment_) : own);
    RL_TRY(jobs::check_state_point(state_point));
    return state_point;
}

std::vector<std::string> state_point_warnings(const Json& state_point) {
    std::vector<std::string> all;
    for (const ledger::Concern& concern : ledger::concerns_in(state_point, "state point")) {
        all.push_back(cat(concern.where, " holds ", concern.what, ": the job will not be shared through the ledger unless `ledger promote --allow-paths` is said"));
    }
    return all;
}

}  // namespace runlake::ops
