// SPDX-License-Identifier: Apache-2.0
// The calls of the C library that open a file by its name, for the modules that are loaded into programs. Whoever includes this has defined, in a namespace without a name:
// int opened_instead(const char* path): a descriptor that the program gets in place of the file, -1 for none;
// int opened(int fd, int flags) and FILE* opened(FILE* file, const char* mode): what the program gets of what was opened, which may be nothing.
#pragma once

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// A mode is given only where something may be made; O_TMPFILE's own bit is the second.
mode_t mode_of(int flags, va_list more) { return (flags & (O_CREAT | 020000000)) != 0 ? va_arg(more, mode_t) : 0; }

// The next one of that name; nothing while it is being looked for on this thread: looking may open files.
template <class Function>
Function next(const char* name, void** known) {
    static thread_local bool looking = false;
    void* found = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (found == nullptr && !looking) {
        looking = true;
        found = dlsym(RTLD_NEXT, name);
        looking = false;
        __atomic_store_n(known, found, __ATOMIC_RELEASE);
    }
    Function function = nullptr;
    memcpy(&function, &found, sizeof function);
    return function;
}

}  // namespace

#define RUNLAKE_SHOWN extern "C" __attribute__((visibility("default")))

#define RUNLAKE_OPEN(name)                                                                             \
    RUNLAKE_SHOWN int name(const char* path, int flags, ...) {                                         \
        static void* known = nullptr;                                                                  \
        va_list more;                                                                                  \
        va_start(more, flags);                                                                         \
        const mode_t mode = mode_of(flags, more);                                                      \
        va_end(more);                                                                                  \
        if (const int instead = opened_instead(path); instead >= 0) { return instead; }                \
        const auto real = next<int (*)(const char*, int, ...)>(#name, &known);                         \
        if (real != nullptr) { return opened(real(path, flags, mode), flags); }                        \
        return opened(static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode)), flags);      \
    }
#define RUNLAKE_OPENAT(name)                                                                           \
    RUNLAKE_SHOWN int name(int folder, const char* path, int flags, ...) {                             \
        static void* known = nullptr;                                                                  \
        va_list more;                                                                                  \
        va_start(more, flags);                                                                         \
        const mode_t mode = mode_of(flags, more);                                                      \
        va_end(more);                                                                                  \
        if (const int instead = opened_instead(path); instead >= 0) { return instead; }                \
        const auto real = next<int (*)(int, const char*, int, ...)>(#name, &known);                    \
        if (real != nullptr) { return opened(real(folder, path, flags, mode), flags); }                \
        return opened(static_cast<int>(syscall(SYS_openat, folder, path, flags, mode)), flags);        \
    }
// What fortified programs call where no mode is given.
#define RUNLAKE_OPEN_2(name)                                                                           \
    RUNLAKE_SHOWN int name(const char* path, int flags) {                                              \
        static void* known = nullptr;                                                                  \
        if (const int instead = opened_instead(path); instead >= 0) { return instead; }                \
        const auto real = next<int (*)(const char*, int)>(#name, &known);                              \
        if (real != nullptr) { return opened(real(path, flags), flags); }                              \
        return opened(static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, 0)), flags);         \
    }
#define RUNLAKE_OPENAT_2(name)                                                                         \
    RUNLAKE_SHOWN int name(int folder, const char* path, int flags) {                                  \
        static void* known = nullptr;                                                                  \
        if (const int instead = opened_instead(path); instead >= 0) { return instead; }                \
        const auto real = next<int (*)(int, const char*, int)>(#name, &known);                         \
        if (real != nullptr) { return opened(real(folder, path, flags), flags); }                      \
        return opened(static_cast<int>(syscall(SYS_openat, folder, path, flags, 0)), flags);           \
    }
#define RUNLAKE_FOPEN(name)                                                                            \
    RUNLAKE_SHOWN FILE* name(const char* path, const char* mode) {                                     \
        static void* known = nullptr;                                                                  \
        if (const int instead = opened_instead(path); instead >= 0) { return fdopen(instead, mode); }  \
        const auto real = next<FILE* (*)(const char*, const char*)>(#name, &known);                    \
        if (real == nullptr) {                                                                         \
            errno = ENOSYS;                                                                            \
            return nullptr;                                                                            \
        }                                                                                              \
        return opened(real(path, mode), mode);                                                         \
    }
#define RUNLAKE_FREOPEN(name)                                                                          \
    RUNLAKE_SHOWN FILE* name(const char* path, const char* mode, FILE* file) {                         \
        static void* known = nullptr;                                                                  \
        const auto real = next<FILE* (*)(const char*, const char*, FILE*)>(#name, &known);             \
        if (real == nullptr) {                                                                         \
            errno = ENOSYS;                                                                            \
            return nullptr;                                                                            \
        }                                                                                              \
        return opened(real(path, mode, file), mode);                                                   \
    }

#define RUNLAKE_EVERY_OPENING   \
    RUNLAKE_OPEN(open)          \
    RUNLAKE_OPEN(open64)        \
    RUNLAKE_OPENAT(openat)      \
    RUNLAKE_OPENAT(openat64)    \
    RUNLAKE_OPEN_2(__open_2)    \
    RUNLAKE_OPEN_2(__open64_2)  \
    RUNLAKE_OPENAT_2(__openat_2)   \
    RUNLAKE_OPENAT_2(__openat64_2) \
    RUNLAKE_FOPEN(fopen)        \
    RUNLAKE_FOPEN(fopen64)      \
    RUNLAKE_FREOPEN(freopen)    \
    RUNLAKE_FREOPEN(freopen64)
