// SPDX-License-Identifier: Apache-2.0
// The environment of a forged machine: what is in the document, what never is, and what changes its digest.
#include "fingerprint/environment.hpp"

#include "core/json.hpp"
#include "tests/unit/fingerprint/forged_machine.hpp"

namespace runlake::testing {
namespace {

using fingerprint::collect_environment;

TEST(Environment, ADocumentOfAllGroups) {
    const ForgedMachine machine;
    const auto environment = collect_environment(machine.source());
    auto document = core::parse_json(environment.document, "environment");
    ASSERT_TRUE(document.ok()) << document.error().message();
    EXPECT_EQ(document.value().string_at("digest"), environment.digest);
    EXPECT_EQ(document.value().string_at("recipe"), "environment/1");
    const core::Json* groups = document.value().find("groups");
    ASSERT_NE(groups, nullptr);
    std::vector<std::string> names;
    for (const auto& [name, group] : *groups->as_object()) {
        names.push_back(name);
        EXPECT_EQ(group.string_at("digest")->size(), 64U) << name;
        for (const auto& [key, value] : *group.find("values")->as_object()) {
            const auto state = value.string_at("state");
            EXPECT_TRUE(state == "value" || state == "absent" || state == "unknown") << name << '.' << key;
            EXPECT_EQ(value.find("value") != nullptr, state == "value") << name << '.' << key;
        }
    }
    EXPECT_EQ(names, (std::vector<std::string>{"code", "gpu", "libraries", "machine", "packages", "settings", "system", "toolchain"}));
}

TEST(Environment, ValuesOfTheForgedMachine) {
    const ForgedMachine machine;
    const std::string document = collect_environment(machine.source()).document;
    for (const std::string_view part :
         {R"("cpu_vendor": {"state": "value", "value": "GenuineForgery"})", R"("cpu_flags": {"state": "value", "value": "aes avx2 fpu sse"})",
          R"("memory_mib": {"state": "value", "value": 15936})", R"("distribution": {"state": "value", "value": "debian"})",
          R"("libc": {"state": "value", "value": "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36"})",
          R"("system": {"state": "value", "value": ["libgomp.so.1 -> lib64/libgomp.so.1.0.0", "libopenblas.so.0 -> openblas-pthread/libopenblasp-r0.3.21.so"]})",
          R"("system": {"state": "value", "value": ["bash:amd64=5.2-1", "zlib1g:amd64=1:1.2.13"]})", R"("python": {"state": "value", "value": ["numpy==1.24.2", "pip==23.0", "ruamel-yaml==0.17.21"]})",
          R"("python": {"state": "value", "value": ["numpy.libs/libopenblas64_p-r0-15028c96.3.21.so"]})", R"("nvidia_models": {"state": "value", "value": ["Forged A100", "Forged A100"]})",
          R"("python_program": {"state": "value", "value": "python3.11"})", R"("time_zone": {"state": "value", "value": "Europe/Berlin"})",
          R"("gcc": {"state": "unknown", "reason": "compilers are not asked"})", R"("clang": {"state": "absent"})", R"("OMP_NUM_THREADS": "4")", R"("TZ": "Asia/Tokyo")"}) {
        const std::string spelled(part);
        // Names are sorted, so "reason" stands before "state".
        const std::string sorted = spelled.find("compilers") == std::string::npos ? spelled : R"("gcc": {"reason": "compilers are not asked", "state": "unknown"})";
        EXPECT_NE(document.find(sorted), std::string::npos) << part << "\n" << document;
    }
}

TEST(Environment, NoNamesSecretsOrPathsOfAnyone) {
    const ForgedMachine machine;
    auto source = machine.source();
    (*source.variables)["AWS_SECRET_ACCESS_KEY"] = "verysecretvalue";
    (*source.variables)["DATABASE_URL"] = "postgres://u:p@h/d";
    (*source.variables)["CFLAGS"] = "-O2 -I/home/alice/include -DTOKEN=abc";
    (*source.variables)["LD_PRELOAD"] = "/home/alice/lib/libjemalloc.so";
    const std::string document = collect_environment(source).document;
    for (const std::string_view word : {"verysecretvalue", "postgres", "alice", "/home", "GPU-1234", "forged-host", "0123456789abcdef0123456789abcdef", "/usr/"}) {
        EXPECT_EQ(document.find(word), std::string::npos) << word << "\n" << document;
    }
    EXPECT_NE(document.find("-O2 -I<path>"), std::string::npos);
}

TEST(Environment, TheSameMachineGivesTheSameBytes) {
    const ForgedMachine one;
    const ForgedMachine two;
    const auto first = collect_environment(one.source());
    const auto second = collect_environment(two.source());
    EXPECT_EQ(first.document, second.document) << "the place of the tree does not matter";
}

// Changes one thing; exactly the named group must have another digest.
void expect_only(const std::string& group, const std::function<void(const ForgedMachine&, fingerprint::EnvironmentSource&)>& change) {
    const ForgedMachine machine;
    auto source = machine.source();
    const auto before = core::parse_json(collect_environment(source).document, "before").take();
    change(machine, source);
    const auto after = core::parse_json(collect_environment(source).document, "after").take();
    EXPECT_NE(before.string_at("digest"), after.string_at("digest")) << group;
    for (const auto& [name, value] : *before.find("groups")->as_object()) {
        EXPECT_EQ(value.string_at("digest") != after.find("groups")->find(name)->string_at("digest"), name == group) << name << " when " << group << " changes";
    }
}

TEST(Environment, EachChangeShowsInItsGroup) {
    expect_only("machine", [](const auto& machine, auto&) { machine.write("proc/cpuinfo", "vendor_id : Other\nflags : fpu\n"); });
    expect_only("system", [](const auto& machine, auto&) { machine.write("proc/sys/kernel/osrelease", "6.9.9\n"); });
    expect_only("packages", [](const auto& machine, auto&) { machine.write("var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.3\n"); });
    expect_only("packages", [](const auto& machine, auto&) { machine.write("usr/lib/python3/dist-packages/scipy-1.10.dist-info/METADATA", ""); });
    expect_only("libraries", [](const auto& machine, auto&) { machine.write("usr/lib/python3/dist-packages/numpy.libs/libgfortran-1.so", ""); });
    expect_only("gpu", [](const auto& machine, auto&) { machine.remove("proc/driver/nvidia"); });
    expect_only("toolchain", [](const auto& machine, auto&) { machine.remove("usr/bin/gcc"); });
    expect_only("settings", [](const auto&, auto& source) { (*source.variables)["OMP_NUM_THREADS"] = "8"; });
    expect_only("settings", [](const auto&, auto& source) { source.variables->erase("OMP_NUM_THREADS"); });
    expect_only("settings", [](const auto&, auto& source) { (*source.variables)["OMP_NUM_THREADS"] = ""; });
}

TEST(Environment, WhatDoesNotMatterDoesNot) {
    const ForgedMachine machine;
    auto source = machine.source();
    const auto before = collect_environment(source);
    machine.write("etc/hostname", "other\n");
    machine.write("proc/driver/nvidia/gpus/0000:01/information", "Model: Forged A100\nGPU UUID: GPU-other\n");
    (*source.variables)["SHLVL"] = "7";
    EXPECT_EQ(collect_environment(source).digest, before.digest);
}

TEST(Environment, AnEmptyRootIsAllAbsentOrUnknown) {
    const Files empty;
    fingerprint::EnvironmentSource source;
    source.root = empty.path();
    source.variables.emplace();
    auto document = core::parse_json(collect_environment(source).document, "environment");
    ASSERT_TRUE(document.ok());
    const core::Json* machine = document.value().find("groups")->find("machine")->find("values");
    EXPECT_EQ(machine->find("cpu_vendor")->string_at("state"), "unknown");
    EXPECT_EQ(machine->find("numa_nodes")->string_at("state"), "absent");
    const core::Json* packages = document.value().find("groups")->find("packages")->find("values");
    EXPECT_EQ(packages->find("system")->string_at("state"), "absent");
    EXPECT_EQ(packages->find("python")->string_at("state"), "absent");
}

TEST(Environment, OtherPackageManagersAreNotClaimedToBeEmpty) {
    const Files rpm;
    rpm.write("var/lib/rpm/rpmdb.sqlite", "x");
    fingerprint::EnvironmentSource source;
    source.root = rpm.path();
    source.variables.emplace();
    EXPECT_NE(collect_environment(source).document.find("the database of rpm is not read"), std::string::npos);
}

TEST(Environment, AVirtualEnvironmentIsSeen) {
    const ForgedMachine machine;
    auto source = machine.source();
    machine.write("home/alice/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    machine.write("home/alice/venv/bin/python3", "");
    machine.write("home/alice/venv/lib/python3.11/site-packages/torch-2.1.0+cu121.dist-info/METADATA", "");
    source.interpreter = "/home/alice/venv/bin/python3";
    const std::string document = collect_environment(source).document;
    EXPECT_NE(document.find("\"torch==2.1.0+cu121\""), std::string::npos) << document;
    EXPECT_NE(document.find(R"("python_environment": {"state": "value", "value": "3.11.2"})"), std::string::npos) << document;
    EXPECT_EQ(document.find("numpy==1.24.2"), std::string::npos) << "the system's packages are not in it";
}

TEST(Environment, OfThisMachine) {
    const auto one = collect_environment({});
    const auto two = collect_environment({});
    EXPECT_EQ(one.document, two.document);
    EXPECT_TRUE(core::parse_json(one.document, "environment").ok());
    const auto host = os::read_file("/etc/machine-id");
    if (host.ok() && host.value().size() >= 32) { EXPECT_EQ(one.document.find(host.value().substr(0, 32)), std::string::npos); }
}

}  // namespace
}  // namespace runlake::testing
