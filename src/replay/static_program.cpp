// SPDX-License-Identifier: Apache-2.0
#include "replay/static_program.hpp"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "os/files.hpp"

namespace runlake::replay {
namespace {

constexpr std::size_t k_chunk = 1U << 20U;
constexpr std::size_t k_most_headers = 512;

// What is in the file of a program that could read the knob. GNU's OpenMP has its variables' names without what all begin with.
struct Sign {
    std::string_view knob;
    std::array<std::string_view, 2> words;
};
constexpr std::array k_signs = std::to_array<Sign>({
    {"BLIS_NUM_THREADS", {"BLIS_NUM_THREADS", "OMP_NUM_THREADS"}},
    {"GOTO_NUM_THREADS", {"GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS"}},
    {"MKL_NUM_THREADS", {"MKL_NUM_THREADS", "MKL_DYNAMIC"}},
    {"OMP_DYNAMIC", {"OMP_DYNAMIC", "GOMP_"}},
    {"OMP_NUM_THREADS", {"OMP_NUM_THREADS", "GOMP_"}},
    {"OPENBLAS_NUM_THREADS", {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS"}},
    {"python_hash_secret", {"PYTHONHASHSEED", "_Py_HashSecret"}},
});
constexpr std::size_t k_longest_word = 32;

bool read_at(int fd, void* to, std::size_t size, std::uint64_t offset) {
    std::size_t held = 0;
    while (held < size) {
        const ssize_t got = ::pread(fd, static_cast<char*>(to) + held, size - held, static_cast<off_t>(offset + held));
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return false; }
        held += static_cast<std::size_t>(got);
    }
    return true;
}

// An executable that names no loader.
bool is_static(int fd) {
    Elf64_Ehdr header{};
    if (!read_at(fd, &header, sizeof header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) { return false; }
    if ((header.e_type != ET_EXEC && header.e_type != ET_DYN) || header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > k_most_headers) { return false; }
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        if (!read_at(fd, &segment, sizeof segment, header.e_phoff + i * sizeof segment) || segment.p_type == PT_INTERP) { return false; }
    }
    return true;
}

}  // namespace

std::vector<std::string> knobs_never_read(const std::string& path) {
    const auto file = os::open_read(path);
    if (!file.ok() || !is_static(file.value().get())) { return {}; }
    std::array<bool, k_signs.size()> found{};
    std::string text;
    std::string chunk(k_chunk, '\0');
    for (std::uint64_t at = 0;; at += k_chunk) {
        ssize_t got = 0;
        do { got = ::pread(file.value().get(), chunk.data(), k_chunk, static_cast<off_t>(at)); } while (got < 0 && errno == EINTR);
        if (got < 0) { return {}; }
        if (got == 0) { break; }
        // The end of what was read may be the beginning of a word.
        text.erase(0, text.size() - std::min(text.size(), k_longest_word));
        text.append(chunk, 0, static_cast<std::size_t>(got));
        for (std::size_t i = 0; i < k_signs.size(); ++i) {
            found[i] = found[i] || std::ranges::any_of(k_signs[i].words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
        }
        if (static_cast<std::size_t>(got) < k_chunk) { break; }
    }
    std::vector<std::string> knobs;
    for (std::size_t i = 0; i < k_signs.size(); ++i) {
        if (!found[i]) { knobs.emplace_back(k_signs[i].knob); }
    }
    return knobs;
}

}  // namespace runlake::replay
