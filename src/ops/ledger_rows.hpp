// SPDX-License-Identifier: Apache-2.0
// What --all-machines adds to the runs that were recorded here: the jobs that other machines put into the ledger.
#pragma once

#include "ops/runs_reading.hpp"
#include "runs/query_elsewhere.hpp"

namespace runlake::ops {

// Read once; then every session that a query opens gets it. One that was not asked for does nothing.
class OtherMachines {
  public:
    static OtherMachines read(const record::Store& store, bool asked_for);
    core::Status add_to(runs::Session& session) const;
    void add_notes(Notes& notes) const;   // which entries were left out

  private:
    bool asked_for_ = false;
    std::vector<runs::ElsewhereRun> runs_;
    runs::MachineLabels labels_;          // of the machines that recorded into this store
    Notes notes_;
};

// Whether the project has a ledger at all, be there a store or not.
bool has_ledger(const record::Store& store);

// The column that tells the machines apart, behind the others unless it is there already.
core::Status add_machine_column(std::vector<runs::ColumnSpec>& columns);

}  // namespace runlake::ops
