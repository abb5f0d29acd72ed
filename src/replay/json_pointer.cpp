// SPDX-License-Identifier: Apache-2.0
#include "replay/json_pointer.hpp"

#include "core/text.hpp"

namespace runlake::replay {
namespace {

std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const bool escape = token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
        out += escape ? (token[++i] == '0' ? '~' : '/') : token[i];
    }
    return out;
}

}  // namespace

const core::Json* at_pointer(const core::Json& document, std::string_view pointer) {
    const core::Json* node = &document;
    if (pointer.empty()) { return node; }
    if (pointer.front() != '/') { return nullptr; }
    for (const std::string_view token : core::split(pointer.substr(1), '/')) {
        if (const core::JsonArray* list = node->as_array()) {
            const auto index = core::parse_integer(token);
            const bool plain = index && *index >= 0 && (token.size() == 1 || token.front() != '0') && token.front() != '+';
            if (!plain || static_cast<std::size_t>(*index) >= list->size()) { return nullptr; }
            node = &(*list)[static_cast<std::size_t>(*index)];
        } else {
            node = node->find(unescaped(token));
            if (node == nullptr) { return nullptr; }
        }
    }
    return node;
}

}  // namespace runlake::replay
