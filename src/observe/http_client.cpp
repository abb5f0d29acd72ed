// SPDX-License-Identifier: Apache-2.0
#include "observe/http_client.hpp"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <memory>

#include "core/text.hpp"
#include "os/shared_library.hpp"

namespace runlake::observe {

using core::Errc;
using core::Error;

namespace {

constexpr std::size_t k_most_body = 64U << 10U;

#define RUNLAKE_CURL_FUNCTIONS(X) \
    X(curl_global_init)           \
    X(curl_easy_init)             \
    X(curl_easy_setopt)           \
    X(curl_easy_perform)          \
    X(curl_easy_getinfo)          \
    X(curl_easy_strerror)         \
    X(curl_easy_cleanup)          \
    X(curl_slist_append)          \
    X(curl_slist_free_all)

#undef curl_easy_setopt
#undef curl_easy_getinfo

struct CurlApi {
#define RUNLAKE_CURL_MEMBER(name) decltype(&::name) name = nullptr;
    RUNLAKE_CURL_FUNCTIONS(RUNLAKE_CURL_MEMBER)
#undef RUNLAKE_CURL_MEMBER
};

core::Result<CurlApi> load_curl() {
    auto library = os::SharedLibrary::load({"libcurl.so.4", "libcurl-gnutls.so.4"});
    if (!library.ok()) { return std::move(library).take_error().context("loading libcurl (Debian package libcurl4)"); }
    CurlApi api;
#define RUNLAKE_CURL_LOAD(name)                                              \
    {                                                                        \
        RL_ASSIGN(void* address, library.value().symbol(#name));             \
        api.name = reinterpret_cast<decltype(api.name)>(address);            \
    }
    RUNLAKE_CURL_FUNCTIONS(RUNLAKE_CURL_LOAD)
#undef RUNLAKE_CURL_LOAD
    if (api.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) { return Error(Errc::unsupported, "libcurl refused to start"); }
    return api;
}

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    const std::size_t bytes = size * count;
    body.append(data, std::min(bytes, k_most_body - std::min(k_most_body, body.size())));
    return bytes;
}

}  // namespace

core::Result<HttpAnswer> http_post(const HttpPost& post) {
    static const core::Result<CurlApi> loaded = load_curl();
    if (!loaded.ok()) { return Error(loaded.error()); }
    const CurlApi& api = loaded.value();
    if (!post.url.starts_with("http://") && !post.url.starts_with("https://")) {
        return Error(Errc::usage, core::cat("posting to \"", post.url, "\": only http:// and https:// are known"));
    }
    const std::unique_ptr<CURL, decltype(api.curl_easy_cleanup)> handle(api.curl_easy_init(), api.curl_easy_cleanup);
    if (!handle) { return Error(Errc::internal, "libcurl gave no handle"); }

    std::unique_ptr<curl_slist, decltype(api.curl_slist_free_all)> headers(nullptr, api.curl_slist_free_all);
    const auto add_header = [&](const std::string& line) {
        curl_slist* grown = api.curl_slist_append(headers.get(), line.c_str());
        if (grown != nullptr) {
            (void)headers.release();  // append returns the same list, grown
            headers.reset(grown);
        }
    };
    for (const auto& [name, value] : post.headers) {
        if ((name + value).find_first_of("\r\n") != std::string::npos) {
            return Error(Errc::usage, core::cat("posting to ", post.url, ": header \"", name, "\" has a line break"));
        }
        add_header(core::cat(name, ": ", value));
    }
    add_header("Expect:");  // no wait for "100 Continue": collectors don't send it

    HttpAnswer answer;
    const auto set = [&](CURLoption option, auto value) { api.curl_easy_setopt(handle.get(), option, value); };
    set(CURLOPT_URL, post.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, post.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_USERAGENT, "runlake");
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(post.timeout.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_WRITEFUNCTION, &collect);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
    const CURLcode code = api.curl_easy_perform(handle.get());
    if (code != CURLE_OK) { return Error(Errc::io, core::cat("posting to ", post.url, ": ", api.curl_easy_strerror(code))); }
    api.curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    curl_off_t retry_after = 0;
    if (api.curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0) {
        answer.retry_after = std::chrono::seconds(retry_after);
    }
    return answer;
}

}  // namespace runlake::observe
