// SPDX-License-Identifier: Apache-2.0
// The program's entry: everything is in run_main.
#include "cli/command.hpp"

int main(int argc, char** argv) { return runlake::cli::run_main(argc, argv); }
