// SPDX-License-Identifier: Apache-2.0
// Extractors "run_config" and "run_status": no rows of their own; what they read goes into the run's row (sources/proof_search_rows.cpp).
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

core::Status tell(const SourceFile& /*file*/, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto record, read_object(input));
    out.told = core::to_json(record);
    return core::ok();
}

}  // namespace

extern const Extractor k_run_config_extractor = {.name = "run_config", .stage = "read_config", .done_word = "", .error_word = "", .tables = {}, .reading = Reading::each,
                                                 .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "run_config.json"; },
                                                 .extract = tell, .tells = true};
extern const Extractor k_run_status_extractor = {.name = "run_status", .stage = "read_status", .done_word = "", .error_word = "", .tables = {}, .reading = Reading::each,
                                                 .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "run_status.json"; },
                                                 .extract = tell, .tells = true};

}  // namespace runlake::lake
