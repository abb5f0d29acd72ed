// SPDX-License-Identifier: Apache-2.0
// Documents as rows, a leaf each: {"a": {"b": 1}} is a.b. What most tools call parameters and metrics.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/yaml.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {

// The columns of such a table, before rel_path: name, value, number.
inline constexpr Column k_flat_name = {"name", ColumnType::text, "parts of nested names with dots between them", true};
inline constexpr Column k_flat_value = {"value", ColumnType::json, "as it is; a list is one value"};
inline constexpr Column k_flat_number = {"number", ColumnType::real, "of a number, 1 and 0 of true and false"};

// Visits each leaf with its name, in the order of the document: what is no object, and objects without members. Of two leaves with one name the first is visited, the second is told to
// `out.warnings`. `document` itself need not be an object: its name is "" then.
void each_leaf(const core::Json& document, Extraction& out, const std::function<void(const std::string& name, const core::Json& leaf)>& visit);

// A finite number, or a truth as 1 or 0.
std::optional<double> number_of(const core::Json& value);

// The whole file as one YAML document.
core::Result<core::YamlDocument> read_yaml(FileInput& input);

}  // namespace runlake::lake
