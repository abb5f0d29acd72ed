// SPDX-License-Identifier: Apache-2.0
// The one redactor: argv, params, error text, notes and output tails pass it before they are written anywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace runlake::core {

// What stands in the place of a secret.
inline constexpr std::string_view k_redacted = "[redacted]";

// Whether a name (of a parameter, option, header or environment variable) says that its value is a secret: password, passwd, secret, token, api_key,
// apikey, access_key, private_key, credential, auth, cookie, session..., as a word of the name, any case. The list is in docs/guide/redaction.md.
bool is_secret_name(std::string_view name);

// Free text with secrets replaced: name=value and "name": "value" of secret names, --name value, URL user:password@, bearer and basic
// headers, well-known token forms (AWS, GitHub, GitLab, Slack, Google, JWT, PEM private keys). Never longer than input plus k_redacted per hit; linear time.
std::string redact_text(std::string_view text);
// An argument vector: as redact_text on each, and the value that follows an option of a secret name ("--password" "x", "-p=x").
std::vector<std::string> redact_argv(const std::vector<std::string>& argv);
// A named value: k_redacted for a secret name, else redact_text on strings, recursively through objects and arrays.
Json redact_value(std::string_view name, const Json& value);

}  // namespace runlake::core
