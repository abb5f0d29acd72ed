// SPDX-License-Identifier: Apache-2.0
// Inside sync only: questions and answers over one SFTP connection. Safe from several threads; answers may come in any order.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "os/piped_child.hpp"
#include "sync/sftp_packet.hpp"

namespace runlake::sync::sftp {

class Client {
  public:
    static core::Result<std::unique_ptr<Client>> connect(const std::vector<std::string>& words, const std::string& shown);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    bool can(std::string_view extension) const { return extensions_.contains(std::string(extension)); }
    const std::string& shown() const { return shown_; }

    std::uint32_t ask(Type type, std::string_view body);                  // its id; each is waited for once
    core::Result<Packet> wait(std::uint32_t id);                          // io: the connection is gone
    core::Result<Packet> call(Type type, std::string_view body) { return wait(ask(type, body)); }
    // The answer is a status: ok, or why not (conflict is nobody's code here: a failure is io).
    core::Status status_of(core::Result<Packet> answer, std::string_view what) const;
    core::Result<std::string> handle_of(core::Result<Packet> answer, std::string_view what) const;
    core::Error unexpected(std::string_view what, const Packet& packet) const;

  private:
    Client(os::PipedChild child, std::string shown) : child_(std::move(child)), shown_(std::move(shown)) {}
    core::Status greet();
    void receive_all();
    core::Error gone() const;

    os::PipedChild child_;
    std::string shown_;
    std::set<std::string> extensions_;
    std::string received_;
    std::mutex sending_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::map<std::uint32_t, Packet> answers_;
    std::uint32_t next_id_ = 1;
    bool is_over_ = false;
    std::string why_over_;
    std::thread receiver_;
};

}  // namespace runlake::sync::sftp
