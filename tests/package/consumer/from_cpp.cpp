// SPDX-License-Identifier: Apache-2.0
// Records one run through the installed C++ wrapper.
#include <iostream>
#include <runlake/runlake.hpp>

int main() {
    runlake::Recorder recorder;
    runlake::Run run = recorder.start({.stage = "from_cpp"});
    run.log("rmse", 0.21);
    std::cout << run.id() << '\n';
    run.finish();
}
