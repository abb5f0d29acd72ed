// SPDX-License-Identifier: Apache-2.0
// Loaded into every program of a replay (LD_PRELOAD): when a process ends, it appends what its libraries and its interpreter really use to the replay's report.
//
// It changes nothing and starts nothing, needs the C library alone, and allocates nothing: whatever goes wrong in it, the program must not notice.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr size_t k_line_bytes = 4096;
constexpr size_t k_name_bytes = 256;

// Set before main(): a program may change its environment, or lose it.
char g_report[4096];
char g_program[k_name_bytes];
pid_t g_loaded_in = 0;
const unsigned char* g_python_secret = nullptr;
bool g_told = false;

// Not the C library's: `replay attribute` may have put another in its place.
pid_t real_pid() { return static_cast<pid_t>(syscall(SYS_getpid)); }

// One line of JSON that can't overflow: what does not fit is left out.
struct Line {
    char text[k_line_bytes];
    size_t size = 0;
    bool first = true;

    void raw(const char* piece) {
        const size_t length = strlen(piece);
        if (size + length + 8 > sizeof text) { return; }
        memcpy(text + size, piece, length);
        size += length;
    }
    void value(const char* name, const char* said) {
        if (size + strlen(name) + strlen(said) + 16 > sizeof text) { return; }
        raw(first ? "\"" : ",\"");
        raw(name);
        raw("\":\"");
        raw(said);
        raw("\"");
        first = false;
    }
    void number(const char* name, long said) {
        char digits[24];
        snprintf(digits, sizeof digits, "%ld", said);
        value(name, digits);
    }
};

// A function of a library of which several may be loaded, or none: the largest answer counts, so that one that was not capped shows.
struct Question {
    const char* knob;
    const char* library;           // the beginning of its file's name
    const char* functions[5];
    bool flag;                     // the answer is true or false
};

constexpr Question k_questions[] = {
    {"OMP_NUM_THREADS", "libgomp", {"omp_get_max_threads"}, false},
    {"OMP_NUM_THREADS", "libomp", {"omp_get_max_threads"}, false},
    {"OMP_NUM_THREADS", "libiomp5", {"omp_get_max_threads"}, false},
    {"OMP_DYNAMIC", "libgomp", {"omp_get_dynamic"}, true},
    {"OMP_DYNAMIC", "libomp", {"omp_get_dynamic"}, true},
    {"OMP_DYNAMIC", "libiomp5", {"omp_get_dynamic"}, true},
    {"OPENBLAS_NUM_THREADS", "libopenblas", {"openblas_get_num_threads", "openblas_get_num_threads64_"}, false},
    {"OPENBLAS_NUM_THREADS", "libscipy_openblas", {"scipy_openblas_get_num_threads", "scipy_openblas_get_num_threads64_"}, false},
    {"MKL_NUM_THREADS", "libmkl_rt", {"MKL_Get_Max_Threads"}, false},
    {"BLIS_NUM_THREADS", "libblis", {"bli_thread_get_num_threads"}, false},
};
constexpr size_t k_count = sizeof k_questions / sizeof k_questions[0];

struct Answers {
    bool known[k_count] = {};
    long said[k_count] = {};
};

const char* base_of(const char* path) {
    const char* slash = strrchr(path, '/');
    return slash == nullptr ? path : slash + 1;
}

bool begins(const char* text, const char* with) { return strncmp(text, with, strlen(with)) == 0; }

int ask_library(struct dl_phdr_info* info, size_t, void* payload) {
    auto* answers = static_cast<Answers*>(payload);
    if (info->dlpi_name == nullptr || info->dlpi_name[0] == '\0') { return 0; }
    const char* base = base_of(info->dlpi_name);
    for (size_t i = 0; i < k_count; ++i) {
        const Question& question = k_questions[i];
        if (!begins(base, question.library)) { continue; }
        void* handle = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
        if (handle == nullptr) { continue; }
        for (const char* name : question.functions) {
            void* found = name == nullptr ? nullptr : dlsym(handle, name);
            if (found == nullptr) { continue; }
            int (*function)() = nullptr;
            memcpy(&function, &found, sizeof function);
            const long said = function();
            if (!answers->known[i] || said > answers->said[i]) { answers->said[i] = said; }
            answers->known[i] = true;
            break;
        }
        dlclose(handle);
    }
    return 0;
}

