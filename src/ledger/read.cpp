// SPDX-License-Identifier: Apache-2.0
#include "ledger/read.hpp"

#include "ledger/layout.hpp"
#include "ledger/view.hpp"

namespace runlake::ledger {

std::vector<std::string> folders(const record::Store& store) {
    std::vector<std::string> found;
    if (!store.root.empty()) { found.push_back(aexp_folder(store)); }
    found.push_back(own_folder(store));
    return found;
}

Ledger read_ledger(const record::Store& store) {
    const View view = View::open(store);
    Ledger ledger;
    ledger.left_out = view.left_out();
    for (const Item& item : view.items()) {
        if (item.is_job()) {
            auto entry = item.job();
            if (entry.ok()) {
                ledger.jobs.push_back(std::move(entry).take());
            } else {
                ledger.left_out.push_back({std::string(item.path), std::move(entry).take_error()});
            }
            continue;
        }
        auto entry = item.run();
        if (entry.ok()) {
            ledger.runs.push_back(std::move(entry).take());
        } else {
            ledger.left_out.push_back({std::string(item.path), std::move(entry).take_error()});
        }
    }
    return ledger;
}

}  // namespace runlake::ledger
