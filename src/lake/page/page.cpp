// SPDX-License-Identifier: Apache-2.0
#include "lake/page/page.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "lake/page/page_data.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

// Relative paths of all files below a folder. Links are followed: a build's folder is made of them.
core::Status append_files(const std::string& dir, const std::string& below, std::vector<std::string>& out) {
    RL_ASSIGN(const auto entries, os::list_dir(below.empty() ? dir : os::join_path(dir, below)));
    for (const auto& entry : entries) {
        if (entry.name.starts_with('.')) { continue; }
        auto path = below.empty() ? entry.name : os::join_path(below, entry.name);
        if (os::is_dir(os::join_path(dir, path))) {
            RL_TRY(append_files(dir, path, out));
        } else {
            out.push_back(std::move(path));
        }
    }
    return core::ok();
}

}  // namespace

std::string page_files_dir() { return os::lexically_normal(os::join_path(os::private_lib_dir(), "../../share/runlake/web")); }

core::Result<std::vector<std::string>> write_page(const PageRequest& request) {
    const auto from = page_files_dir();
    std::vector<std::string> files;
    if (auto listed = append_files(from, "", files); !listed.ok()) { return std::move(listed).take_error().context("writing the page of a release: its files are not installed"); }
    for (const auto& file : files) {
        const auto to = os::join_path(request.dir, file);
        RL_TRY(os::make_dirs(os::parent_path(to), 0755, os::point::release_write));
        RL_ASSIGN(const auto bytes, os::read_file(os::join_path(from, file)));
        RL_TRY(os::publish_file(to, bytes, 0644, os::Existing::replace, os::Durability::process, os::point::release_write));
    }
    RL_ASSIGN(const auto data, page_data(request));
    RL_TRY(os::make_dirs(os::join_path(request.dir, "page"), 0755, os::point::release_write));
    RL_TRY(os::publish_file(os::join_path(request.dir, "page/data.js"), data, 0644, os::Existing::replace, os::Durability::process, os::point::release_write));
    files.emplace_back("page/data.js");
    std::ranges::sort(files);
    return files;
}

}  // namespace runlake::lake
