// SPDX-License-Identifier: Apache-2.0
// What files of MLflow's stores have in common: a meta.yaml, a time, a logged value.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/yaml.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/file_input.hpp"

namespace runlake::lake {

// The folders that are units of a store, told by their names: a run has its id for one, and registered models lie in one that is called "models".
enum class MlflowFolder : std::uint8_t { run, experiment, registered };
inline constexpr std::string_view k_mlflow_models = "models";
inline constexpr std::string_view k_mlflow_spans_file = "artifacts/traces.json";  // below the folder of a trace
MlflowFolder mlflow_folder(std::string_view name);
inline MlflowFolder mlflow_folder(const SourceFile& file) { return mlflow_folder(file.unit_name); }
bool is_mlflow_run_id(std::string_view name);

// A document of a store. It was written by the rules of YAML 1.1, by which words such as 1e5 are no numbers and so stand without quotes: a word is taken from the text itself.
class MlflowMeta {
  public:
    static core::Result<MlflowMeta> read(FileInput& input);

    const core::Json* find(std::string_view key) const { return document_.root.find(key); }
    std::optional<std::string> word(std::string_view key) const;
    // Milliseconds since 1970, or text; what no clock shows (after year 9999) is none.
    std::optional<core::Timestamp> time(std::string_view key) const;

  private:
    MlflowMeta(core::YamlDocument document, std::string text) : document_(std::move(document)), text_(std::move(text)) {}
    core::YamlDocument document_;
    std::string text_;
};

// A line of a file of a metric: time and value; then the step; then `ids` words of its own; then a data set's name and digest.
struct MlflowValue {
    std::optional<double> value;  // none for NaN
    bool is_nan = false;
    std::optional<core::Timestamp> timestamp;
    std::int64_t step = 0;
    std::string id;               // the first of its own words
};
core::Status each_mlflow_value(FileInput& input, std::size_t ids, const std::function<void(std::int64_t position, const MlflowValue& value)>& visit);

}  // namespace runlake::lake
