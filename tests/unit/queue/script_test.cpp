// SPDX-License-Identifier: Apache-2.0
// The scripts, byte for byte.
#include "jobs/queue_script.hpp"

#include <gtest/gtest.h>

namespace runlake::jobs {
namespace {

ScriptRequest request(ScriptKind kind) {
    ScriptRequest script;
    script.kind = kind;
    script.jobs = {core::JobId::parse(std::string(32, 'a')).take(), core::JobId::parse(std::string(32, 'b')).take()};
    script.made_at = "2026-06-02T09:14:27Z";
    script.root = "/home/me/my project";
    script.program = {"/opt/runlake"};
    return script;
}

TEST(Script, ForAShell) {
    const auto text = queue_script(request(ScriptKind::shell));
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text.value(),
              "#!/bin/sh\n# Made by runlake at 2026-06-02T09:14:27Z: 2 jobs of the queue.\nset -e\ncd '/home/me/my project'\n"
              "/opt/runlake job run aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n/opt/runlake job run bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n");
}

TEST(Script, ToBeRead) {
    const auto text = queue_script(request(ScriptKind::manual));
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text.value().find("#!"), std::string::npos);
    EXPECT_NE(text.value().find("job run aaaa"), std::string::npos);
}

TEST(Script, AnArrayHoldsItsJobs) {
    ScriptRequest script = request(ScriptKind::slurm);
    script.name = "runlake-x\n#SBATCH --uid=0";
    script.output = "my logs/%A_%a.out";
    script.options = {"--partition=gpu", "--exclusive", "--comment=a #b"};
    script.run_options = {"--log-only"};
    const auto text = queue_script(script);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text.value(),
              "#!/bin/bash\n# Made by runlake at 2026-06-02T09:14:27Z: 2 jobs of the queue.\n#SBATCH --job-name=runlake-x__SBATCH_--uid_0\n#SBATCH --array=0-1\n"
              "#SBATCH --output=\"my logs/%A_%a.out\"\n#SBATCH --no-requeue\n#SBATCH --partition=gpu\n#SBATCH --exclusive\n#SBATCH --comment=\"a #b\"\n"
              "jobs=(\n    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n)\n"
              "cd '/home/me/my project' || exit 1\nexec /opt/runlake job run --log-only \"${jobs[$SLURM_ARRAY_TASK_ID]}\"\n");
}

TEST(Script, OfNothing) {
    ScriptRequest script = request(ScriptKind::slurm);
    script.jobs.clear();
    EXPECT_FALSE(queue_script(script).ok());
    script.kind = ScriptKind::shell;
    EXPECT_TRUE(queue_script(script).ok());
}

}  // namespace
}  // namespace runlake::jobs
