// SPDX-License-Identifier: Apache-2.0
// What the crash scenarios and the end-to-end tests of run directories do and look at, one step a call.
//
//   rundir_driver create BASE EXPERIMENT_KEY [ISO_TIME]            prints the path
//   rundir_driver publish RUN_DIR STAGE INSTANCE KEY PATH=TEXT...  under the lease, then a pointer in $RUNLAKE_STORE; RUNDIR_REPLACE=1 replaces
//   rundir_driver reuse RUN_DIR STAGE INSTANCE KEY                 by the pointer in $RUNLAKE_STORE
//   rundir_driver attempt RUN_DIR | mark RUN_DIR STAGE INSTANCE KEY | view RUN_DIR
//   rundir_driver check RUN_DIR                                    every DONE there is, read to the last byte: "done STAGE INSTANCE KEY FILES"
//   rundir_driver hold RUN_DIR                                     works in it until stdin ends
//
// RUNDIR_NO_LINKS=1: as on a file system without symbolic links. Exit status as of the binary; the reason on stderr.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "os/fault.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/publish.hpp"

namespace core = runlake::core;
namespace os = runlake::os;
namespace rundir = runlake::rundir;
using core::cat;

namespace {

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

class FixedClock final : public core::Clock {
  public:
    explicit FixedClock(core::Timestamp at) : at_(at) {}
    core::Timestamp now() const override { return at_; }
    std::int64_t monotonic_ns() const override { return 0; }

  private:
    core::Timestamp at_;
};

core::Result<rundir::StageKey> key_of(const std::string& word) { return rundir::make_stage_key({{rundir::ComponentKind::param, "key", word}}); }

core::Result<rundir::DoneRecord> record_of(const std::vector<std::string>& words) {
    RL_ASSIGN(rundir::StageKey key, key_of(words[4]));
    const core::RunId run = os::new_run_id();
    const core::Timestamp now = os::system_clock().now();
    return rundir::DoneRecord{.which = {words[2], words[3]},
                              .key = std::move(key),
                              .run_id = run,
                              .published_by = run,
                              .cached_from = std::nullopt,
                              .started_at = now,
                              .finished_at = now,
                              .isolation = "checked",
                              .inputs = {},
                              .workspace = {},
                              .writes = {},
                              .blessed_from = std::nullopt,
                              .blessed_because = std::nullopt};
}

core::Status create(const std::vector<std::string>& words) {
    core::Timestamp at = os::system_clock().now();
    if (words.size() > 3) { RL_ASSIGN(at, core::parse_iso(words[3])); }
    const rundir::CreateOptions options{.run_id = os::new_run_id(), .experiment_key = words[2], .config_text = "alpha: 1\n", .pipeline_file = "pipeline.yaml", .roots = {}};
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::create(words[1], options, FixedClock(at)));
    say(run_dir.path());
    return core::ok();
}

core::Status publish(const std::vector<std::string>& words) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    RL_ASSIGN(rundir::DoneRecord done, record_of(words));
    RL_ASSIGN(const auto attempt, run_dir.enter("test"));
    RL_ASSIGN(const auto lease, run_dir.take_lease(done.which, "test"));
    RL_ASSIGN(const auto staging, rundir::Staging::begin(run_dir, done.which));
    for (std::size_t i = 5; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        const std::string path = words[i].substr(0, equals);
        done.writes.push_back(path);
        // The program's own writing is none of ours: no point that a fault could strike.
        const std::string full = os::join_path(staging->out(), path);
        const std::string command = cat("mkdir -p '", os::parent_path(full), "'");
        if (std::system(command.c_str()) != 0) { return core::Error(core::Errc::io, "mkdir"); }
        std::FILE* const file = std::fopen(full.c_str(), "w");
        if (file == nullptr) { return core::Error(core::Errc::io, "fopen"); }
        std::fputs(words[i].substr(equals + 1).c_str(), file);
        std::fclose(file);
    }
    rundir::PublishOptions options;
    options.replace = os::env("RUNDIR_REPLACE").has_value();
    RL_ASSIGN(done, rundir::publish(run_dir, *staging, std::move(done), options));
    say(cat("published ", done.key.key.hex()));
    return rundir::remember(os::env("RUNLAKE_STORE").value_or("store"), run_dir, done);
}

