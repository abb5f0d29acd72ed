// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) unpacked piece by piece: for files of any size.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace runlake::core {

// Feed it the file in pieces, in order, then finish(). Members that follow each other are read as one text, as gzip itself does. Not thread-safe.
class GunzipStream {
  public:
    // Gets what is unpacked, at most 64 KiB at a time; its error ends the reading.
    using Sink = std::function<Status(std::string_view)>;

    GunzipStream();
    GunzipStream(GunzipStream&&) noexcept;
    GunzipStream& operator=(GunzipStream&&) noexcept;
    ~GunzipStream();

    Status feed(std::string_view packed, const Sink& sink);  // Errc::corrupt: no gzip, or damaged; or the sink's error
    Status finish();                                         // Errc::corrupt: cut off, or empty

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace runlake::core
