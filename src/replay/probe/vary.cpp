// SPDX-License-Identifier: Apache-2.0
// Loaded into a program by `replay attribute` (LD_PRELOAD): lists folders in another order, and shows another time. A program that does not follow either is not its cause.
//
// RUNLAKE_VARY_FILE_ORDER=sorted|reversed: readdir gives names so. RUNLAKE_VARY_CLOCK=+<seconds>: the wall clock is ahead by so much; <seconds>: it stands still there.
// RUNLAKE_VARY_RANDOM=<number>: what the kernel gives as random is a series that begins there. RUNLAKE_VARY_PROCESS=<number>: what every process and its parent have for a number.
// Both readdir and readdir64 are defined here: where offsets are made to have 64 bits (opening.hpp undoes that), the first would be another name of the second.
#include "replay/probe/opening.hpp"

#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

namespace {

// --- the order of names -------------------------------------------------------------------------------------------------------------------

struct Listing {
    DIR* folder;
    dirent** entries;
    size_t count;
    size_t next;
    Listing* other;
};

pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
Listing* g_listings = nullptr;

using ReadDir = dirent* (*)(DIR*);
using CloseDir = int (*)(DIR*);
using RewindDir = void (*)(DIR*);

template <class Function>
Function real(const char* name) {
    void* found = dlsym(RTLD_NEXT, name);
    Function function = nullptr;
    memcpy(&function, &found, sizeof function);
    return function;
}

int by_name(const void* a, const void* b) { return strcmp((*static_cast<dirent* const*>(a))->d_name, (*static_cast<dirent* const*>(b))->d_name); }
int by_name_from_behind(const void* a, const void* b) { return by_name(b, a); }

using Compare = int (*)(const void*, const void*);
Compare wanted_order() {
    const char* said = getenv("RUNLAKE_VARY_FILE_ORDER");
    if (said == nullptr) { return nullptr; }
    return strcmp(said, "reversed") == 0 ? by_name_from_behind : by_name;
}

Listing* find(DIR* folder) {
    for (Listing* one = g_listings; one != nullptr; one = one->other) {
        if (one->folder == folder) { return one; }
    }
    return nullptr;
}

void forget(DIR* folder) {
    for (Listing** at = &g_listings; *at != nullptr; at = &(*at)->other) {
        if ((*at)->folder != folder) { continue; }
        Listing* gone = *at;
        *at = gone->other;
        for (size_t i = 0; i < gone->count; ++i) { free(gone->entries[i]); }
        free(gone->entries);
        free(gone);
        return;
    }
}

// Reads the whole folder; nothing when memory is short: the program gets the natural order then.
Listing* list(DIR* folder, ReadDir next_entry, Compare order) {
    auto* listing = static_cast<Listing*>(calloc(1, sizeof(Listing)));
    if (listing == nullptr) { return nullptr; }
    listing->folder = folder;
    size_t room = 0;
    while (dirent* entry = next_entry(folder)) {
        if (listing->count == room) {
            room = room == 0 ? 64 : 2 * room;
            auto* more = static_cast<dirent**>(realloc(listing->entries, room * sizeof(dirent*)));
            if (more == nullptr) { break; }
            listing->entries = more;
        }
        auto* copy = static_cast<dirent*>(malloc(entry->d_reclen < sizeof(dirent) ? sizeof(dirent) : entry->d_reclen));
        if (copy == nullptr) { break; }
        memcpy(copy, entry, entry->d_reclen);
        listing->entries[listing->count++] = copy;
    }
    if (listing->count > 1) { qsort(listing->entries, listing->count, sizeof(dirent*), order); }
    listing->other = g_listings;
    g_listings = listing;
    return listing;
}

dirent* give(DIR* folder, const char* name) {
    static thread_local bool within = false;   // the real one may call itself by its public name
    const auto next_entry = real<ReadDir>(name);
    const Compare order = wanted_order();
    if (order == nullptr || within) { return next_entry(folder); }
    within = true;
    pthread_mutex_lock(&g_lock);
    Listing* listing = find(folder);
    if (listing == nullptr) { listing = list(folder, next_entry, order); }
    dirent* entry = listing != nullptr && listing->next < listing->count ? listing->entries[listing->next++] : nullptr;
    pthread_mutex_unlock(&g_lock);
    within = false;
    return entry;
}

// --- the clock ----------------------------------------------------------------------------------------------------------------------------

bool is_wall_clock(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI; }

void vary(timespec* now) {
    const char* said = getenv("RUNLAKE_VARY_CLOCK");
    if (said == nullptr || now == nullptr) { return; }
    if (said[0] == '+') {
        now->tv_sec += strtoll(said + 1, nullptr, 10);
    } else {
        now->tv_sec = strtoll(said, nullptr, 10);
        now->tv_nsec = 0;
    }
}

int varied_clock(clockid_t clock, timespec* now) {
    const long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && is_wall_clock(clock)) { vary(now); }
    return static_cast<int>(result);
}

// --- random bytes -------------------------------------------------------------------------------------------------------------------------

