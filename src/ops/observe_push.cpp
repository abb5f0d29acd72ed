// SPDX-License-Identifier: Apache-2.0
#include "ops/observe_push.hpp"

#include <algorithm>
#include <map>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "observe/run_feed.hpp"
#include "ops/metrics_page.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"

namespace runlake::ops {

using core::Errc;
using core::Error;
using core::Status;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds k_poll{1000};
constexpr milliseconds k_first_pause{1000};
constexpr milliseconds k_longest_pause{60'000};
constexpr int k_tries = 3;
// Receivers of single events are told of the past only as far as somebody may still want to hear it; traces are told whole.
constexpr std::int64_t k_first_look_back_us = std::int64_t{24} * 3600 * 1'000'000;

// One receiver with its place in the journal.
class Channel {
  public:
    static core::Result<std::unique_ptr<Channel>> open(const record::Store& store, std::unique_ptr<observe::Sink> sink, const std::string& target) {
        const std::string folder = store.cache() + "/observe";
        // Another target is another receiver: it has not been told anything yet.
        const std::string base = core::cat(folder, "/", sink->name(), "-", core::sha256(target).hex().substr(0, 8));
        RL_TRY(os::make_dirs(folder, 0777, os::point::observe_cursor_write));
        RL_ASSIGN(auto lease, os::Lease::take(base + ".lease", {.purpose = "observe push"}));
        const bool first = !os::exists(base + ".json");
        RL_ASSIGN(observe::FeedCursor cursor, observe::FeedCursor::load(base + ".json"));
        auto channel = std::unique_ptr<Channel>(new Channel(std::move(sink), base + ".json", std::move(lease), observe::RunFeed(store, std::move(cursor))));
        if (first && channel->sink_->name() != "otlp-http" && channel->sink_->name() != "otlp-file") {
            channel->not_before_ = core::Timestamp{os::system_clock().now().micros - k_first_look_back_us};
        }
        channel->result_.name = channel->sink_->name();
        return channel;
    }

    bool has_news() const { return result_.failure || feed_.has_news(); }

    // Sends what is new. False: the receiver did not take it; pause() says how long to wait.
    bool push() {
        if (feed_.cursor().note() && !noted_) { noted_ = feed_.cursor().note(); }
        const Status status = feed_.read(sink_->batch(), [this](const std::vector<observe::EndedRun>& runs, const observe::FeedCursor& cursor) -> Status {
            std::vector<observe::EndedRun> wanted;
            std::copy_if(runs.begin(), runs.end(), std::back_inserter(wanted),
                         [this](const observe::EndedRun& run) { return run.end.header.at >= not_before_; });
            RL_ASSIGN(const observe::Delivery delivery, sink_->deliver(wanted));
            result_.delivered += delivery.delivered;
            result_.refused += delivery.refused;
            if (delivery.refused > 0) { result_.refusal = delivery.refusal; }
            return cursor.save(cursor_path_);
        });
        if (status.ok()) {
            result_.failure.reset();
            failures_ = 0;
            return true;
        }
        result_.failure = status.error().message();
        ++failures_;
        return false;
    }

    milliseconds pause() const {
        if (const auto asked = sink_->retry_after()) { return std::min<milliseconds>(*asked, k_longest_pause); }
        return std::min(k_first_pause * (1 << std::min(failures_ - 1, 10)), k_longest_pause);
    }
    int failures() const { return failures_; }
    const SinkResult& result() const { return result_; }
    const std::optional<std::string>& note() const { return noted_; }

  private:
    Channel(std::unique_ptr<observe::Sink> sink, std::string cursor_path, std::unique_ptr<os::Lease> lease, observe::RunFeed feed)
        : sink_(std::move(sink)), cursor_path_(std::move(cursor_path)), lease_(std::move(lease)), feed_(std::move(feed)) {}

    std::unique_ptr<observe::Sink> sink_;
    std::string cursor_path_;
    std::unique_ptr<os::Lease> lease_;
    observe::RunFeed feed_;
    core::Timestamp not_before_;
    SinkResult result_;
    std::optional<std::string> noted_;
    int failures_ = 0;
};

Status write_page(const record::Store& store, const std::string& path) {
    RL_ASSIGN(const std::string text, metrics_page(store));
    return os::publish_file(path, text, 0666, os::Existing::replace, os::Durability::process, os::point::observe_output_write);
}

}  // namespace

core::Result<std::vector<std::pair<std::string, std::string>>> parse_headers(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> headers;
    if (core::trim(text).empty()) { return headers; }
    const auto decoded = [](std::string_view value) {
        std::string out;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
            if (value[i] == '%' && i + 2 < value.size() && digit(value[i + 1]) >= 0 && digit(value[i + 2]) >= 0) {
                out += static_cast<char>(digit(value[i + 1]) * 16 + digit(value[i + 2]));
                i += 2;
            } else {
                out += value[i];
            }
        }
        return out;
    };
    for (const std::string_view entry : core::split(text, ',')) {
        const auto equals = entry.find('=');
        const std::string_view name = core::trim(entry.substr(0, equals));
        if (equals == std::string_view::npos || name.empty()) {
            return Error(Errc::usage, core::cat("reading the headers for the OTLP endpoint: \"", core::trim(entry), "\" is not of the form name=value"));
        }
        headers.emplace_back(name, decoded(core::trim(entry.substr(equals + 1))));
    }
    return headers;
}

