// SPDX-License-Identifier: Apache-2.0
// The copier and the tail of a file, with descriptors of the test's own.
#include "ops/run_stream.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "tests/support/temp_dir.hpp"

namespace runlake::ops {
namespace {

using std::chrono::milliseconds;

struct Pipe {
    Pipe() {
        std::array<int, 2> fds{};
        if (::pipe2(fds.data(), O_CLOEXEC) != 0) { ::abort(); }
        read_end = os::Fd(fds[0]);
        write_end = os::Fd(fds[1]);
    }
    std::string read_all() {
        write_end = os::Fd();
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t got = 0; (got = ::read(read_end.get(), buffer.data(), buffer.size())) > 0;) { text.append(buffer.data(), static_cast<std::size_t>(got)); }
        return text;
    }
    os::Fd read_end;
    os::Fd write_end;
};

void put(int fd, std::string_view text) { ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size())); }

TEST(OutputCopierTest, PassesOnAndTellsTheTail) {
    Pipe target;
    core::Result<OutputCopier> copier = OutputCopier::start({.target_fd = target.write_end.get(), .log_path = std::nullopt, .log_limit = 0});
    ASSERT_TRUE(copier.ok());
    put(copier.value().write_end(), std::string(3000, 'a') + "end\n");
    const std::optional<OutputCopier::Seen> seen = copier.value().finish(milliseconds(300'000));
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->bytes, 3004U);
    EXPECT_EQ(seen->tail, std::string(k_tail_bytes - 4, 'a') + "end\n");
    EXPECT_FALSE(seen->logged);
    EXPECT_EQ(target.read_all(), std::string(3000, 'a') + "end\n");  // and the copier has let go of the target
}

TEST(OutputCopierTest, AnotherWriterIsServedAfterTheEnd) {
    Pipe target;
    core::Result<OutputCopier> copier = OutputCopier::start({.target_fd = target.write_end.get(), .log_path = std::nullopt, .log_limit = 0});
    ASSERT_TRUE(copier.ok());
    os::Fd other(::fcntl(copier.value().write_end(), F_DUPFD_CLOEXEC, 3));
    put(other.get(), "first");
    ASSERT_TRUE(copier.value().finish(milliseconds(300'000)));
    put(other.get(), "second");
    other = os::Fd();
    EXPECT_EQ(target.read_all(), "firstsecond");
}

TEST(OutputCopierTest, AReaderThatDoesNotReadIsNotWaitedForLongerThanSaid) {
    Pipe target;
    core::Result<OutputCopier> copier = OutputCopier::start({.target_fd = target.write_end.get(), .log_path = std::nullopt, .log_limit = 0});
    ASSERT_TRUE(copier.ok());
    const std::string much(100'000, 'x');
    std::thread writer([&] { put(copier.value().write_end(), much); });
    writer.join();  // one pipe is full, the other holds the rest
    EXPECT_FALSE(copier.value().finish(milliseconds(20)));
    EXPECT_EQ(target.read_all(), much);
}

TEST(OutputCopierTest, AReaderThatWentAwayIsPassedOn) {
    ::signal(SIGPIPE, SIG_IGN);
    Pipe target;
    core::Result<OutputCopier> copier = OutputCopier::start({.target_fd = target.write_end.get(), .log_path = std::nullopt, .log_limit = 0});
    ASSERT_TRUE(copier.ok());
    target.read_end = os::Fd();
    ssize_t written = 0;
    while (written >= 0) { written = ::write(copier.value().write_end(), "x", 1); }
    EXPECT_EQ(errno, EPIPE);
}

TEST(OutputCopierTest, KeepsALogWithinItsLimitWithoutSecrets) {
    const testing::TempDir dir;
    Pipe target;
    core::Result<OutputCopier> copier =
        OutputCopier::start({.target_fd = target.write_end.get(), .log_path = dir / "output/x/stderr.log", .log_limit = 40});
    ASSERT_TRUE(copier.ok());
    const std::string text = "password=hunter2hunter2\n" + std::string(100, 'y') + "\n";
    put(copier.value().write_end(), text);
    const std::optional<OutputCopier::Seen> seen = copier.value().finish(milliseconds(300'000));
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->logged);
    EXPECT_FALSE(seen->log_problem);
    EXPECT_EQ(target.read_all(), text);
    const std::string log = os::read_file(dir / "output/x/stderr.log").value_or("");
    EXPECT_EQ(log.substr(0, 40), ("password=[redacted]\n" + std::string(100, 'y')).substr(0, 40));
    EXPECT_EQ(log.substr(40), "\n[runlake: cut here; 125 bytes were written in all]\n");
}

TEST(OutputCopierTest, ALogThatCannotBeKeptIsToldAndNothingElseSuffers) {
    const testing::TempDir dir;
    Pipe target;
    core::Result<OutputCopier> copier = OutputCopier::start({.target_fd = target.write_end.get(), .log_path = "/proc/none/x.log", .log_limit = 1000});
    ASSERT_TRUE(copier.ok());
    put(copier.value().write_end(), "text\n");
    const std::optional<OutputCopier::Seen> seen = copier.value().finish(milliseconds(300'000));
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->logged);
    EXPECT_TRUE(seen->log_problem);
    EXPECT_EQ(seen->tail, "text\n");
    EXPECT_EQ(target.read_all(), "text\n");
}

TEST(FileTailTest, ReadsWhatCameSinceThroughTheSharedPosition) {
    const testing::TempDir dir;
    for (const int flags : {O_WRONLY | O_APPEND, O_WRONLY, O_RDWR}) {
        const std::string path = dir / "file";
        const os::Fd file(::open(path.c_str(), flags | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        put(file.get(), "before\n");
        const os::Fd programs(::dup(file.get()));
        const std::optional<FileTail> tail = FileTail::begin(file.get());
        ASSERT_TRUE(tail);
        EXPECT_EQ(tail->read(), "");
        put(programs.get(), "since\n");
        EXPECT_EQ(tail->read(), "since\n");
        put(programs.get(), std::string(5000, 'x'));
        EXPECT_EQ(tail->read(), std::string(k_tail_bytes, 'x'));
    }
    const Pipe pipe;
    EXPECT_FALSE(FileTail::begin(pipe.write_end.get()));
}

TEST(StreamKindTest, TellsWhatACopierMayStandBefore) {
    const testing::TempDir dir;
    // A descriptor that a program will not get is none: hence no O_CLOEXEC.
    std::array<int, 2> pipe_fds{};
    ASSERT_EQ(::pipe(pipe_fds.data()), 0);
    const os::Fd read_end(pipe_fds[0]);
    const os::Fd write_end(pipe_fds[1]);
    const os::Fd file(::open((dir / "file").c_str(), O_WRONLY | O_CREAT, 0600));
    const os::Fd null(::open("/dev/null", O_WRONLY));
    const os::Fd full(::open("/dev/full", O_WRONLY));
    const os::Fd hidden(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(stream_kind(write_end.get()), StreamKind::stream);
    EXPECT_EQ(stream_kind(null.get()), StreamKind::stream);
    EXPECT_EQ(stream_kind(file.get()), StreamKind::file);
    EXPECT_EQ(stream_kind(full.get()), StreamKind::other);
    EXPECT_EQ(stream_kind(hidden.get()), StreamKind::other);
    EXPECT_EQ(stream_kind(-1), StreamKind::other);
    EXPECT_TRUE(is_same_stream(read_end.get(), write_end.get()));
    EXPECT_FALSE(is_same_stream(null.get(), hidden.get()));  // has no order to keep
    EXPECT_FALSE(is_same_stream(file.get(), write_end.get()));
}

}  // namespace
}  // namespace runlake::ops
