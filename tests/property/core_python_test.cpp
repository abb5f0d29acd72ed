// SPDX-License-Identifier: Apache-2.0
// Floats and JSON texts against Python itself, which defines the canonical form.
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "tests/support/python.hpp"
#include "tests/support/random.hpp"

namespace runlake::core {
namespace {

using testing::Random;

TEST(PythonProperty, FloatsAreWrittenAsReprDoes) {
    const std::string python = testing::find_python();
    if (python.empty()) { GTEST_SKIP() << "no python3 on this machine"; }
    Random random;
    std::vector<double> values = {0.0, -0.0, 1e16, 9999999999999998.0, 1e-4, 9.999e-5, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308};
    while (values.size() < 50'000) { values.push_back(random.finite_double()); }
    std::vector<std::string> lines;
    for (const double value : values) { lines.push_back(std::to_string(std::bit_cast<std::uint64_t>(value))); }
    const auto answers = testing::run_python(python,
                                             "import struct, sys\n"
                                             "with open(sys.argv[2], 'w') as out:\n"
                                             "    for line in open(sys.argv[1]):\n"
                                             "        out.write(repr(struct.unpack('<d', struct.pack('<Q', int(line)))[0]) + '\\n')\n",
                                             lines);
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) { ASSERT_EQ(python_float(values[i]), (*answers)[i]) << "seed " << testing::test_seed(); }
}

TEST(PythonProperty, CanonicalJsonIsJsonDumps) {
    const std::string python = testing::find_python();
    if (python.empty()) { GTEST_SKIP() << "no python3 on this machine"; }
    Random random;
    std::vector<Json> values;
    std::vector<std::string> lines;
    while (values.size() < 5'000) {
        values.push_back(random.json());
        lines.push_back(to_json(values.back()));
    }
    const auto answers = testing::run_python(python,
                                             "import json, sys\n"
                                             "with open(sys.argv[2], 'w', encoding='ascii') as out:\n"
                                             "    for line in open(sys.argv[1], encoding='utf-8', newline='\\n'):\n"
                                             "        value = json.loads(line)\n"
                                             "        out.write(json.dumps(value, sort_keys=True) + '\\n' + json.dumps(value) + '\\n')\n",
                                             lines);
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 2 * values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto sorted = canonical_json(values[i]);
        auto kept = python_json(values[i]);
        ASSERT_TRUE(sorted.ok() && kept.ok());
        ASSERT_EQ(sorted.value(), (*answers)[2 * i]) << "seed " << testing::test_seed();
        ASSERT_EQ(kept.value(), (*answers)[2 * i + 1]) << "seed " << testing::test_seed();
    }
}

}  // namespace
}  // namespace runlake::core