bool ObservePushResponse::complete() const {
    return std::all_of(sinks.begin(), sinks.end(), [](const SinkResult& sink) { return !sink.failure; });
}

core::Json to_json(const ObservePushResponse& response) {
    core::Json list = core::Json::array();
    for (const SinkResult& sink : response.sinks) {
        core::Json entry = core::Json::object();
        entry.set("name", sink.name).set("delivered", static_cast<std::int64_t>(sink.delivered)).set("refused", static_cast<std::int64_t>(sink.refused));
        entry.set("refusal", sink.refusal.empty() ? core::Json() : core::Json(sink.refusal)).set("failure", core::Json(sink.failure));
        list.push(std::move(entry));
    }
    core::Json out = core::Json::object();
    out.set("complete", response.complete()).set("receivers", std::move(list));
    return out;
}

core::Result<ObservePushResponse> observe_push(const ObservePushRequest& request) {
    observe::SinkSettings settings;
    settings.otlp_endpoint = request.settings.text_if("observe.otlp_endpoint");
    RL_ASSIGN(settings.otlp_headers, parse_headers(request.settings.text("observe.otlp_headers")));
    settings.otlp_file = request.settings.text_if("observe.otlp_file");
    settings.statsd_address = request.settings.text_if("observe.statsd");
    settings.webhook_url = request.settings.text_if("observe.webhook_url");
    settings.webhook_secret = request.settings.text_if("observe.webhook_secret");
    const auto page_path = request.settings.text_if("observe.prometheus_file");
    RL_ASSIGN(auto sinks, observe::make_sinks(settings, os::system_clock()));
    if (sinks.empty() && !page_path) {
        return Error(Errc::usage, "pushing runs: no receiver is set; set observe.otlp_endpoint, observe.otlp_file, observe.statsd, observe.webhook_url or "
                                  "observe.prometheus_file (`runlake config list` shows them)");
    }
    const std::map<std::string, std::optional<std::string>> targets = {{"otlp-http", settings.otlp_endpoint}, {"otlp-file", settings.otlp_file},
                                                                       {"statsd", settings.statsd_address}, {"webhook", settings.webhook_url}};
    std::vector<std::unique_ptr<Channel>> channels;
    for (auto& sink : sinks) {
        const std::string target = targets.at(sink->name()).value_or("");
        RL_ASSIGN(auto channel, Channel::open(request.store, std::move(sink), target));
        channels.push_back(std::move(channel));
    }

    SinkResult page{.name = "prometheus-file", .delivered = 0, .refused = 0, .refusal = {}, .failure = {}};
    const auto push_page = [&] {
        const Status written = write_page(request.store, *page_path);
        page.failure = written.ok() ? std::nullopt : std::optional(written.error().message());
        page.delivered += written.ok() ? 1U : 0U;
    };
    const auto report_failure = [&](const Channel& channel) {
        if (request.say) { request.say(core::cat(channel.result().name, ": ", *channel.result().failure, "; trying again in ", channel.pause().count() / 1000, " s")); }
    };

    bool stopped = false;
    for (auto& channel : channels) {
        bool sent = channel->push();
        if (channel->note() && request.say) { request.say(*channel->note()); }
        while (!sent && !stopped && !request.follow && channel->failures() < k_tries) {
            report_failure(*channel);
            stopped = request.wait && request.wait(channel->pause());
            if (!stopped) { sent = channel->push(); }
        }
    }
    if (page_path) { push_page(); }

    // Each receiver has its own pace: one that is away does not hold up the others.
    std::map<const Channel*, milliseconds> due;
    milliseconds now{0};
    while (request.follow && !stopped) {
        for (auto& channel : channels) {
            if (now < due[channel.get()] || !channel->has_news()) { continue; }
            if (!channel->push()) {
                report_failure(*channel);
                due[channel.get()] = now + channel->pause();
            }
        }
        stopped = !request.wait || request.wait(k_poll);
        now += k_poll;
        if (page_path && !stopped && now.count() % 15'000 == 0) { push_page(); }
    }

    ObservePushResponse response;
    for (const auto& channel : channels) { response.sinks.push_back(channel->result()); }
    if (page_path) { response.sinks.push_back(page); }
    std::sort(response.sinks.begin(), response.sinks.end(), [](const SinkResult& a, const SinkResult& b) { return a.name < b.name; });
    return response;
}

}  // namespace runlake::ops
