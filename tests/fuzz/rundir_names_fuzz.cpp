// SPDX-License-Identifier: Apache-2.0
// Any bytes as the name of an instance or a path: one name for one point of a matrix, and no path that leaves the run directory.
#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/layout.hpp"
#include "rundir/parts.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace os = runlake::os;
namespace rundir = runlake::rundir;

RUNLAKE_FUZZ {
    const auto dimensions = rundir::parse_instance(text);
    if (dimensions.ok()) {
        DEMAND(rundir::instance_name(dimensions.value()) == text);
        DEMAND(text != "." && text != ".." && text.find('/') == std::string_view::npos && text.find('\0') == std::string_view::npos);
    } else {
        DEMAND(dimensions.error().code() == core::Errc::corrupt);
    }
    // Any values have a name, and it tells them.
    const std::size_t half = text.size() / 2;
    const std::vector<std::pair<std::string, std::string>> point = {{"a", std::string(text.substr(0, half))}, {"b", std::string(text.substr(half))}};
    const auto back = rundir::parse_instance(rundir::instance_name(point));
    DEMAND(back.ok() && back.value() == point);
    const rundir::StageInstance which{std::string(text), std::string(text)};
    if (rundir::check_instance(which).ok()) { DEMAND(rundir::flat_name(which).size() <= 150); }
    if (rundir::check_layout_path(text).ok()) {
        DEMAND(os::lexically_normal(text) == text);
        DEMAND(!text.starts_with('/') && !text.starts_with("../") && text != ".." && !text.starts_with(".stages/"));
    } else {
        DEMAND(core::valid_utf8(rundir::check_layout_path(text).error().message()) == rundir::check_layout_path(text).error().message());
    }
}
