// SPDX-License-Identifier: Apache-2.0
#include "lake/extract.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

constexpr std::string_view k_gz = ".gz";

std::string without_gz(std::string_view path) { return std::string(path.ends_with(k_gz) ? path.substr(0, path.size() - k_gz.size()) : path); }

// One form. The error is a problem already.
bool read_form(const Extractor& extractor, const Form& form, const InputLimits& limits, Extracted& out) {
    FileInput input(form.disk.path, form.disk.is_packed, limits);
    Extraction extraction;
    auto status = extractor.extract(form.file, input, extraction);
    if (status.ok()) { status = extraction.rows.check_keys(); }
    out.rel_path = form.file.rel_path;
    out.sha256 = input.sha256();
    if (!status.ok()) {
        out.problems.push_back({form.file.rel_path, status.error().message(), extraction.line, false});
        return false;
    }
    for (auto& warning : extraction.warnings) { out.problems.push_back({form.file.rel_path, std::move(warning), extraction.line, true}); }
    out.rows = std::move(extraction.rows);
    out.told = std::move(extraction.told);
    return true;
}

}  // namespace

std::vector<Offer> offers_of(const std::string& run_key, const RunFiles& files) {
    std::map<std::string, Offer> offers;  // by the path of the plain form
    const auto add = [&](SourceFile file, const RunFile& disk) {
        file.run_key = run_key;
        file.rel_path = disk.rel_path;
        file.plain_name = without_gz(os::base_name(disk.path));
        auto& forms = offers[without_gz(disk.rel_path)].forms;
        forms.insert(disk.is_packed ? forms.begin() : forms.end(), Form{std::move(file), disk});
    };
    for (const auto& file : files.registered) {
        if (files.postprocess && file.rel_path == files.postprocess->rel_path) { continue; }
        add({}, file);
    }
    if (files.postprocess) { add({}, *files.postprocess); }
    for (const auto& artifact : files.artifacts) {
        SourceFile file;
        file.theorem = artifact.theorem;
        file.variant = artifact.variant;
        file.kind = artifact.kind;
        add(std::move(file), artifact.file);
    }
    std::vector<Offer> out;
    for (auto& [path, offer] : offers) { out.push_back(std::move(offer)); }
    return out;
}

Extracted extract_offer(const Extractor& extractor, const Offer& offer, const InputLimits& limits) {
    Extracted out;
    for (const auto& form : offer.forms) {
        out.ok = read_form(extractor, form, limits, out);
        if (!out.ok) { continue; }
        // What went wrong with the form before was no loss.
        for (auto& problem : out.problems) {
            if (problem.rel_path == form.file.rel_path) { continue; }
            problem.is_warning = true;
            problem.message += core::cat("; ", form.file.rel_path, " was read instead");
        }
        return out;
    }
    return out;
}

}  // namespace runlake::lake
