// SPDX-License-Identifier: Apache-2.0
#include "observe/sinks.hpp"

#include "core/text.hpp"
#include "observe/http_client.hpp"
#include "observe/otlp.hpp"
#include "observe/statsd.hpp"
#include "observe/webhook.hpp"
#include "os/files.hpp"

namespace runlake::observe {

using core::Errc;
using core::Error;

namespace {

// What an HTTP status means for the runs that were posted.
enum class Verdict : std::uint8_t {
    taken,
    content_refused,  // this document is not wanted: a smaller one, or another run, may be
    try_later,        // the receiver is away, busy, or does not know us
};

Verdict verdict_of(long status) {
    if (status >= 200 && status < 300) { return Verdict::taken; }
    if (status == 400 || status == 413 || status == 415 || status == 422) { return Verdict::content_refused; }
    return Verdict::try_later;
}

Error not_taken(const std::string& url, const HttpAnswer& answer) {
    const std::string body(core::cut_utf8(core::trim(core::valid_utf8(answer.body)), 200));
    return Error(Errc::io, core::cat("posting to ", url, ": the answer was ", answer.status, body.empty() ? "" : ": ", body));
}

class OtlpHttp final : public Sink {
  public:
    OtlpHttp(std::string url, std::vector<std::pair<std::string, std::string>> headers) : url_(std::move(url)), headers_(std::move(headers)) {
        headers_.emplace_back("Content-Type", "application/json");
    }
    const std::string& name() const override { return name_; }
    std::optional<std::chrono::seconds> retry_after() const override { return retry_after_; }

    core::Result<Delivery> deliver(std::span<const EndedRun> runs) override {
        Delivery total;
        RL_TRY(send(runs, total));
        return total;
    }

  private:
    // Halves a refused batch until the one run that the collector does not want is alone.
    core::Status send(std::span<const EndedRun> runs, Delivery& total) {
        if (runs.empty()) { return core::ok(); }
        RL_ASSIGN(const HttpAnswer answer, http_post({.url = url_, .headers = headers_, .body = to_otlp_json(runs)}));
        retry_after_ = answer.retry_after;
        switch (verdict_of(answer.status)) {
            case Verdict::taken: {
                const auto partial = parse_otlp_answer(answer.body);
                const auto rejected = partial ? std::min(static_cast<std::uint64_t>(partial->rejected), std::uint64_t{runs.size()}) : 0;
                total.refused += rejected;
                total.delivered += runs.size() - rejected;
                if (partial) { total.refusal = partial->message; }
                return core::ok();
            }
            case Verdict::content_refused:
                if (runs.size() == 1) {
                    total.refused += 1;
                    total.refusal = not_taken(url_, answer).message();
                    return core::ok();
                }
                RL_TRY(send(runs.first(runs.size() / 2), total));
                return send(runs.subspan(runs.size() / 2), total);
            case Verdict::try_later: break;
        }
        return not_taken(url_, answer);
    }

    std::string name_ = "otlp-http";
    std::string url_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::optional<std::chrono::seconds> retry_after_;
};

class OtlpFile final : public Sink {
  public:
    explicit OtlpFile(std::string path) : path_(std::move(path)) {}
    const std::string& name() const override { return name_; }

    core::Result<Delivery> deliver(std::span<const EndedRun> runs) override {
        if (runs.empty()) { return Delivery{}; }
        auto file = os::open_append(path_, os::point::observe_output_write);
        if (!file.ok() && file.error().code() == Errc::not_found) { file = os::create_exclusive(path_, 0666, os::point::observe_output_write); }
        if (!file.ok()) { return std::move(file).take_error(); }
        RL_TRY(os::write_all(file.value().get(), to_otlp_json(runs) + "\n", os::point::observe_output_write, path_));
        return Delivery{.delivered = runs.size(), .refused = 0, .refusal = {}};
    }

  private:
    std::string name_ = "otlp-file";
    std::string path_;
};

class StatsD final : public Sink {
  public:
    explicit StatsD(std::string address) : address_(std::move(address)) {}
    const std::string& name() const override { return name_; }

    core::Result<Delivery> deliver(std::span<const EndedRun> runs) override {
        RL_TRY(send_statsd(address_, to_statsd(runs)));
        return Delivery{.delivered = runs.size(), .refused = 0, .refusal = {}};
    }

  private:
    std::string name_ = "statsd";
    std::string address_;
};

class Webhook final : public Sink {
  public:
    Webhook(std::string url, std::string secret, const core::Clock& clock) : url_(std::move(url)), secret_(std::move(secret)), clock_(clock) {}
    const std::string& name() const override { return name_; }
    std::size_t batch() const override { return 16; }  // each is a request of its own
    std::optional<std::chrono::seconds> retry_after() const override { return retry_after_; }

    core::Result<Delivery> deliver(std::span<const EndedRun> runs) override {
        Delivery total;
        for (const EndedRun& run : runs) {
            const std::string body = webhook_body(run);
            const std::int64_t now = clock_.now().micros / 1'000'000;
            RL_ASSIGN(const HttpAnswer answer,
                      http_post({.url = url_,
                                 .headers = {{"Content-Type", "application/json"},
                                             {"Runlake-Signature", core::cat("t=", now, ",v1=", webhook_signature(secret_, now, body))}},
                                 .body = body}));
            retry_after_ = answer.retry_after;
            switch (verdict_of(answer.status)) {
                case Verdict::taken: total.delivered += 1; break;
                case Verdict::content_refused:
                    total.refused += 1;
                    total.refusal = not_taken(url_, answer).message();
                    break;
                case Verdict::try_later: return not_taken(url_, answer);
            }
        }
        return total;
    }

  private:
    std::string name_ = "webhook";
    std::string url_;
    std::string secret_;
    const core::Clock& clock_;
    std::optional<std::chrono::seconds> retry_after_;
};

std::string traces_url(std::string endpoint) {
    while (endpoint.ends_with('/')) { endpoint.pop_back(); }
    return endpoint.ends_with("/v1/traces") ? endpoint : endpoint + "/v1/traces";
}

}  // namespace

core::Result<std::vector<std::unique_ptr<Sink>>> make_sinks(const SinkSettings& settings, const core::Clock& clock) {
    std::vector<std::unique_ptr<Sink>> sinks;
    if (settings.otlp_endpoint) { sinks.push_back(std::make_unique<OtlpHttp>(traces_url(*settings.otlp_endpoint), settings.otlp_headers)); }
    if (settings.otlp_file) { sinks.push_back(std::make_unique<OtlpFile>(*settings.otlp_file)); }
    if (settings.statsd_address) { sinks.push_back(std::make_unique<StatsD>(*settings.statsd_address)); }
    if (settings.webhook_url) {
        if (!settings.webhook_secret) {
            return Error(Errc::usage, core::cat("sending webhooks to ", *settings.webhook_url, ": no secret is set to sign them with (setting observe.webhook_secret)"));
        }
        sinks.push_back(std::make_unique<Webhook>(*settings.webhook_url, *settings.webhook_secret, clock));
    }
    return sinks;
}

}  // namespace runlake::observe
