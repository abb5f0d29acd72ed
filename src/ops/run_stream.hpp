// SPDX-License-Identifier: Apache-2.0
// What a program writes to stdout or stderr: passed on by a copier process that outlives the recorder, or read back from the file it goes to.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::ops {

inline constexpr std::size_t k_tail_bytes = 2048;

struct CopyOptions {
    int target_fd = 2;                         // where the program's output was to go, and goes
    std::optional<std::string> log_path;       // kept there too, redacted; the folder is made
    std::uint64_t log_limit = 0;               // bytes of the log, from its beginning
};

// A process of its own that reads what the program writes into a pipe and writes it to where it was to go. It ignores what ends the recorder, so that the program
// never writes into a broken pipe; it ends when the last writer has closed the pipe (a program that goes on in the background included).
// A reader that went away is passed on: the program gets its SIGPIPE.
class OutputCopier {
  public:
    // To be called while this process has one thread. Errc::io when it can't be started.
    static core::Result<OutputCopier> start(const CopyOptions& options);

    int write_end() const { return write_end_.get(); }   // for the program
    void close_write_end() { write_end_ = os::Fd(); }     // once the program has it: else the pipe never ends

    struct Seen {
        std::string tail;                       // the last 2,048 bytes
        std::uint64_t bytes = 0;                // in all
        std::optional<std::string> log_problem; // why the log is not whole
        bool logged = false;                    // there is a log
    };
    // Waits until everything that was in the pipe when this is called has been passed on. Nothing when that takes longer (its reader does not read). A copier that has
    // nothing left to do is waited for, so that nobody has to who adopts it.
    std::optional<Seen> finish(std::chrono::milliseconds patience);

  private:
    OutputCopier(pid_t pid, os::Fd write_end, os::Fd control) : pid_(pid), write_end_(std::move(write_end)), control_(std::move(control)) {}
    pid_t pid_;
    os::Fd write_end_;
    os::Fd control_;
};

// stderr in a regular file: nothing stands between it and the program. What the program wrote lies between two positions of the descriptor that they share.
class FileTail {
  public:
    // Nothing when the descriptor is no regular file.
    static std::optional<FileTail> begin(int fd);
    std::string read() const;                  // the last 2,048 bytes since begin(); "" when that can't be told

  private:
    FileTail(int fd, off_t start) : fd_(fd), start_(start) {}
    int fd_;
    off_t start_;
};

enum class StreamKind : std::uint8_t { terminal, file, stream, other };
// Whether the program will have this descriptor: it is open, and not only held by us in the place of a closed one.
bool is_open_for_program(int fd);
// stream: a pipe, a socket that is not our stdin too, or /dev/null: what a copier can stand before without being noticed.
StreamKind stream_kind(int fd);
// Whether two descriptors lead to the same pipe, socket or file: then their order must be kept.
bool is_same_stream(int a, int b);

}  // namespace runlake::ops
