// SPDX-License-Identifier: Apache-2.0
// What the parts of the environment fingerprint hand to each other. For sources of this module only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/json.hpp"
#include "fingerprint/environment.hpp"

namespace runlake::fingerprint {

// What was read to learn something, and how it looked then: "-" as stamp when it was not there.
struct ReadFrom {
    std::string path;
    std::string stamp;
    bool operator==(const ReadFrom&) const = default;
};

// Reads below a root, and remembers what it was asked, so that the cache knows when to ask again.
class Probe {
  public:
    explicit Probe(const EnvironmentSource& source) : source_(source) {}

    const EnvironmentSource& source() const { return source_; }
    std::string under_root(std::string_view path) const;     // where a path of the system really is
    std::optional<std::string> variable(const std::string& name) const;

    std::optional<std::string> text(std::string_view path);  // whole file; nothing when it can't be read
    std::optional<std::string> line(std::string_view path);  // its first line, trimmed
    std::vector<std::string> list(std::string_view path);    // names in a folder, sorted; none when there is no such folder
    bool is_there(std::string_view path);
    std::string resolved(std::string_view path);             // all links followed, as a path of the system; itself when it leads nowhere
    // As text(), but without remembering: for files of /proc and /sys, which a boot id or the key vouches for.
    std::optional<std::string> kernel_text(std::string_view path) const;
    std::vector<std::string> kernel_list(std::string_view path) const;

    const std::map<std::string, std::string>& read_from() const { return read_from_; }
    void remember(std::string_view path);

  private:
    const EnvironmentSource& source_;
    std::map<std::string, std::string> read_from_;
};

// "<mtime ns> <ctime ns> <inode> <size>", or "-" when there is nothing at the path. `real` is a path of this machine.
std::string stamp_text(const std::string& real);

// Three states of a thing that can be known: {"state":"value","value":...}, {"state":"absent"}, {"state":"unknown","reason":...}.
core::Json known(core::Json value);
core::Json absent();
core::Json not_collected(std::string_view reason);
core::Json known_or_absent(std::optional<std::string> value);

// The text with every path in it ("/..." up to a separator) replaced by "<path>".
std::string without_paths(std::string_view text);

// The groups, each an object of named three-state values with sorted names.
core::Json machine_group(Probe& probe);
core::Json system_group(Probe& probe);
core::Json toolchain_group(Probe& probe);
core::Json libraries_group(Probe& probe);
core::Json gpu_group(Probe& probe);
core::Json packages_group(Probe& probe);
core::Json settings_group(const EnvironmentSource& source);
core::Json recorder_group();

// The interpreter that counts: the source's own, else python3 on PATH; a path of the system. Nothing when there is none.
std::optional<std::string> find_interpreter(Probe& probe);
// site-packages and dist-packages folders of an interpreter, of VIRTUAL_ENV and of CONDA_PREFIX, sorted, each once.
std::vector<std::string> package_folders(Probe& probe);
// A program by the PATH of the source.
std::optional<std::string> find_program(Probe& probe, const std::string& name);

// Names of the groups in the order of the document; "settings" is the only one that is taken anew for every process.
struct Group {
    std::string name;
    std::string text;         // compact JSON of its values
    std::string digest;       // 64 hex
};
Group make_group(std::string name, const core::Json& values);
std::vector<Group> slow_groups(Probe& probe);
Environment compose(const std::vector<Group>& groups);

}  // namespace runlake::fingerprint
