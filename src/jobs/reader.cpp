// SPDX-License-Identifier: Apache-2.0
#include "jobs/reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/python_json.hpp"
#include "core/text.hpp"
#include "jobs/files.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using core::Json;

constexpr std::size_t k_buffer = 64U << 10U;
constexpr std::size_t k_most_bytes = 256U << 20U;   // of one file

}  // namespace

JobReader::JobReader(std::string workspace, os::Fd folder) : workspace_(std::move(workspace)), folder_(std::move(folder)), buffer_(std::make_unique<char[]>(k_buffer)) {}

core::Result<JobReader> JobReader::open(const std::string& workspace) {
    os::Fd folder(::open(workspace.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) { return os::system_error(errno, "opening", workspace); }
    return JobReader(workspace, std::move(folder));
}

// A file that fits into the buffer takes one read: a regular file is read short at its end alone. What is no file (a pipe) is not waited for.
core::Result<std::string_view> JobReader::read_text(const JobId& id, std::string_view file) {
    const std::string name = cat(id.str(), '/', file);
    const auto failed = [&](int error) { return os::system_error(error, "reading", cat(workspace_, '/', name)); };
    const os::Fd opened(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) { return failed(errno); }
    large_.clear();
    for (;;) {
        const ssize_t got = ::read(opened.get(), buffer_.get(), k_buffer);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return failed(errno); }
        const std::string_view part(buffer_.get(), static_cast<std::size_t>(got));
        if (part.size() < k_buffer && large_.empty()) { return part; }
        if (part.empty()) { return std::string_view(large_); }
        if (large_.size() + part.size() > k_most_bytes) { return Error(Errc::io, cat("reading ", workspace_, '/', name, ": it is larger than ", k_most_bytes >> 20U, " MiB")); }
        large_ += part;
    }
}

core::Result<Json> JobReader::read_object(const JobId& id, std::string_view file) {
    RL_ASSIGN(const std::string_view text, read_text(id, file));
    core::Result<Json> value = core::parse_python_json(text, file);
    if (!value.ok()) { return std::move(value).take_error().context(cat("reading job ", id.str())); }
    if (!value.value().is_object()) { return Error(Errc::corrupt, cat("reading job ", id.str(), ": reading ", file, ": it is no JSON object")); }
    return value;
}

core::Result<Job> JobReader::read(const JobId& id) {
    Job job{id, {}, Json::object(), cat(workspace_, '/', id.str())};
    const auto corrupt = [&](std::string_view why) { return Error(Errc::corrupt, cat("reading job ", id.str(), ": ", why)); };
    core::Result<Json> state_point = read_object(id, k_state_point_file);
    if (!state_point.ok()) {
        if (state_point.error().code() != Errc::not_found) { return state_point.error(); }
        if (!os::is_dir(job.folder)) { return Error(Errc::not_found, cat("reading job ", id.str(), ": there is none in ", workspace_)); }
        return corrupt(cat("its folder has no ", k_state_point_file));
    }
    job.state_point = std::move(state_point).take();
    const core::Result<JobId> made_of = JobId::of(job.state_point);
    if (!made_of.ok()) { return corrupt(cat("its state point can't be one: ", made_of.error().message())); }
    if (made_of.value() != id) { return corrupt(cat("its state point belongs to ", made_of.value().str(), ": one of the two was changed")); }
    core::Result<Json> document = read_object(id, k_document_file);
    if (document.ok()) {
        job.document = std::move(document).take();
    } else if (document.error().code() != Errc::not_found) {
        return document.error();
    }
    return job;
}

}  // namespace runlake::jobs
