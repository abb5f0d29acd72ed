// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_attribute.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "ops/replay_differ.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "replay/probes.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr int k_repetitions = 3;   // of what has to be steady
constexpr std::int64_t k_waiting_ns = 5'000'000'000;   // for a program to change again that changed once

// One way to turn a knob.
struct Turn {
    std::string knob;
    std::string value;
    std::function<void(replay::Pins&)> set;
    int replicas = 1;
    bool by_module = false;   // a module that is loaded into the program turns it
};

void set_all(replay::Pins& pins, std::initializer_list<std::pair<const char*, std::string>> variables) {
    for (const auto& [name, value] : variables) { pins.environment.insert_or_assign(name, value); }
}

void set_threads(replay::Pins& pins, int count) {
    const std::string text = std::to_string(count);
    set_all(pins, {{"OMP_NUM_THREADS", text}, {"OPENBLAS_NUM_THREADS", text}, {"MKL_NUM_THREADS", text}, {"BLIS_NUM_THREADS", text}, {"NUMEXPR_NUM_THREADS", text}});
    // Presets may hand the count to the program itself.
    pins.threads = count;
}

// Everything at once, so that one knob alone moves later. What the cell pins itself stays.
replay::Pins all_pinned(const replay::Pins& own) {
    replay::Pins pins = own;
    replay::Pins base;
    set_threads(base, own.threads.value_or(1));
    set_all(base, {{"OMP_DYNAMIC", "false"}, {"PYTHONHASHSEED", "0"}, {"PERL_HASH_SEED", "0"}, {"MALLOC_PERTURB_", "0"}});
    for (const auto& [name, value] : base.environment) { pins.environment.try_emplace(name, value); }
    if (!pins.aslr) { pins.aslr = false; }
    return pins;
}

std::string vary_module() { return os::private_lib_dir() + "/librunlake_vary.so"; }

void preload(replay::Pins& pins, const char* variable, std::string value) {
    const auto given = pins.environment.find("LD_PRELOAD");
    const std::string others = given == pins.environment.end() ? "" : given->second;
    const bool is_loaded = others.starts_with(vary_module());
    set_all(pins, {{"LD_PRELOAD", is_loaded ? others : cat(vary_module(), others.empty() ? "" : ":", others)}, {variable, std::move(value)}});
}

// A language whose sorting and numbers are unlike C's, as far as one is installed.
std::optional<std::string> other_locale() {
    const auto entries = os::list_dir("/usr/lib/locale");
    if (entries.ok()) {
        for (const os::DirEntry& entry : entries.value()) {
            if (entry.name.starts_with("tr_TR") || entry.name.starts_with("de_DE") || entry.name.starts_with("fr_FR")) { return entry.name; }
        }
    }
    return std::nullopt;
}

Turn nothing_turned(int replicas) { return {"", "", [](replay::Pins&) {}, replicas}; }

