// SPDX-License-Identifier: Apache-2.0
// Writes config_resolved.yaml: the pipeline file as it was resolved, in the same grammar, always the same bytes for the same content.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "core/yaml.hpp"
#include "pipeline/resolve.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

constexpr std::size_t k_indent = 2;

// A quoted scalar: JSON's escapes are YAML's; DEL and the C1 controls are not printable in YAML and are escaped as well.
std::string quoted(std::string_view text) {
    std::string json;
    core::append_json_string(json, text);
    std::string out;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto c = static_cast<unsigned char>(json[i]);
        const auto next = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0U;
        const auto after = i + 2 < json.size() ? static_cast<unsigned char>(json[i + 2]) : 0U;
        if (c == 0x7F) {
            out += "\\u007F";
        } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
            constexpr std::string_view k_hex = "0123456789ABCDEF";
            out += cat("\\u00", k_hex[next >> 4U], k_hex[next & 15U]);
            ++i;
        } else if (c == 0xE2 && next == 0x80 && (after == 0xA8 || after == 0xA9)) {
            out += after == 0xA8 ? "\\u2028" : "\\u2029";
            i += 2;
        } else if (c == 0xEF && next == 0xBB && after == 0xBF) {
            out += "\\uFEFF";
            i += 2;
        } else {
            out += json[i];
        }
    }
    return out;
}

// Plain where nobody could take it for anything else.
std::string scalar(std::string_view text) {
    static const std::set<std::string_view> k_words{"null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"};
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/'; };
    const bool plain = !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), fits) && !k_words.contains(core::lower_ascii(text));
    return plain ? std::string(text) : quoted(text);
}

// Any value in one line.
std::string flow(const core::Json& value) {
    if (const std::string* text = value.as_string()) { return quoted(*text); }
    if (const core::JsonArray* items = value.as_array()) {
        std::string out = "[";
        for (const core::Json& item : *items) { out += cat(out.size() > 1 ? ", " : "", flow(item)); }
        return out + "]";
    }
    if (const core::JsonObject* members = value.as_object()) {
        std::string out = "{";
        for (const auto& [name, member] : *members) { out += cat(out.size() > 1 ? ", " : "", quoted(name), ": ", flow(member)); }
        return out + "}";
    }
    if (const double* number = value.as_float(); number != nullptr && !std::isfinite(*number)) {
        return std::isnan(*number) ? ".nan" : *number < 0 ? "-.inf" : ".inf";
    }
    return core::to_json(value);
}

class Writer {
  public:
    void line(std::size_t depth, std::string_view text) { text_ += cat(std::string(depth * k_indent, ' '), text, '\n'); }
    void list(std::size_t depth, std::string_view key, const std::vector<TemplateText>& items) {
        line(depth, cat(key, items.empty() ? ": []" : ":"));
        for (const TemplateText& item : items) { line(depth + 1, cat("- ", scalar(item.text))); }
    }
    // Several lines as they are, where YAML's literal block keeps them so.
    void command(const std::string& text) {
        const bool odd = std::any_of(text.begin(), text.end(), [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F); });
        const bool blank_edges = text.empty() || text.front() == ' ' || text.front() == '\n' || text.back() == '\n';
        if (odd || blank_edges || text.find('\n') == std::string::npos) { return line(2, cat("command: ", scalar(text))); }
        line(2, "command: |-");
        for (const std::string_view one : core::split(text, '\n')) {
            if (one.empty()) {
                text_ += '\n';
            } else {
                line(3, one);
            }
        }
    }
    void stage(const StageDecl& stage);
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void Writer::stage(const StageDecl& stage) {
    line(1, cat(scalar(stage.name), ":"));
    if (stage.shell) {
        command(stage.command.back().text);
    } else {
        list(2, "command", stage.command);
    }
    if (!stage.reads.empty()) { list(2, "reads", stage.reads); }
    if (!stage.writes.empty()) { list(2, "writes", stage.writes); }
    if (stage.code) { list(2, "code", *stage.code); }
    if (!stage.params.as_object()->empty()) {
        line(2, "params:");
        for (const auto& [name, value] : *stage.params.as_object()) { line(3, cat(scalar(name), ": ", flow(value))); }
    }
    if (!stage.env.empty()) {
        line(2, "env:");
        for (const auto& [name, value] : stage.env) { line(3, cat(scalar(name), ": ", value ? quoted(*value) : std::string("null"))); }
    }
    if (!stage.dimensions.empty()) {
        line(2, "matrix:");
        for (const auto& point : stage.points) {
            std::string text;
            for (const auto& [name, value] : point) { text += cat(text.empty() ? "" : ", ", quoted(name), ": ", quoted(value)); }
            line(3, cat("- {", text, "}"));
        }
    }
    if (stage.optional) { line(2, "optional: true"); }
    if (stage.timeout) { line(2, cat("timeout: ", std::chrono::duration_cast<std::chrono::seconds>(*stage.timeout).count())); }
    if (stage.retries != 0) { line(2, cat("retries: ", stage.retries)); }
    if (stage.strict_sandbox) { line(2, "sandbox: strict"); }
    if (stage.sandbox_off) { line(2, "sandbox: \"off\""); }
    if (stage.keeps_undeclared) { line(2, "undeclared: told"); }
}

}  // namespace

std::string pipeline_text(const PipelineFile& file) {
    Writer writer;
    writer.line(0, cat("experiment_key: ", scalar(file.experiment_key)));
    if (file.run_dir_base) { writer.line(0, cat("run_dir_base: ", scalar(*file.run_dir_base))); }
    if (!file.roots.empty()) {
        writer.line(0, "roots:");
        for (const std::string& root : file.roots) { writer.line(1, cat("- ", scalar(root))); }
    }
    writer.line(0, "stages:");
    for (const StageDecl& stage : file.stages) { writer.stage(stage); }
    return writer.take();
}

std::string Resolved::config_text() const {
    return cat("# What this run directory was made with: the pipeline file, with the final value of every param. Never edited.\nversion: 1\n", pipeline_text(file));
}

}  // namespace runlake::pipeline
