// SPDX-License-Identifier: Apache-2.0
// The Invocation of a real call: parsed words, the process's streams, the user's store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"

namespace runlake::cli {

class LiveInvocation final : public Invocation {
  public:
    LiveInvocation(const Command& command, Parsed parsed);

    bool flag(std::string_view name) const override;
    std::optional<std::string> value(std::string_view name) const override;
    std::vector<std::string> values(std::string_view name) const override;
    core::Result<std::optional<std::int64_t>> integer(std::string_view name) const override;
    const std::vector<std::string>& program() const override { return parsed_.program; }

    core::Result<record::Store> store(record::OpenStore mode) const override;
    core::Result<record::Settings> settings() const override;
    bool json() const override { return json_; }
    bool quiet() const override { return quiet_; }
    bool color() const override { return color_; }
    int width() const override { return width_; }
    void out(std::string_view text) override { output_.write(text); }
    void flush() override { output_.flush(); }
    void say(std::string_view line) override;
    void answer(core::Json record) override;
    bool confirm(std::string_view question) override;

    core::Status finish() { return output_.finish(); }  // to be called once, before the process ends

  private:
    const std::vector<std::string>* find(std::string_view name) const;

    const Command& command_;
    Parsed parsed_;
    bool json_;
    bool quiet_;
    bool color_;
    int width_;
    Output output_;
};

}  // namespace runlake::cli
