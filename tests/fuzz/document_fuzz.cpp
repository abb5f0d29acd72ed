// SPDX-License-Identifier: Apache-2.0
// Any bytes as Markdown, LaTeX and a notebook: citations are found or not, and their lines lie within the text.
#include "kb/citation.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace kb = runlake::kb;

RUNLAKE_FUZZ {
    kb::Citations out;
    kb::read_markdown(text, "a.md", 1, out);
    kb::read_latex(text, "a.tex", out);
    const auto notebook = kb::read_notebook(text, "a.ipynb", out);
    DEMAND(notebook.ok() || !notebook.error().message().empty());
    for (const kb::Citation& citation : out.found) { DEMAND(!citation.id.empty() && citation.line >= 1 && static_cast<std::size_t>(citation.line) <= text.size() + 1); }
}
