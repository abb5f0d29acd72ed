// SPDX-License-Identifier: Apache-2.0
// Loaded into every program of a replay with observer.cpp: notes which files the program reads, so that data that nobody declared is not mistaken for logic.
//
// Each file is noted once, as it is opened, in the file that RUNLAKE_REPLAY_READS names: "r<seconds>.<nanoseconds> <path>" with the time of its last change, and "p<pid>" for
// each process that is watched; a zero byte ends each. What goes around the C library (static programs, Go, io_uring) is not seen. Nothing is allocated, and what goes wrong
// here costs the note, never the program.
#include "replay/probe/opening.hpp"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

namespace {

constexpr size_t k_slots = 8192;
constexpr size_t k_probes = 16;
// Part of the system, which the environment's document is about.
constexpr const char* k_system[] = {"/usr/", "/lib", "/bin/", "/sbin/", "/etc/", "/proc/", "/sys/", "/dev/", "/run/", "/memfd:", "pipe:", "socket:", "anon_inode:"};

char g_reads[4096];
uint64_t g_seen[k_slots];   // of files, by device and number

// False: it was noted before, or another thread does so now. A full table notes twice.
bool is_first(uint64_t device, uint64_t number) {
    uint64_t key = (device * 0x9e3779b97f4a7c15U) ^ (number + 0x7f4a7c15U);
    key ^= key >> 29U;
    key = key * 0xbf58476d1ce4e5b9U | 1U;
    for (size_t i = 0; i < k_probes; ++i) {
        uint64_t* slot = &g_seen[(key + i) % k_slots];
        uint64_t there = 0;
        if (__atomic_compare_exchange_n(slot, &there, key, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) { return true; }
        if (there == key) { return false; }
    }
    return true;
}

size_t put_number(char* to, uint64_t value, int least_digits) {
    char digits[24];
    int count = 0;
    while (value != 0 || count < least_digits) {
        digits[count++] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    for (int i = 0; i < count; ++i) { to[i] = digits[count - 1 - i]; }
    return static_cast<size_t>(count);
}

void append(const char* text, size_t size) {
    const long fd = syscall(SYS_openat, AT_FDCWD, g_reads, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (fd < 0) { return; }
    if (syscall(SYS_write, fd, text, size) < 0) {}
    syscall(SYS_close, fd);
}

void note_read(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || !is_first(info.st_dev, info.st_ino)) { return; }
    char place[40] = "/proc/self/fd/";
    size_t length = strlen(place);
    length += put_number(place + length, static_cast<uint64_t>(fd), 1);
    place[length] = '\0';
    char record[64 + 4096];
    size_t size = 0;
    record[size++] = 'r';
    size += put_number(record + size, static_cast<uint64_t>(info.st_ctim.tv_sec), 1);
    record[size++] = '.';
    size += put_number(record + size, static_cast<uint64_t>(info.st_ctim.tv_nsec), 9);
    record[size++] = ' ';
    const ssize_t got = readlink(place, record + size, 4095);
    if (got <= 0) { return; }
    record[size + static_cast<size_t>(got)] = '\0';
    for (const char* prefix : k_system) {
        if (strncmp(record + size, prefix, strlen(prefix)) == 0) { return; }
    }
    append(record, size + static_cast<size_t>(got) + 1);
}

int opened_instead(const char*) { return -1; }

int opened(int fd, int flags) {
    if (fd < 0 || g_reads[0] == '\0' || (flags & O_ACCMODE) == O_WRONLY || (flags & (O_TRUNC | O_PATH | O_DIRECTORY)) != 0) { return fd; }
    const int before = errno;
    note_read(fd);
    errno = before;
    return fd;
}

FILE* opened(FILE* file, const char* mode) {
    if (file == nullptr || g_reads[0] == '\0' || mode == nullptr || (mode[0] != 'r' && strchr(mode, '+') == nullptr) || mode[0] == 'w') { return file; }
    const int before = errno;
    const int fd = fileno(file);
    if (fd >= 0) { note_read(fd); }
    errno = before;
    return file;
}

__attribute__((constructor)) void begin() {
    const char* said = getenv("RUNLAKE_REPLAY_READS");
    if (said == nullptr || strlen(said) >= sizeof g_reads) { return; }
    memcpy(g_reads, said, strlen(said) + 1);
    char record[32] = "p";
    const size_t size = 1 + put_number(record + 1, static_cast<uint64_t>(syscall(SYS_getpid)), 1);
    record[size] = '\0';
    append(record, size + 1);
}

}  // namespace

RUNLAKE_EVERY_OPENING
