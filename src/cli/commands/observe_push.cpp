// SPDX-License-Identifier: Apache-2.0
// `runlake observe push`
#include "ops/observe_push.hpp"

#include <array>
#include <optional>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--follow", .value = "", .help = "go on sending as runs end, until Ctrl-C"},
};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(auto stop, os::StopSignal::install());
    ops::ObservePushRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(request.settings, inv.settings());
    request.follow = inv.flag("--follow");
    bool stopped = false;
    request.wait = [&](std::chrono::milliseconds limit) {
        stopped = stopped || stop.wait(limit);
        return stopped;
    };
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const auto response, ops::observe_push(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else {
        for (const ops::SinkResult& sink : response.sinks) {
            inv.out(core::cat(sink.name, ": ", sink.delivered, sink.name == "prometheus-file" ? " page" : " run", sink.delivered == 1 ? "" : "s", " sent"));
            if (sink.refused > 0) { inv.out(core::cat(", ", sink.refused, " refused (", sink.refusal, ")")); }
            inv.out("\n");
            if (sink.failure) { inv.say(core::cat(sink.name, ": ", *sink.failure, "; what is left is sent by the next push")); }
        }
    }
    if (stopped) { return core::exit_status(core::Errc::interrupted); }
    return response.complete() ? 0 : core::exit_status(core::Errc::io);
}

}  // namespace

extern const Command k_observe_push = {.name = "observe push",
                                       .summary = "Send ended runs to the receivers that are set: OpenTelemetry, StatsD, webhooks, a Prometheus file",
                                       .options = k_options,
                                       .run = run};

}  // namespace runlake::cli
