// SPDX-License-Identifier: Apache-2.0
#include "replay/child_stage.hpp"

#include <sched.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "core/json.hpp"
#include "core/text.hpp"
#include "fingerprint/environment.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/fresh_child.hpp"
#include "os/program_path.hpp"
#include "os/system.hpp"
#include "replay/static_program.hpp"

namespace runlake::replay {
namespace {

using core::cat;
using core::Json;

// The kernel's word: a module of `replay attribute` may be loaded into us already.
std::int64_t process_number() { return ::syscall(SYS_getpid); }

std::string processors_now() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) { return ""; }
    std::string out;
    for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &set)) { out += cat(out.empty() ? "" : ",", i); }
    }
    return out;
}

std::string umask_now() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%03o", static_cast<unsigned>(mask));
    return text.data();
}

Json knobs_now(const std::vector<std::string>& watched) {
    Json values = Json::object();
    const int personality = ::personality(0xffffffffU);
    if (personality >= 0) { values.set("aslr", (static_cast<unsigned>(personality) & ADDR_NO_RANDOMIZE) != 0 ? "off" : "on"); }
    values.set("cpus", processors_now()).set("umask", umask_now());
    for (const std::string& name : watched) {
        if (auto value = os::env(name.c_str())) { values.set(name, core::valid_utf8(*value)); }
    }
    return values;
}

void tell(const std::string& report, const Json& line) {
    auto file = os::open_append(report, os::point::replay_output_write);
    if (!file.ok()) { return; }   // the launcher misses the line, and says so
    static_cast<void>(os::write_all(file.value().get(), core::to_json(line) + "\n", os::point::replay_output_write, report));
}

// Of a program that no module can be loaded into, as the module says it of others: what is not in its file is not loaded.
void tell_of_static(const std::string& report, const std::string& name) {
    Json values = Json::object();
    for (const std::string& knob : knobs_never_read(os::find_program(name, os::search_path()).value_or(name))) { values.set(knob, "not_loaded"); }
    if (values.as_object()->empty()) { return; }
    Json line = Json::object();
    line.set("kind", "observed").set("pid", process_number()).set("program", core::valid_utf8(os::base_name(name))).set("values", std::move(values));
    tell(report, line);
}

}  // namespace

std::vector<std::string> to_words(const ChildWords& words) {
    std::vector<std::string> out = {words.store, words.observer, core::join(words.watched, ","), "--"};
    out.insert(out.end(), words.program.begin(), words.program.end());
    return out;
}

core::Result<ChildWords> parse_words(const std::vector<std::string>& words) {
    if (words.size() < 5 || words[3] != "--") { return core::Error(core::Errc::usage, "becoming a replay's program: STORE OBSERVER NAMES -- PROGRAM is wanted"); }
    ChildWords parsed{.store = words[0], .observer = words[1], .watched = {}, .program = {words.begin() + 4, words.end()}};
    for (const std::string_view name : core::split(words[2], ',')) {
        if (!name.empty()) { parsed.watched.emplace_back(name); }
    }
    return parsed;
}

int be_child(const ChildWords& words) {
    const std::string report = os::env(k_report_variable).value_or("");
    Json line = Json::object();
    line.set("kind", "launched").set("pid", process_number());
    fingerprint::EnvironmentSource source;
    if (os::base_name(words.program.front()).starts_with("python")) { source.interpreter = words.program.front(); }
    const record::Store store{.root = "", .dir = words.store};
    const auto digest = fingerprint::store_environment(store, source);
    if (digest.ok()) {
        line.set("environment", digest.value());
    } else {
        line.set("environment", "").set("problem", digest.error().message());
    }
    line.set("values", knobs_now(words.watched));
    tell(report, line);
    tell_of_static(report, words.program.front());
    const auto given = os::env("LD_PRELOAD");
    const std::string preloads = given && !given->empty() ? cat(words.observer, ":", *given) : words.observer;
    const int error = words.observer.empty() ? os::replace_process(words.program) : os::become_with(words.program, "LD_PRELOAD", preloads);
    Json refused = Json::object();
    refused.set("kind", "not_executed").set("errno", error);
    tell(report, refused);
    return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

}  // namespace runlake::replay
