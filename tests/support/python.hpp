// SPDX-License-Identifier: Apache-2.0
// Runs a short Python program once over many lines, to compare our answers with the reference.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace runlake::testing {

inline std::string find_python() {
    for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3"}) {
        if (::access(path, X_OK) == 0) { return path; }
    }
    return "";
}

// The program reads lines from sys.argv[1] and writes one line for each to sys.argv[2]. Nothing when it fails.
inline std::optional<std::vector<std::string>> run_python(const std::string& python, const std::string& program, const std::vector<std::string>& lines) {
    const TempDir folder;
    std::ofstream(folder / "program.py") << program;
    {
        std::ofstream in(folder / "in");
        for (const std::string& line : lines) { in << line << '\n'; }
    }
    const std::string command = python + " -I '" + (folder / "program.py") + "' '" + (folder / "in") + "' '" + (folder / "out") + "'";
    if (std::system(command.c_str()) != 0) { return std::nullopt; }
    std::ifstream out(folder / "out");
    std::vector<std::string> answers;
    for (std::string line; std::getline(out, line);) { answers.push_back(line); }
    return answers;
}

}  // namespace runlake::testing
