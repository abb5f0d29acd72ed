// SPDX-License-Identifier: Apache-2.0
// Settings: one table of keys, read from flag > environment > project file > user file > default.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "os/files.hpp"
#include "record/store.hpp"

namespace runlake::record {

// Whether runs are recorded: `strict` refuses to do what can't be recorded.
enum class Mode : std::uint8_t { on, off, strict };

enum class SettingKind : std::uint8_t { text, integer, boolean, choice, bytes, duration, list };

// One setting. The table of all of them (settings_table) is what `config list`, the docs page and validation come from.
struct Setting {
    std::string_view key;            // "journal.durability"
    std::string_view environment;    // "RUNLAKE_DURABILITY"
    SettingKind kind;
    std::string_view choices;        // "process|power" for a choice
    std::string_view fallback;       // default, as text; "" is none
    std::string_view help;           // one sentence
};
std::span<const Setting> settings_table();

enum class Origin : std::uint8_t { flag, environment, project, user, fallback };
std::string_view origin_name(Origin origin);

struct SettingValue {
    std::string text;      // lists are comma-separated
    Origin origin = Origin::fallback;
    std::string where;     // variable name, "file:line", or ""
};

class Settings {
  public:
    // Reads both files if they exist. An unknown key, a wrong value or a malformed file is Errc::usage with file, line and the nearest valid key.
    static core::Result<Settings> load(const std::optional<Store>& store);
    // As load(), but never fails: what is wrong keeps its default and the first problem is returned beside. For recording.
    static Settings load_tolerant(const std::optional<Store>& store, std::optional<core::Error>& problem);

    core::Status set_flag(std::string_view key, std::string_view value);   // Errc::usage for unknown keys and wrong values
    const SettingValue& at(std::string_view key) const;                    // key must be in the table
    std::string text(std::string_view key) const { return at(key).text; }
    std::optional<std::string> text_if(std::string_view key) const;        // nothing when empty
    bool flag(std::string_view key) const { return at(key).text == "true"; }
    std::int64_t integer(std::string_view key) const;                      // bytes in bytes, durations in seconds
    Mode mode() const;                                                     // "mode"
    os::Durability durability() const;                                     // "journal.durability"
    const std::map<std::string, SettingValue, std::less<>>& all() const { return values_; }

  private:
    std::map<std::string, SettingValue, std::less<>> values_;
};

}  // namespace runlake::record
