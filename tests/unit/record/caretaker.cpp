// SPDX-License-Identifier: Apache-2.0
// A program that compacts the journal of the store it is given: what the tests of a killed compaction kill.
#include "record/journal.hpp"
#include "record/store.hpp"

int main(int argc, char** argv) {
    if (argc != 2) { return 2; }
    const auto store = runlake::record::open_store(argv[1], runlake::record::OpenStore::existing);
    return store.ok() && runlake::record::compact(store.value(), 0).ok() ? 0 : 1;
}
