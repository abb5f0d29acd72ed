// SPDX-License-Identifier: Apache-2.0
// Any text as a job's configuration and as the record of a job that was run: read or refused, and what is read keeps the promises of its header.
#include <set>
#include <string>

#include "lake/export/dataset.hpp"
#include "lake/job/config.hpp"
#include "lake/job/job_files.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace lake = runlake::lake;

namespace {

void look_at(const lake::JobSelection& selection) {
    DEMAND(!selection.max_runs || *selection.max_runs > 0);
    for (const auto& filter : selection.filters) { DEMAND(!filter.values.empty()); }
    if (selection.same_method_as) {
        DEMAND(selection.same_method_as->run_key.has_value() != selection.same_method_as->run_id.has_value());
        DEMAND(selection.filters.empty() && !selection.root_id && !selection.run_dir_prefix);
    }
}

void look_at(const lake::JobConfig& config) {
    DEMAND(!config.name.empty() && config.name.find('/') == std::string::npos && config.name.front() != '.');
    DEMAND(!config.datasets.empty());
    look_at(config.selection);
    std::set<std::string> files;
    for (const auto& dataset : config.datasets) {
        DEMAND(dataset.query.empty() != dataset.generator.empty());
        DEMAND(dataset.file.find('/') == std::string::npos && files.insert(dataset.file).second);
        DEMAND((dataset.format == lake::JobFormat::dir) == !dataset.generator.empty());
    }
    if (config.reference) {
        DEMAND(config.reference->ref_id.has_value() != config.reference->build.has_value());
        if (config.reference->build) {
            DEMAND(config.reference->build->alpha > 0 && !config.reference->build->selection_json.as_object()->empty());
            look_at(config.reference->build->selection);
        }
    }
    const auto again = core::canonical_json(config.json);
    DEMAND(again.ok() && lake::parse_job_config(again.value(), "again").ok());
}

}  // namespace

RUNLAKE_FUZZ {
    const auto config = lake::parse_job_config(text, "config");
    if (config.ok()) {
        look_at(config.value());
    } else {
        DEMAND(config.error().code() == core::Errc::usage && !config.error().message().empty());
    }
    if (const auto run = lake::parse_job_run(text, "record"); run.ok()) {
        const auto again = lake::parse_job_run(core::to_json(lake::to_json(run.value())), "again");
        DEMAND(again.ok() && again.value().job_run_id == run.value().job_run_id && again.value().selection == run.value().selection);
    }
    std::string ascii;
    lake::append_ascii_json(ascii, text);
    DEMAND(core::parse_json(ascii, "ascii").ok());
    for (const char c : ascii) { DEMAND(static_cast<unsigned char>(c) < 0x80); }
}