core::Status reuse(const std::vector<std::string>& words) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    RL_ASSIGN(rundir::DoneRecord done, record_of(words));
    RL_ASSIGN(const auto from, rundir::find_elsewhere(os::env("RUNLAKE_STORE").value_or("store"), done.key.key));
    if (!from) { return core::Error(core::Errc::not_found, "no pointer"); }
    RL_ASSIGN(const auto lease, run_dir.take_lease(done.which, "test"));
    RL_ASSIGN(const auto staging, rundir::Staging::begin(run_dir, done.which));
    RL_TRY(rundir::bring(*from, *staging));
    done.writes = from->done.writes;
    done.cached_from = os::base_name(from->run_dir);
    rundir::PublishOptions options;
    options.expected_manifest = from->done.manifest;
    RL_ASSIGN(done, rundir::publish(run_dir, *staging, std::move(done), options));
    say(cat("published ", done.key.key.hex()));
    return core::ok();
}

core::Status check(const std::vector<std::string>& words) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    RL_ASSIGN(const auto all, rundir::list_done(run_dir));
    for (const rundir::DoneRecord& done : all) {
        RL_ASSIGN(const rundir::Manifest manifest, rundir::read_manifest(run_dir, done));
        RL_ASSIGN(const auto differences, rundir::verify_tree(run_dir.published(done.which, done.key.key) + "/out", manifest, std::nullopt, true));
        if (!differences.empty()) { return core::Error(core::Errc::corrupt, cat("a false DONE: ", differences[0].path)); }
        std::string component = done.key.components.empty() ? "" : done.key.components[0].value.value_or("");
        say(cat("done ", done.which.stage, ' ', done.which.instance, ' ', component, ' ', done.files));
    }
    return core::ok();
}

core::Status mark(const std::vector<std::string>& words) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    RL_ASSIGN(const rundir::DoneRecord done, record_of(words));
    return rundir::mark_nondeterministic(run_dir, done, {}, os::new_run_id());
}

core::Status hold(const std::vector<std::string>& words) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    RL_ASSIGN(const auto attempt, run_dir.enter("test"));
    say("held");
    char byte = 0;
    while (::read(0, &byte, 1) > 0) {}
    return core::ok();
}

core::Status act(const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    if (verb == "create" && words.size() >= 3) { return create(words); }
    if (verb == "publish" && words.size() >= 5) { return publish(words); }
    if (verb == "reuse" && words.size() == 5) { return reuse(words); }
    if (verb == "mark" && words.size() == 5) { return mark(words); }
    if (verb == "check" && words.size() == 2) { return check(words); }
    if (verb == "hold" && words.size() == 2) { return hold(words); }
    if ((verb != "attempt" && verb != "view") || words.size() != 2) { return core::Error(core::Errc::usage, "see the first lines of rundir_driver.cpp"); }
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(words[1]));
    if (verb == "view") { return rundir::rebuild_view(run_dir); }
    RL_TRY(run_dir.add_attempt("alpha: 2\n"));
    return core::ok();
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (os::env("RUNDIR_NO_LINKS")) {
        const std::string more = os::env("RUNLAKE_FAULT").value_or("");
        ::setenv("RUNLAKE_FAULT", cat("view.link:eacces:1+", more.empty() ? "" : ",", more).c_str(), 1);  // read at the first point
    }
    const core::Status done = words.empty() ? core::Status(core::Error(core::Errc::usage, "nothing to do")) : act(words);
    if (done.ok()) { return 0; }
    std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return core::exit_status(done.error().code());
}
