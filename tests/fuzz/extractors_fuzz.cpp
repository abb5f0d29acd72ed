// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of a run, for each extractor, plain and packed: it gives checked rows or says what is wrong, and gives the same again.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "core/text.hpp"
#include "lake/extract.hpp"
#include "lake/source.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using runlake::lake::Extracted;

// A file in memory with these bytes, opened by its path.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        DEMAND(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(fd_); }
    std::string path() const { return runlake::core::cat("/proc/self/fd/", fd_); }

  private:
    int fd_;
};

// How many read the files of theorems.
const std::size_t k_proof_search = runlake::lake::all_sources().front()->extractors.size();

// A path that the extractor takes; false where none of these is one.
bool name_for(const runlake::lake::Extractor& extractor, runlake::lake::SourceFile& file) {
    constexpr const char* k_job = "42b7b4f2921788ea14dac5566e6f06d0.json";
    constexpr const char* k_pack = "packs/0000000000000000000000000000000000000000000000000000000000000000.jsonl.gz";
    for (const char* rel_path : {"t/x", "meta.yaml", "params/a/b", "metrics/m", "signac_statepoint.json", "signac_job_document.json", ".hydra/config.yaml", ".hydra/overrides.yaml",
                                 ".hydra/hydra.yaml", "metrics.json", "run.json", ".stages/fit/-/0/DONE.json", k_job, k_pack, "inputs/i/meta.yaml", "datasets/d/meta.yaml", "models/m/metrics/a/b", "traces/t/trace_info.yaml",
                                 "traces/t/artifacts/traces.json", "owl/version-1/meta.yaml"}) {
        for (const char* unit : {"ledger", "ledger-extra", "verdicts", "models", "0123456789abcdef0123456789abcdef"}) {
            file.rel_path = rel_path;
            file.unit_name = unit;
            file.plain_name = file.rel_path.substr(file.rel_path.rfind('/') + 1);
            if (extractor.takes(file)) { return true; }
        }
    }
    return false;
}

std::size_t rows_of(const Extracted& extracted) {
    std::size_t rows = 0;
    for (std::size_t t = 0; t < extracted.rows.table_count(); ++t) { rows += extracted.rows.row_count(t); }
    return rows;
}

}  // namespace

// The first byte chooses the extractor, which form of a file it is, and whether the rest is packed.
RUNLAKE_FUZZ {
    if (text.empty()) { return; }
    const auto choice = static_cast<unsigned char>(text.front());
    const auto extractors = runlake::lake::all_extractors();
    const auto& extractor = *extractors[(choice & 0x3FU) % extractors.size()];
    const MemoryFile file(text.substr(1));
    runlake::lake::Form form;
    form.file.run_key = "run";
    if ((choice & 0x3FU) % extractors.size() < k_proof_search) {
        form.file.theorem = "t";
        form.file.rel_path = "t/x";
    } else {
        DEMAND(name_for(extractor, form.file));
        // Files of metrics have several forms.
        if (extractor.name == "file_metrics" && (choice & 0x40U) != 0) { form.file.plain_name = form.file.rel_path = text.size() % 2 == 0 ? "metrics.csv" : "metrics.jsonl"; }
    }
    form.path = file.path();
    form.is_packed = (choice & 0x80U) != 0;
    const runlake::lake::InputLimits limits = {.document_bytes = 65536, .line_bytes = 512};
    const auto first = extract_offer(extractor, {{form}}, limits);
    DEMAND(first.ok || (rows_of(first) == 0 && first.problems.size() == 1 && !first.problems[0].message.empty()));
    for (const auto& problem : first.problems) { DEMAND(runlake::core::valid_utf8(problem.message) == problem.message); }
    const auto second = extract_offer(extractor, {{form}}, limits);
    DEMAND(second.ok == first.ok && rows_of(second) == rows_of(first) && second.sha256 == first.sha256);
}
