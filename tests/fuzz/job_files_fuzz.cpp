// SPDX-License-Identifier: Apache-2.0
// Any bytes as a job's file, as a project's configuration, as a note: what reads is written and read back the same, and what does not is refused in few words.
#include <string>

#include "core/python_json.hpp"
#include "jobs/command_template.hpp"
#include "jobs/config.hpp"
#include "jobs/document.hpp"
#include "jobs/experiment.hpp"
#include "jobs/status.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace jobs = runlake::jobs;

namespace {

template <class T>
bool is_plain(const core::Result<T>& result) {
    return !result.ok() && result.error().code() == core::Errc::corrupt && !result.error().message().empty() && result.error().message().size() < 1000;
}

void as_document(std::string_view text) {
    const auto value = core::parse_python_json(text, "document");
    if (!value.ok()) {
        DEMAND(is_plain(value));
        return;
    }
    const auto written = core::write_python_json(value.value());
    DEMAND(written.ok());
    const auto back = core::parse_python_json(written.value(), "document");
    DEMAND(back.ok());
    DEMAND(core::write_python_json(back.value()).value_or("") == written.value());
    static_cast<void>(jobs::status_of(value.value()));
    static_cast<void>(jobs::link_of(value.value()));
    core::Json document = value.value();
    if (!document.is_object()) { return; }
    const jobs::Own own = jobs::own_of(document);
    jobs::set_own(document, own);
    const jobs::Own again = jobs::own_of(document);
    DEMAND(again.run == own.run && again.process == own.process && again.exit_status == own.exit_status);
    if (jobs::check_state_point(document).ok()) {
        const auto id = core::JobId::of(document);
        DEMAND(id.ok());
        DEMAND(jobs::fill_command("{a} {sp_json_shell} ${b} {job_id}", {id.value(), document, core::Json::object(), ""}).ok());
    }
}

}  // namespace

RUNLAKE_FUZZ {
    as_document(text);
    const auto config = jobs::parse_config(text, "config");
    DEMAND(config.ok() || is_plain(config));
    const auto front = jobs::read_front_matter(text, "note");
    DEMAND(front.ok() || is_plain(front));
    if (front.ok() && front.value()) { DEMAND(front.value()->yaml.root.is_object() && front.value()->body.size() < text.size()); }
}
