// SPDX-License-Identifier: Apache-2.0
#include "core/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "core/text.hpp"

namespace runlake::core {
namespace {

constexpr int k_gzip_window = 15 + 16;   // the largest, with gzip's head and tail
constexpr int k_level = 6;
constexpr int k_memory = 8;
constexpr std::size_t k_piece = std::size_t{1} << 30U;   // zlib counts in 32 bits

// zlib does not write to its input.
Bytef* input_of(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

class Inflater {
  public:
    Inflater() { good_ = ::inflateInit2(&stream_, k_gzip_window) == Z_OK; }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() {
        if (good_) { ::inflateEnd(&stream_); }
    }
    bool good() const { return good_; }
    z_stream& stream() { return stream_; }

  private:
    z_stream stream_{};
    bool good_ = false;
};

}  // namespace

std::string gzip(std::string_view bytes) {
    z_stream stream{};
    if (::deflateInit2(&stream, k_level, Z_DEFLATED, k_gzip_window, k_memory, Z_DEFAULT_STRATEGY) != Z_OK) { std::abort(); }  // no memory
    std::string out(::deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
    std::size_t made = 0;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        const std::size_t now = std::min(bytes.size(), k_piece);
        stream.next_in = input_of(bytes.data());
        stream.avail_in = static_cast<uInt>(now);
        if (out.size() - made < 4096) { out.resize(out.size() + (out.size() / 2) + 4096); }
        const std::size_t room = std::min(out.size() - made, k_piece);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
        stream.avail_out = static_cast<uInt>(room);
        status = ::deflate(&stream, now == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        made += room - stream.avail_out;
        bytes.remove_prefix(now - stream.avail_in);
    }
    ::deflateEnd(&stream);
    out.resize(made);
    return out;
}

Result<std::string> gunzip(std::string_view bytes, std::uint64_t max_bytes) {
    Inflater inflater;
    if (!inflater.good()) { return Error(Errc::internal, "unpacking: zlib can't be used"); }
    z_stream& stream = inflater.stream();
    std::string out(std::max<std::size_t>(4096, std::min<std::size_t>(bytes.size() * 8, 64U << 20U)), '\0');
    std::size_t made = 0;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        const std::size_t now = std::min(bytes.size(), k_piece);
        stream.next_in = input_of(bytes.data());
        stream.avail_in = static_cast<uInt>(now);
        if (made == out.size()) { out.resize(out.size() * 2); }
        const std::size_t room = std::min(out.size() - made, k_piece);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
        stream.avail_out = static_cast<uInt>(room);
        status = ::inflate(&stream, Z_NO_FLUSH);
        made += room - stream.avail_out;
        bytes.remove_prefix(now - stream.avail_in);
        if (made > max_bytes) { return Error(Errc::corrupt, cat("it is larger than ", max_bytes, " bytes when unpacked")); }
        if (status == Z_BUF_ERROR && stream.avail_out != 0) { return Error(Errc::corrupt, "its compressed bytes are cut off"); }
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) { return Error(Errc::corrupt, "its compressed bytes are damaged"); }
    }
    if (!bytes.empty()) { return Error(Errc::corrupt, "something follows its compressed bytes"); }
    out.resize(made);
    return out;
}

}  // namespace runlake::core
