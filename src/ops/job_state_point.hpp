// SPDX-License-Identifier: Apache-2.0
// What a new job is made of: the words of --sp, the experiment's condition, the commit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/document.hpp"
#include "jobs/experiment.hpp"
#include "jobs/run_store.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// name=value words, typed: integers, floats, true/false, null; anything else, and what is quoted, is text. Errc::usage: a name twice, "nan" and "inf" without quotes
// (no state point can hold them), several name=value joined by commas.
core::Result<core::Json> state_point_words(const std::vector<std::string>& words, std::string_view what);
// One such value.
core::Result<core::Json> state_point_value(std::string_view text, std::string_view what);

struct StatePointRequest {
    std::string experiment;
    std::optional<std::string> hypothesis;
    std::optional<std::string> sub_hypothesis;
    bool commit = true;                       // code_commit and code_dirty
    bool resolve = true;                      // the condition
};

// What several state points of one command share: read once.
class StatePointMaker {
  public:
    // Errc::usage: an id of a wrong form. An experiment whose note is missing or can't be read is said in notes().
    static core::Result<StatePointMaker> open(const record::Store& store, const StatePointRequest& request);
    // The user's members (an object) over all others. Errc::usage: see jobs::check_state_point.
    core::Result<core::Json> make(const core::Json& own) const;
    const jobs::JobLink& link() const { return link_; }
    const std::optional<jobs::Experiment>& experiment() const { return experiment_; }
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    StatePointMaker() = default;
    bool resolve_ = true;
    core::Json base_ = core::Json::object();
    jobs::JobLink link_;
    std::optional<jobs::Experiment> experiment_;
    std::vector<std::string> notes_;
};

// The link to an experiment, its ids checked: Errc::usage.
core::Result<jobs::JobLink> make_link(std::string experiment, std::optional<std::string> hypothesis, std::optional<std::string> sub_hypothesis);

// What must not leave this machine, in sentences: a path, a secret.
std::vector<std::string> state_point_warnings(const core::Json& state_point);

}  // namespace runlake::ops
