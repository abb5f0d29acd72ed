// SPDX-License-Identifier: Apache-2.0
#include "lake/extract.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

constexpr std::string_view k_gz = ".gz";

std::string_view without_gz(std::string_view path) { return path.ends_with(k_gz) ? path.substr(0, path.size() - k_gz.size()) : path; }

// What is wrong with a file is told the same wherever its run lies.
std::string told_of(const Form& form, const std::string& message) {
    std::string out = message;
    for (auto at = out.find(form.path); at != std::string::npos; at = out.find(form.path, at + form.file.rel_path.size())) { out.replace(at, form.path.size(), form.file.rel_path); }
    return out;
}

// One form. The error is a problem already.
bool read_form(const Extractor& extractor, const Form& form, const InputLimits& limits, Extracted& out) {
    FileInput input(form.path, form.is_packed, limits);
    Extraction extraction;
    auto status = extractor.extract(form.file, input, extraction);
    if (status.ok()) { status = extraction.rows.check_keys(); }
    out.rel_path = form.file.rel_path;
    out.sha256 = input.sha256();
    if (!status.ok()) {
        out.problems.push_back({form.file.rel_path, told_of(form, status.error().message()), status.error().line(), false});
        return false;
    }
    for (auto& warning : extraction.warnings) { out.problems.push_back({form.file.rel_path, std::move(warning), extraction.warning_line, true}); }
    out.rows = std::move(extraction.rows);
    out.told = std::move(extraction.told);
    return true;
}

}  // namespace

std::vector<Offer> offers_of(const std::string& run_key, RunFiles&& files) {
    std::vector<Form> forms;
    forms.reserve(files.registered.size() + 1 + files.artifacts.size());
    const auto add = [&](RunFile&& disk) -> SourceFile& {
        Form& form = forms.emplace_back();
        form.file.run_key = run_key;
        form.file.plain_name = without_gz(std::string_view(disk.path).substr(disk.path.rfind('/') + 1));
        form.file.rel_path = std::move(disk.rel_path);
        form.path = std::move(disk.path);
        form.stamp = disk.stamp;
        form.is_packed = disk.is_packed;
        return form.file;
    };
    for (auto& file : files.registered) {
        if (!files.postprocess || file.rel_path != files.postprocess->rel_path) { add(std::move(file)); }
    }
    if (files.postprocess) { add(std::move(*files.postprocess)); }
    for (auto& artifact : files.artifacts) {
        SourceFile& file = add(std::move(artifact.file));
        file.theorem = std::move(artifact.theorem);
        file.variant = std::move(artifact.variant);
        file.kind = artifact.kind;
    }
    // By the path of the plain form, the packed one first.
    std::vector<std::size_t> order(forms.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const int compared = without_gz(forms[a].file.rel_path).compare(without_gz(forms[b].file.rel_path));
        return compared != 0 ? compared < 0 : forms[a].is_packed && !forms[b].is_packed;
    });
    std::vector<Offer> out;
    out.reserve(forms.size());
    for (std::size_t i = 0; i < order.size();) {
        Offer& offer = out.emplace_back();
        std::size_t end = i + 1;
        while (end < order.size() && without_gz(forms[order[end]].file.rel_path) == without_gz(forms[order[i]].file.rel_path)) { ++end; }
        offer.forms.reserve(end - i);
        std::size_t next = i;
        i = end;
        for (; next < end; ++next) { offer.forms.push_back(std::move(forms[order[next]])); }
    }
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
