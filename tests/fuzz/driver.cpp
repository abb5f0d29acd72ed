// SPDX-License-Identifier: Apache-2.0
// Runs a fuzzer without libFuzzer: every file of the corpus, then N mutations of them, the same ones for a seed.
//
//     fuzz_json [--runs N] [--seed S] [FILE or FOLDER]...
//
// On a crash, a failed demand or an input that takes over 20 s, the input is left in <program>.crash and the way to repeat it is printed.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Of the sanitizers, when they are linked in: they end the process without a signal.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using runlake::testing::Random;

constexpr unsigned k_patience_s = 20;
constexpr std::size_t k_largest = 4096;

// For the handler, which may touch nothing that allocates.
const std::string* g_input = nullptr;
char g_crash_file[4096];

void say(const char* text) {
    if (::write(2, text, std::strlen(text)) < 0) { return; }
}

void keep_input() {
    if (g_input == nullptr) { return; }
    const int file = ::open(g_crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || ::write(file, g_input->data(), g_input->size()) < 0) { say("the input could not be kept\n"); }
    say("the input is kept; repeat with --runs 0 ");
    say(g_crash_file);
    say("\n");
    g_input = nullptr;
}

void on_signal(int number) {
    if (number == SIGALRM) { say("an input takes too long\n"); }
    keep_input();
    ::signal(number, SIG_DFL);
    ::raise(number);
    ::_exit(1);
}

void run(const std::string& input) {
    g_input = &input;
    ::alarm(k_patience_s);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ::alarm(0);
    g_input = nullptr;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Pieces that stand in the corpus, so that mutations carry over what one input has into another.
std::string slice_of(const std::string& text, Random& random) {
    if (text.empty()) { return {}; }
    const std::size_t start = random.below(text.size());
    return text.substr(start, 1 + random.below(std::min<std::size_t>(text.size() - start, 32)));
}

void mutate(std::string& text, const std::vector<std::string>& corpus, Random& random) {
    const std::size_t at = random.below(text.size() + 1);
    switch (random.below(8)) {
        case 0:
            if (at < text.size()) { text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ 1U << random.below(8)); }
            break;
        case 1:
            if (at < text.size()) { text[at] = static_cast<char>(random.bits()); }
            break;
        case 2: text.insert(at, 1, static_cast<char>(32 + random.below(95))); break;
        case 3: text.erase(at, 1 + random.below(8)); break;
        case 4: text.insert(at, slice_of(random.pick(corpus), random)); break;
        case 5: {
            const std::string slice = slice_of(text, random);
            for (std::size_t n = random.below(8); n > 0; --n) { text.insert(at, slice); }
            break;
        }
        case 6: text.resize(at); break;
        default: {
            const std::string& other = random.pick(corpus);
            text = text.substr(0, at) + other.substr(random.below(other.size() + 1));
            break;
        }
    }
    if (text.size() > k_largest) { text.resize(k_largest); }
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t runs = 20'000;
    std::uint64_t seed = 1;
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if ((word == "--runs" || word == "--seed") && i + 1 < argc) {
            (word == "--runs" ? runs : seed) = std::strtoull(argv[++i], nullptr, 10);
        } else if (std::filesystem::is_directory(word)) {
            for (const auto& entry : std::filesystem::directory_iterator(word)) { files.push_back(entry.path()); }
        } else {
            files.emplace_back(word);
        }
    }
    std::sort(files.begin(), files.end());  // folders have no order of their own

    std::snprintf(g_crash_file, sizeof g_crash_file, "%s.crash", std::filesystem::path(argv[0]).filename().c_str());
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) { ::signal(number, on_signal); }
    if (__sanitizer_set_death_callback != nullptr) { __sanitizer_set_death_callback(keep_input); }

    std::vector<std::string> corpus = {""};
    for (const auto& path : files) { corpus.push_back(read(path)); }
    for (const std::string& input : corpus) { run(input); }
    Random random(seed);
    for (std::uint64_t i = 0; i < runs; ++i) {
        std::string input = random.pick(corpus);
        for (std::size_t n = 1 + random.below(6); n > 0; --n) { mutate(input, corpus, random); }
        run(input);
    }
    std::printf("%zu inputs of the corpus and %llu mutations (seed %llu)\n", corpus.size(), static_cast<unsigned long long>(runs),
                static_cast<unsigned long long>(seed));
    return 0;
}