void tell_libraries(Line& line) {
    Answers answers;
    dl_iterate_phdr(ask_library, &answers);
    for (size_t i = 0; i < k_count; ++i) {
        bool told_before = false;
        for (size_t j = 0; j < i; ++j) { told_before = told_before || strcmp(k_questions[j].knob, k_questions[i].knob) == 0; }
        if (told_before) { continue; }
        bool known = false;
        long most = 0;
        for (size_t j = i; j < k_count; ++j) {
            if (strcmp(k_questions[j].knob, k_questions[i].knob) != 0 || !answers.known[j]) { continue; }
            if (!known || answers.said[j] > most) { most = answers.said[j]; }
            known = true;
        }
        if (!known) {
            line.value(k_questions[i].knob, "not_loaded");
        } else if (k_questions[i].flag) {
            line.value(k_questions[i].knob, most != 0 ? "true" : "false");
        } else {
            line.number(k_questions[i].knob, most);
        }
    }
    // One library under two names.
    for (size_t i = 0; i < k_count; ++i) {
        if (strcmp(k_questions[i].knob, "OPENBLAS_NUM_THREADS") == 0 && answers.known[i]) {
            line.number("GOTO_NUM_THREADS", answers.said[i]);
            return;
        }
    }
    line.value("GOTO_NUM_THREADS", "not_loaded");
}

void tell_python(Line& line) {
    constexpr size_t k_secret_bytes = 24;
    const unsigned char* secret = g_python_secret;
    if (secret == nullptr) {
        line.value("python_hash_secret", "not_loaded");
        return;
    }
    char hex[2 * k_secret_bytes + 1];
    for (size_t i = 0; i < k_secret_bytes; ++i) { snprintf(hex + 2 * i, 3, "%02x", static_cast<unsigned>(secret[i])); }
    line.value("python_hash_secret", hex);
}

__attribute__((constructor)) void remember() {
    const char* report = getenv("RUNLAKE_REPLAY_REPORT");
    if (report == nullptr || strlen(report) >= sizeof g_report) { return; }
    memcpy(g_report, report, strlen(report) + 1);
    g_python_secret = static_cast<const unsigned char*>(dlsym(RTLD_DEFAULT, "_Py_HashSecret"));
    g_loaded_in = real_pid();
    char path[512];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    const char* base = base_of(path);
    size_t size = 0;
    for (const char* at = base; *at != '\0' && size + 1 < sizeof g_program; ++at) {
        const bool plain = *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\';
        g_program[size++] = plain ? *at : '?';
    }
    g_program[size] = '\0';
}

// Whether a library that reads knobs is mapped, by what the kernel says: no lock is taken, so that it can be asked at any moment.
bool has_libraries() {
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return true; }
    char text[4096 + 1];
    size_t held = 0;
    bool found = false;
    for (;;) {
        const ssize_t got = read(fd, text + held, sizeof text - 1 - held);
        if (got <= 0) { break; }
        held += static_cast<size_t>(got);
        text[held] = '\0';
        for (const Question& question : k_questions) {
            char name[64];
            snprintf(name, sizeof name, "/%s", question.library);
            found = found || strstr(text, name) != nullptr;
        }
        // The end of what was read may be the beginning of a name.
        const size_t kept = held < 64 ? held : 64;
        memmove(text, text + held - kept, kept);
        held = kept;
    }
    close(fd);
    return found;
}

enum class Leaving { by_exit, at_once };

void tell(Leaving how) {
    // A forked copy that ends is the same program with the same libraries: its original tells.
    if (g_told || g_report[0] == '\0' || real_pid() != g_loaded_in) { return; }
    // Whoever leaves at once may hold any lock: then only what needs none is told, and nothing where that would not be the whole truth.
    if (how == Leaving::at_once && has_libraries()) { return; }
    g_told = true;
    const int before = errno;
    Line line;
    char head[64];
    snprintf(head, sizeof head, "{\"kind\":\"observed\",\"pid\":%ld,", static_cast<long>(real_pid()));
    line.raw(head);
    line.value("program", g_program);
    line.raw(",\"values\":{");
    line.first = true;
    tell_python(line);
    if (how == Leaving::by_exit) {
        tell_libraries(line);
    } else {
        for (size_t i = 0; i < k_count; ++i) {
            if (i == 0 || strcmp(k_questions[i].knob, k_questions[i - 1].knob) != 0) { line.value(k_questions[i].knob, "not_loaded"); }
        }
        line.value("GOTO_NUM_THREADS", "not_loaded");
    }
    line.raw("}}\n");
    const int fd = open(g_report, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, line.text, line.size) < 0) {}
        close(fd);
    }
    errno = before;
}

__attribute__((destructor)) void tell_at_exit() { tell(Leaving::by_exit); }

}  // namespace

// Shells leave by this, past all destructors.
extern "C" __attribute__((visibility("default"))) void _exit(int status) {
    tell(Leaving::at_once);
    for (;;) { syscall(SYS_exit_group, status); }
}
