// SPDX-License-Identifier: Apache-2.0
#include "lake/reference/prepare.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/reference/build.hpp"
#include "lake/reference/index.hpp"
#include "lake/reference/members.hpp"
#include "lake/reference/score.hpp"
#include "lake/reference/store.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

class Preparer {
  public:
    Preparer(std::optional<ExportSession>& session, const PrepareOrder& order, const std::vector<SelectedRun>& selected) : session_(session), order_(order), selected_(selected) {}

    core::Result<PreparedReference> run() {
        bool is_told = false;
        if (order_.reference.build) {
            RL_TRY(build());
        } else {
            RL_ASSIGN(is_told, find());
        }
        if (order_.reference.score_k) { RL_TRY(score()); }
        if (!is_told || order_.reference.score_k) { RL_TRY(index()); }
        RL_TRY(tell());
        return std::move(out_);
    }

  private:
    core::Status build() {
        RL_ASSIGN(auto built, build_reference(*session_, {.build = *order_.reference.build, .references_dir = order_.references_dir, .now = order_.now, .program = order_.program}));
        out_.ref_id = built.ref_id;
        reference_ = std::move(built.reference);
        return core::ok();
    }

    // Whether the tables have it.
    core::Result<bool> find() {
        out_.ref_id = *order_.reference.ref_id;
        RL_ASSIGN(const auto rows, session_->connection().integer(cat("SELECT count(*) FROM ", session_->stored("lake_references"), " WHERE ref_id = ", sql::quote_literal(out_.ref_id))));
        if (rows > 0) { return true; }
        RL_ASSIGN(const auto there, list_references(order_.references_dir));
        if (std::ranges::binary_search(there, out_.ref_id)) { return false; }
        return Error(Errc::not_found, cat("reference.ref_id: there is no reference ", out_.ref_id, " in the lake or below ", order_.references_dir, "; `runlake lake reference list` shows those there are"));
    }

    core::Status score() {
        if (!reference_) {
            auto read = read_reference(order_.references_dir, out_.ref_id);
            if (!read.ok()) { return std::move(read).take_error().context(cat("scoring against the reference ", out_.ref_id)); }
            reference_ = std::move(read).take();
        }
        RL_ASSIGN(const auto runs, runs_to_score(*session_, selected_, *reference_));
        RL_ASSIGN(const auto scored, score_runs(*reference_, runs, {.references_dir = order_.references_dir, .ref_id = out_.ref_id, .threads = static_cast<unsigned>(std::max(1, os::usable_processors())), .is_stopped = nullptr, .progress = nullptr}));
        std::uint64_t done = 0;
        std::uint64_t rows = 0;
        std::uint64_t valid = 0;
        Json skipped = Json::array();
        for (std::size_t i = 0; i < scored.size(); ++i) {
            if (!scored[i].skipped.empty()) {
                skipped.push(Json::object().set("run_key", runs[i].run_key).set("why", scored[i].skipped));
                continue;
            }
            ++done;
            rows += scored[i].rows;
            valid += scored[i].valid;
        }
        out_.scored = Json::object().set("runs", done).set("rows", rows).set("valid", valid).set("skipped", std::move(skipped));
        return core::ok();
    }

    // The tables are derived, and the job's own questions are about them.
    core::Status index() {
        session_.reset();
        {
            auto held = hold_lake(order_.database);
            if (!held.ok()) { return std::move(held).take_error().context(cat("the reference ", out_.ref_id, " is there as files, but not in the lake")); }
            RL_ASSIGN(const auto indexed, index_references(held.value().connection, order_.references_dir));
            const auto own = std::ranges::find_if(indexed.problems, [&](const ReferenceProblem& problem) { return problem.rel_path.find(out_.ref_id) != std::string::npos; });
            if (own != indexed.problems.end()) { return Error(Errc::corrupt, own->problem); }
        }
        RL_ASSIGN(auto session, ExportSession::open(order_.database));
        session_.emplace(std::move(session));
        return core::ok();
    }

    core::Status tell() {
        RL_ASSIGN(const auto head, reference_head(*session_, out_.ref_id));
        RL_TRY(name_runs(*session_, selected_));
        RL_ASSIGN(out_.in_sample, in_sample_of(*session_, head.members, selected_.size()));
        const auto in_sample = std::ranges::count(out_.in_sample, true);
        out_.artifact_path = reference_artifact_path(out_.ref_id);
        // Another selection may have built the same reference before: what is told of a job must not depend on which did first.
        const Json& selection = order_.reference.build ? order_.reference.build->selection_json : head.selection;
        if (selection.is_object()) { out_.selection = without_paths(selection); }
        out_.facts = Json::object()
                         .set("ref_id", out_.ref_id)
                         .set("kind", k_goal_outcomes)
                         .set("alpha", head.alpha)
                         .set("meta", head.meta)
                         .set("members", static_cast<std::int64_t>(head.members.size()))
                         .set("in_sample", static_cast<std::int64_t>(in_sample))
                         .set("out_of_sample", static_cast<std::int64_t>(selected_.size()) - static_cast<std::int64_t>(in_sample));
        return core::ok();
    }

    std::optional<ExportSession>& session_;
    const PrepareOrder& order_;
    const std::vector<SelectedRun>& selected_;
    std::optional<Reference> reference_;
    PreparedReference out_;
};

}  // namespace

Json PreparedReference::to_json() const { return Json(facts).set("artifact_path", artifact_path).set("selection", selection).set("scored", scored); }

core::Result<PreparedReference> prepare_reference(std::optional<ExportSession>& session, const PrepareOrder& order, const std::vector<SelectedRun>& selected) {
    return Preparer(session, order, selected).run();
}

Json without_paths(const Json& selection) {
    auto rest = Json::object();
    for (const auto& [key, value] : *selection.as_object()) {
        if (key != "run_dir" && key != "run_dir_prefix") { rest.set(key, value); }
    }
    return rest;
}

}  // namespace runlake::lake