// In the order in which they are the likelier cause, and the cheaper to turn.
std::vector<Turn> turns() {
    std::vector<Turn> list;
    for (const int count : {2, 3, 4}) {
        list.push_back({"threads", cat(count, " threads"), [count](replay::Pins& pins) { set_threads(pins, count); }});
    }
    for (const char* seed : {"1", "2", "12345"}) {
        list.push_back({"hash_seed", cat("seed ", seed, " for Python's and Perl's hashes"), [seed](replay::Pins& pins) { set_all(pins, {{"PYTHONHASHSEED", seed}, {"PERL_HASH_SEED", seed}}); }});
    }
    list.push_back({"aslr", "random addresses", [](replay::Pins& pins) { pins.aslr = true; }, k_repetitions});
    list.push_back({"file_order", "folders listed by name", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_FILE_ORDER", "sorted"); }, 1, true});
    list.push_back({"file_order", "folders listed backwards", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_FILE_ORDER", "reversed"); }, 1, true});
    list.push_back({"locale", "LC_ALL=C", [](replay::Pins& pins) { pins.locale = "C"; }});
    if (const auto locale = other_locale()) {
        list.push_back({"locale", cat("LC_ALL=", *locale), [name = *locale](replay::Pins& pins) { pins.locale = name; }});
    }
    // Before the zone: in some hours of a day another zone has another date.
    list.push_back({"clock", "a day later", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_CLOCK", "+86400"); }, 1, true});
    list.push_back({"time_zone", "TZ=XYZ-5:45", [](replay::Pins& pins) { pins.time_zone = "XYZ-5:45"; }});
    list.push_back({"memory", "fresh memory is filled with 0xaa", [](replay::Pins& pins) { set_all(pins, {{"MALLOC_PERTURB_", "85"}}); }});
    list.push_back({"cpu_features", "without AVX and FMA", [](replay::Pins& pins) {
                        set_all(pins, {{"GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4"}, {"NPY_DISABLE_CPU_FEATURES", "AVX2 FMA3 AVX512F"}, {"OPENBLAS_CORETYPE", "Nehalem"}});
                    }});
    list.push_back({"processors", "one processor", [](replay::Pins& pins) { pins.cpus = {0}; }});
    list.push_back({"umask", "umask 077", [](replay::Pins& pins) { pins.umask = 077; }});
    return list;
}

// No process has this number, nor can have it: a signal that is sent there reaches nobody.
void preload_process_id(replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_PROCESS", "4194305"); }

// What may make steady what varies with everything pinned.
std::vector<Turn> steadiers() {
    return {{"clock", "the clock stands still", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_CLOCK", "1700000000"); }, k_repetitions, true},
            {"random", "random numbers of the kernel are a fixed series", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_RANDOM", "1"); }, k_repetitions, true},
            {"process_id", "every process has the same number", preload_process_id, k_repetitions, true},
            {"memory", "fresh memory is filled with 0xaa", [](replay::Pins& pins) { set_all(pins, {{"MALLOC_PERTURB_", "85"}}); }, k_repetitions},
            {"processors", "one processor", [](replay::Pins& pins) { pins.cpus = {0}; }, k_repetitions},
            {"file_order", "folders listed by name", [](replay::Pins& pins) { preload(pins, "RUNLAKE_VARY_FILE_ORDER", "sorted"); }, k_repetitions, true},
            // Of both together many generators of random numbers take their seed.
            {"clock_and_process_id", "the clock stands still, and every process has the same number", [](replay::Pins& pins) {
                 preload(pins, "RUNLAKE_VARY_CLOCK", "1700000000");
                 preload_process_id(pins);
             }, k_repetitions, true}};
}

// "" when both made the same bits.
std::string difference(const replay::Outcome& a, const replay::Outcome& b) {
    if (replay::bits_of(*a.value) != replay::bits_of(*b.value)) { return cat("the metric is ", core::format_float(*b.value), ", not ", core::format_float(*a.value)); }
    for (std::size_t i = 0; i < std::min(a.artifacts.size(), b.artifacts.size()); ++i) {
        if (a.artifacts[i].digest != b.artifacts[i].digest) { return cat("the metric is the same, and ", a.artifacts[i].path, " is another"); }
    }
    return "";
}

std::vector<std::string> differing_artifacts(const replay::Outcome& a, const replay::Outcome& b) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < std::min(a.artifacts.size(), b.artifacts.size()); ++i) {
        if (a.artifacts[i].digest != b.artifacts[i].digest) { paths.push_back(a.artifacts[i].path); }
    }
    return paths;
}

struct Work {
    replay::Cell cell;
    ReplaySessionRequest session;
    std::string spec_digest;
    std::optional<std::string> run_dir;
};

core::Result<Work> work_of(const ReplayAttributeRequest& request) {
    RL_ASSIGN(ReplayWork named, replay_work(request.store, request.of, "attributing"));
    if (named.cells.size() != 1) { return Error(Errc::usage, cat("attributing: ", named.spec.path, " has ", named.cells.size(), " cells; name one with --cell")); }
    if (named.target) {
        for (const std::string& note : named.target->notes) { request.say(cat("runlake replay attribute: ", note)); }
    }
    named.session.say = request.say;
    named.session.tags.emplace_back("replay_role", "attribute");
    return Work{std::move(named.cells.front()), std::move(named.session), named.spec.digest, named.target ? named.target->run_dir : std::nullopt};
}

class Attribution {
  public:
    Attribution(const Work& work, ReplaySession& session) : work_(work), session_(session) {}

    core::Result<ReplayAttributeResponse> run() {
        response_.session = session_.id();
        response_.cell = work_.cell.name;
        RL_ASSIGN(baseline_, replay(nothing_turned(k_repetitions)));
        response_.baseline = baseline_.outcomes.front();
        for (const replay::Outcome& outcome : baseline_.outcomes) {
            if (!outcome.ok()) {
                return Error(Errc::conflict, cat("attributing ", work_.cell.name, ": with everything pinned it fails: ", replay::error_name(outcome.error->kind), ": ", outcome.error->detail));
            }
            if (!difference(response_.baseline, outcome).empty()) { response_.steady = false; }
        }
        for (const Turn& turn : turns()) {
            if (!response_.steady || response_.attributed_to) { break; }
            RL_TRY(flip(turn));
        }
        for (const Turn& turn : steadiers()) {
            if (response_.steady || response_.attributed_to || settled_) { break; }
            RL_TRY(steady(turn));
        }
        if (!response_.steady && !response_.attributed_to) { show_baseline(); }
        return std::move(response_);
    }

  private:
    core::Result<CellReplays> replay(const Turn& turn) {
        replay::Cell cell = work_.cell;
        cell.pins = all_pinned(work_.cell.pins);
        turn.set(cell.pins);
        cell.replicas = turn.replicas;
        RL_ASSIGN(std::vector<CellReplays> all, session_.run({cell}));
        return std::move(all.front());
    }

    // Whether the module that would turn the knob is not loaded: it is said to have failed then, not to change nothing.
    bool is_out_of_reach(const Turn& turn) {
        if (!turn.by_module || baseline_.outcomes.front().reads_seen) { return false; }
        response_.tried.push_back({.knob = turn.knob, .value = turn.value, .effect = KnobEffect::failed, .detail = "the program loads no module (a static one?), by which alone this could be turned"});
        return true;
    }

    core::Status flip(const Turn& turn) {
        if (is_out_of_reach(turn)) { return core::ok(); }
        RL_ASSIGN(CellReplays turned, replay(turn));
        TriedKnob tried{.knob = turn.knob, .value = turn.value, .effect = KnobEffect::same, .detail = ""};
        for (std::size_t i = 0; i < turned.outcomes.size() && tried.effect == KnobEffect::same; ++i) {
            const replay::Outcome& outcome = turned.outcomes[i];
            if (!outcome.ok()) {
                tried.effect = KnobEffect::failed;
                tried.detail = cat(replay::error_name(outcome.error->kind), ": ", outcome.error->detail);
            } else if (std::string said = difference(response_.baseline, outcome); !said.empty()) {
                tried.effect = KnobEffect::flips;
                tried.detail = std::move(said);
            }
            if (tried.effect != KnobEffect::flips) { continue; }
            // It may have changed by itself meanwhile: a clock that is read in whole seconds is steady for three replays, too.
            RL_ASSIGN(const bool drifts, has_drifted());
            if (drifts) {
                response_.steady = false;
                tried.effect = KnobEffect::same;
                tried.detail = "it changed, and changes with nothing turned as well";
                break;
            }
            keep(turned, i);
        }
        if (tried.effect == KnobEffect::flips) { response_.attributed_to = turn.knob; }
        response_.tried.push_back(std::move(tried));
        return core::ok();
    }

    core::Status steady(const Turn& turn) {
        if (is_out_of_reach(turn)) { return core::ok(); }
        RL_ASSIGN(const CellReplays turned, replay(turn));
        TriedKnob tried{.knob = turn.knob, .value = turn.value, .effect = KnobEffect::steadies, .detail = ""};
        for (const replay::Outcome& outcome : turned.outcomes) {
            if (!outcome.ok()) {
                tried.effect = KnobEffect::failed;
                tried.detail = cat(replay::error_name(outcome.error->kind), ": ", outcome.error->detail);
                break;
            }
            if (std::string said = difference(turned.outcomes.front(), outcome); !said.empty()) {
                tried.effect = KnobEffect::same;
                tried.detail = std::move(said);
                break;
            }
        }
        if (tried.effect == KnobEffect::steadies && drifts_) { RL_TRY(try_longer(turn, turned.outcomes.front(), tried)); }
        if (tried.effect == KnobEffect::steadies) {
            response_.attributed_to = turn.knob;
            show_baseline();
        }
        response_.tried.push_back(std::move(tried));
        return core::ok();
    }

    // Once more with nothing turned: whether it differs from all before. It is kept among them then.
    core::Result<bool> has_drifted() {
        RL_ASSIGN(CellReplays again, replay(nothing_turned(1)));
        const replay::Outcome& now = again.outcomes.front();
        if (now.ok() && difference(baseline_.outcomes.back(), now).empty()) { return false; }
        if (!now.ok()) { return Error(Errc::conflict, cat("attributing ", work_.cell.name, ": with everything pinned it fails now and then: ", replay::error_name(now.error->kind), ": ", now.error->detail)); }
        baseline_.outcomes.push_back(now);
        baseline_.folders.push_back(again.folders.front());
        drifts_ = true;
        return true;
    }
    // What changes seldom is steady for three replays with any knob: it has to stay so until the program changes again without.
    core::Status try_longer(const Turn& turn, const replay::Outcome& before, TriedKnob& tried) {
        const std::int64_t begun = os::system_clock().monotonic_ns();
        while (os::system_clock().monotonic_ns() - begun < k_waiting_ns) {
            RL_ASSIGN(const bool changed, has_drifted());
            if (!changed) { continue; }
            RL_ASSIGN(const CellReplays again, replay(turn));
            for (const replay::Outcome& outcome : again.outcomes) {
                if (!outcome.ok() || !difference(before, outcome).empty()) {
                    tried.effect = KnobEffect::same;
                    tried.detail = "it changes later than the others";
                }
            }
            return core::ok();
        }
        settled_ = true;
        tried.effect = KnobEffect::same;
        tried.detail = "it does not change any more, with nothing turned either";
        return core::ok();
    }

    // Both outputs of the pair stay: the baseline's, and that of `turned` which differs.
    void keep(CellReplays& turned, std::size_t which) {
        CellReplays pair{.outcomes = {baseline_.outcomes.front(), turned.outcomes[which]}, .folders = {baseline_.folders.front(), turned.folders[which]}};
        response_.first_difference = first_difference(pair, differing_artifacts(pair.outcomes[0], pair.outcomes[1]));
        session_.keep(pair);
        for (const replay::Outcome& outcome : pair.outcomes) { response_.kept.push_back(outcome.kept.value_or("")); }
    }
    void show_baseline() {
        for (std::size_t i = 1; i < baseline_.outcomes.size(); ++i) {
            if (!difference(baseline_.outcomes.front(), baseline_.outcomes[i]).empty()) { return keep(baseline_, i); }
        }
    }

    const Work& work_;
    ReplaySession& session_;
    CellReplays baseline_;
    bool drifts_ = false;    // its baseline was steady at first
    bool settled_ = false;   // and is so again
    ReplayAttributeResponse response_;
};

}  // namespace

std::string_view effect_name(KnobEffect effect) {
    switch (effect) {
        case KnobEffect::same: return "same";
        case KnobEffect::flips: return "flips";
        case KnobEffect::steadies: return "steadies";
        case KnobEffect::failed: break;
    }
    return "failed";
}

core::Result<ReplayAttributeResponse> replay_attribute(const ReplayAttributeRequest& request) {
    RL_ASSIGN(const Work work, work_of(request));
    RL_ASSIGN(const std::unique_ptr<ReplaySession> session, ReplaySession::begin(work.session));
    RL_ASSIGN(ReplayAttributeResponse response, Attribution(work, *session).run());
    if (!response.attributed_to) { return response; }
    RL_ASSIGN(response.verdict, amend_verdict(request.store, {.cell = work.cell,
                                                              .spec_digest = work.spec_digest,
                                                              .run_dir = work.run_dir,
                                                              .knob = *response.attributed_to,
                                                              .first_difference = response.first_difference}));
    return response;
}

core::Json to_json(const ReplayAttributeResponse& response) {
    core::Json tried = core::Json::array();
    for (const TriedKnob& knob : response.tried) {
        core::Json one = core::Json::object();
        tried.push(std::move(one.set("knob", knob.knob).set("value", knob.value).set("effect", effect_name(knob.effect)).set("detail", knob.detail)));
    }
    core::Json kept = core::Json::array();
    for (const std::string& folder : response.kept) { kept.push(folder); }
    core::Json json = core::Json::object();
    json.set("session", response.session).set("cell", response.cell).set("attributed_to", response.attributed_to).set("steady", response.steady);
    json.set("first_difference", response.first_difference).set("baseline", replay::to_json(response.baseline)).set("tried", std::move(tried));
    core::Json verdict;
    if (response.verdict) {
        verdict = core::Json::object();
        verdict.set("id", response.verdict->id).set("amends", response.verdict->amends).set("path", response.verdict->path);
    }
    return std::move(json.set("kept", std::move(kept)).set("verdict", std::move(verdict)));
}

}  // namespace runlake::ops
