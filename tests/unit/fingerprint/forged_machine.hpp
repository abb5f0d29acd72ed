// SPDX-License-Identifier: Apache-2.0
// A folder that looks like the root of a small machine.
#pragma once

#include <functional>

#include "fingerprint/environment.hpp"
#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {

// An /etc/ld.so.cache of the new format.
inline std::string ld_cache(const std::vector<std::pair<std::string, std::string>>& libraries) {
    const auto u32 = [](std::size_t number) {
        std::string out;
        for (int i = 0; i < 4; ++i) { out += static_cast<char>(number >> (8 * i) & 0xff); }
        return out;
    };
    std::string strings;
    std::string entries;
    const std::size_t base = 48 + libraries.size() * 24;
    for (const auto& [name, path] : libraries) {
        const std::size_t name_at = base + strings.size();
        strings += name + '\0';
        const std::size_t path_at = base + strings.size();
        strings += path + '\0';
        entries += u32(3) + u32(name_at) + u32(path_at) + u32(0) + std::string(8, '\0');
    }
    return "glibc-ld.so.cache1.1" + u32(libraries.size()) + u32(strings.size()) + std::string(20, '\0') + entries + strings;
}

class ForgedMachine : public Files {
  public:
    ForgedMachine() {
        write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineForgery\ncpu family\t: 6\nmodel\t\t: 85\nflags\t\t: sse avx2 fpu aes\n\nprocessor\t: 1\nvendor_id\t: Second\n");
        write("proc/meminfo", "MemTotal:       16340200 kB\nMemFree: 1 kB\n");
        write("proc/sys/kernel/osrelease", "6.1.0-forged\n");
        write("proc/sys/kernel/version", "#1 SMP\n");
        write("proc/sys/kernel/randomize_va_space", "2\n");
        write("etc/os-release", "NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n");
        write("etc/hostname", "forged-host\n");
        write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        link("/usr/share/zoneinfo/Europe/Berlin", "etc/localtime");
        write("etc/ld.so.cache", ld_cache({{"libopenblas.so.0", "/usr/lib/openblas-pthread/libopenblas.so.0"},
                                           {"libgomp.so.1", "/lib64/libgomp.so.1"},
                                           {"libc.so.6", "/lib64/libc.so.6"},
                                           {"libz.so.1", "/lib64/libz.so.1"}}));
        write("usr/lib/openblas-pthread/libopenblasp-r0.3.21.so", "");
        link("libopenblasp-r0.3.21.so", "usr/lib/openblas-pthread/libopenblas.so.0");
        write("lib64/libgomp.so.1.0.0", "");
        link("libgomp.so.1.0.0", "lib64/libgomp.so.1");
        write("lib64/libc.so.6", std::string("\0elf\0", 5) + "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright");
        write("var/lib/dpkg/status",
              "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13\n\n"
              "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
              "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\nDescription: a shell\n Package: not a field\n");
        write("usr/bin/gcc", "");
        ::chmod((*this / "usr/bin/gcc").c_str(), 0755);
        write("usr/bin/python3.11", "");
        ::chmod((*this / "usr/bin/python3.11").c_str(), 0755);
        link("python3.11", "usr/bin/python3");
        write("usr/lib/python3/dist-packages/numpy-1.24.2.dist-info/METADATA", "");
        write("usr/lib/python3/dist-packages/ruamel.yaml-0.17.21.egg-info", "");
        write("usr/lib/python3/dist-packages/numpy.libs/libopenblas64_p-r0-15028c96.3.21.so", "");
        write("usr/local/lib/python3.11/dist-packages/pip-23.0.dist-info/METADATA", "");
        write("proc/driver/nvidia/version", "NVRM version: 535.104\nGCC version: 12\n");
        for (const char* device : {"0000:01", "0000:02"}) {
            write(core::cat("proc/driver/nvidia/gpus/", device, "/information"), core::cat("Model: \t\t Forged A100\nGPU UUID: GPU-1234-", device, "\n"));
        }
    }

    fingerprint::EnvironmentSource source() const {
        fingerprint::EnvironmentSource source;
        source.root = path();
        source.run_compilers = false;
        source.variables = {{"PATH", "/usr/local/bin:/usr/bin"}, {"HOME", "/home/alice"}, {"OMP_NUM_THREADS", "4"}, {"TZ", "Asia/Tokyo"}, {"LANG", "C.UTF-8"}};
        return source;
    }
};

}  // namespace runlake::testing
