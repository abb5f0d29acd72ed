// SPDX-License-Identifier: Apache-2.0
// The header-only C++ wrapper, compiled as C++17.
#include <cstdio>
#include <runlake/runlake.hpp>
#include <stdexcept>
#include <string>

int main() {
    runlake::Recorder recorder;
    runlake::RunOptions options;
    options.stage = "finished";
    options.params_json = "{\"lr\":0.5}";
    {
        runlake::Run run = recorder.start(options);
        run.log("rmse", 0.25);
        run.log("loss", 1.5, 3);
        run.count(RUNLAKE_TOKENS, 12);
        run.tag("team", "blue");
        run.finish();
    }
    options.stage = "left";
    { const runlake::Run run = recorder.start(options); }
    options.stage = "thrown";
    try {
        const runlake::Run run = recorder.start(options);
        throw std::runtime_error("boom");
    } catch (const std::runtime_error&) {}
    options.stage = "failed";
    {
        runlake::Run first = recorder.start(options);
        runlake::Run moved = std::move(first);
        moved.fail("ValueError: no");
    }
    options.stage = "";
    try {
        recorder.start(options);
        std::puts("an empty stage was accepted");
        return 1;
    } catch (const runlake::Failure& refused) {
        // The library's own reason, not that of a wrapper that knows none.
        if (refused.status() != RUNLAKE_USAGE || std::string(refused.what()).find("stage") == std::string::npos) {
            std::puts(refused.what());
            return 1;
        }
    }
    return recorder.lost() == 0 ? 0 : 1;
}