// False: the program gets the kernel's.
bool fill_from_series(void* to, size_t count) {
    static uint64_t state = 0;
    const char* said = getenv("RUNLAKE_VARY_RANDOM");
    if (said == nullptr) { return false; }
    pthread_mutex_lock(&g_lock);
    if (state == 0) { state = strtoull(said, nullptr, 10) * 2654435761U + 88172645463325252U; }
    auto* bytes = static_cast<unsigned char*>(to);
    for (size_t i = 0; i < count; ++i) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        bytes[i] = static_cast<unsigned char>(state >> 32U);
    }
    pthread_mutex_unlock(&g_lock);
    return true;
}

// In place of the kernel's random devices: a file that begins as the series goes on. Who reads more than all of it meets an end.
int opened_instead(const char* path) {
    constexpr size_t k_bytes = 1U << 20U;
    if (path == nullptr || getenv("RUNLAKE_VARY_RANDOM") == nullptr || (strcmp(path, "/dev/urandom") != 0 && strcmp(path, "/dev/random") != 0)) { return -1; }
    const int fd = static_cast<int>(syscall(SYS_memfd_create, "random", MFD_CLOEXEC));
    if (fd < 0) { return -1; }
    unsigned char block[4096];
    for (size_t made = 0; made < k_bytes; made += sizeof block) {
        fill_from_series(block, sizeof block);
        if (write(fd, block, sizeof block) != static_cast<ssize_t>(sizeof block)) {
            close(fd);
            return -1;
        }
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}
// False: the program gets its own.
bool varied_process(pid_t& number) {
    const char* said = getenv("RUNLAKE_VARY_PROCESS");
    if (said != nullptr) { number = static_cast<pid_t>(strtol(said, nullptr, 10)); }
    return said != nullptr;
}

int opened(int fd, int) { return fd; }
FILE* opened(FILE* file, const char*) { return file; }

}  // namespace

RUNLAKE_EVERY_OPENING

RUNLAKE_SHOWN dirent* readdir(DIR* folder) { return give(folder, "readdir"); }
RUNLAKE_SHOWN dirent64* readdir64(DIR* folder) {
    static_assert(sizeof(dirent64) == sizeof(dirent), "both are one where offsets have 64 bits");
    dirent* entry = give(folder, "readdir64");
    dirent64* same = nullptr;
    memcpy(&same, &entry, sizeof same);
    return same;
}
RUNLAKE_SHOWN int closedir(DIR* folder) {
    pthread_mutex_lock(&g_lock);
    forget(folder);
    pthread_mutex_unlock(&g_lock);
    return real<CloseDir>("closedir")(folder);
}
RUNLAKE_SHOWN void rewinddir(DIR* folder) {
    pthread_mutex_lock(&g_lock);
    forget(folder);
    pthread_mutex_unlock(&g_lock);
    real<RewindDir>("rewinddir")(folder);
}

RUNLAKE_SHOWN int clock_gettime(clockid_t clock, timespec* now) noexcept { return varied_clock(clock, now); }
RUNLAKE_SHOWN time_t time(time_t* where) noexcept {
    timespec now{};
    varied_clock(CLOCK_REALTIME, &now);
    if (where != nullptr) { *where = now.tv_sec; }
    return now.tv_sec;
}
RUNLAKE_SHOWN int gettimeofday(timeval* now, void* zone) noexcept {
    static_cast<void>(zone);
    timespec fine{};
    const int result = varied_clock(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return result;
}

RUNLAKE_SHOWN ssize_t getrandom(void* to, size_t count, unsigned flags) {
    return fill_from_series(to, count) ? static_cast<ssize_t>(count) : syscall(SYS_getrandom, to, count, flags);
}
// The C library's own generator begins with what it asks of the kernel past all names that could be replaced.
RUNLAKE_SHOWN uint32_t arc4random() noexcept {
    uint32_t number = 0;
    if (!fill_from_series(&number, sizeof number)) { syscall(SYS_getrandom, &number, sizeof number, 0); }
    return number;
}
RUNLAKE_SHOWN void arc4random_buf(void* to, size_t count) noexcept {
    if (fill_from_series(to, count)) { return; }
    for (size_t held = 0; held < count;) {
        const long got = syscall(SYS_getrandom, static_cast<char*>(to) + held, count - held, 0);
        if (got > 0) { held += static_cast<size_t>(got); }
    }
}
RUNLAKE_SHOWN uint32_t arc4random_uniform(uint32_t below) noexcept { return below < 2 ? 0 : static_cast<uint32_t>((uint64_t{arc4random()} * below) >> 32U); }
RUNLAKE_SHOWN int getentropy(void* to, size_t count) {
    if (fill_from_series(to, count)) { return 0; }
    return syscall(SYS_getrandom, to, count, 0) == static_cast<long>(count) ? 0 : -1;
}
RUNLAKE_SHOWN pid_t getpid() noexcept {
    pid_t number = 0;
    return varied_process(number) ? number : static_cast<pid_t>(syscall(SYS_getpid));
}
RUNLAKE_SHOWN pid_t getppid() noexcept {
    pid_t number = 0;
    return varied_process(number) ? number : static_cast<pid_t>(syscall(SYS_getppid));
}
