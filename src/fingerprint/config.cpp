// SPDX-License-Identifier: Apache-2.0
// Hashes the value that a configuration file stands for.
#include "fingerprint/config.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <sys/stat.h>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "fingerprint/file_hash.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::uint64_t k_max_parsed_bytes = 16U << 20U;

// One byte for the kind, then a length and the bytes, or a count and the parts: no two values give the same bytes. Grammar: docs/formats/fingerprints.md.
void append_number(std::string& out, std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) { out += static_cast<char>(number >> shift & 0xffU); }
}

void append_text(std::string& out, char kind, std::string_view text) {
    out += kind;
    append_number(out, text.size());
    out += text;
}

void append_value(std::string& out, const core::Json& value) {
    if (value.is_null()) {
        out += 'n';
    } else if (const bool* flag = value.as_bool()) {
        out += *flag ? 't' : 'f';
    } else if (const std::int64_t* integer = value.as_integer()) {
        append_text(out, 'i', std::to_string(*integer));
    } else if (const core::BigInteger* big = value.as_big_integer()) {
        append_text(out, 'i', big->digits);
    } else if (const double* real = value.as_float()) {
        out += 'd';
        append_number(out, std::isnan(*real) ? 0x7ff8000000000000U : std::bit_cast<std::uint64_t>(*real));
    } else if (const std::string* text = value.as_string()) {
        append_text(out, 's', *text);
    } else if (const core::JsonArray* array = value.as_array()) {
        out += 'a';
        append_number(out, array->size());
        for (const core::Json& item : *array) { append_value(out, item); }
    } else if (const core::JsonObject* object = value.as_object()) {
        std::vector<const core::JsonMember*> members;
        for (const core::JsonMember& member : *object) { members.push_back(&member); }
        std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
        out += 'o';
        append_number(out, members.size());
        for (const core::JsonMember* member : members) {
            append_text(out, 's', member->first);
            append_value(out, member->second);
        }
    }
}

std::string finish(core::FieldHash hash) { return core::cat("config/1:", hash.finish().hex()); }

bool ends_in(std::string_view name, std::string_view extension) {
    return name.size() >= extension.size() && core::lower_ascii(name.substr(name.size() - extension.size())) == extension;
}

std::string hash_bytes(const core::Digest& content) { return finish(core::FieldHash("config/1").field("bytes", std::string_view(content.hex()))); }

}  // namespace

std::string config_hash_of(const core::Json& value) {
    std::string canonical;
    append_value(canonical, value);
    return finish(core::FieldHash("config/1").field("value", std::string_view(canonical)));
}

std::string config_hash_text(std::string_view text, std::string_view name) {
    if (ends_in(name, ".json")) {
        auto value = core::parse_json(text, name);
        if (value.ok()) { return config_hash_of(value.value()); }
    }
    if (ends_in(name, ".yaml") || ends_in(name, ".yml")) {
        auto document = core::parse_yaml(text, name);
        if (document.ok()) { return config_hash_of(document.value().root); }
    }
    return hash_bytes(hash_as_file(text));
}

core::Result<std::string> config_hash(const std::string& path) {
    const auto info = os::stat_path(path);
    if (!info) { return os::system_error(errno, "reading configuration", path); }
    if (!S_ISREG(info->st_mode)) { return core::Error(core::Errc::unsupported, core::cat("reading configuration ", path, ": it is no regular file")); }
    if (static_cast<std::uint64_t>(info->st_size) <= k_max_parsed_bytes) {
        RL_ASSIGN(const std::string text, os::read_file(path, 2 * k_max_parsed_bytes));
        return config_hash_text(text, path);
    }
    RL_ASSIGN(const auto hashed, hash_files({FileToHash{.path = path, .stamp = os::Stamp::of(*info)}}, 1, {}));
    return hash_bytes(hashed.front().digest);
}

}  // namespace runlake::fingerprint
