// SPDX-License-Identifier: Apache-2.0
// Packing and unpacking of stamps.
#include "runs/stamps.hpp"

#include <array>
#include <utility>

namespace runlake::runs {

namespace {

constexpr unsigned char k_version = 1;
enum Flag : unsigned { k_has_end = 1, k_presumed = 2, k_degraded = 4, k_completed = 8 };
enum Source : unsigned { k_absent = 0, k_by_start = 1, k_by_end = 2, k_by_other = 3 };

class Packer {
  public:
    void number(std::uint64_t value) {
        while (value >= 0x80U) {
            bytes_ += static_cast<char>(value | 0x80U);
            value >>= 7U;
        }
        bytes_ += static_cast<char>(value);
    }
    void text(std::string_view value) {
        number(value.size());
        bytes_ += value;
    }
    void stamp(const Stamp& value, const Stamp& start) {
        const auto distance = static_cast<std::uint64_t>(value.at.micros) - static_cast<std::uint64_t>(start.at.micros);
        number(distance << 1U ^ (0U - (distance >> 63U)));
        number(value.n);
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

// Reads what Packer wrote. After the first defect everything reads as 0 and `good` is false.
class Unpacker {
  public:
    explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (bytes_.empty()) { break; }
            const auto byte = static_cast<unsigned char>(bytes_.front());
            bytes_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80U) { return value; }
        }
        good_ = false;
        return 0;
    }
    std::string_view text() {
        const std::uint64_t size = number();
        if (size > bytes_.size()) {
            good_ = false;
            return {};
        }
        const std::string_view value = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return value;
    }
    Stamp stamp(const Stamp& start) {
        const std::uint64_t coded = number();
        const std::uint64_t distance = coded >> 1U ^ (0U - (coded & 1U));
        return {{static_cast<std::int64_t>(static_cast<std::uint64_t>(start.at.micros) + distance)}, number()};
    }
    void fail() { good_ = false; }
    bool good() const { return good_; }
    bool done() const { return good_ && bytes_.empty(); }

  private:
    std::string_view bytes_;
    bool good_ = true;
};

// Calls `each(maybe, index)` for the nine facts in their fixed order.
template <class Facts, class Each>
void each_fact(Facts& facts, const Each& each) {
    each(facts.input_fingerprint, 0U);
    each(facts.code_ref, 1U);
    each(facts.config_hash, 2U);
    each(facts.environment, 3U);
    each(facts.degraded_reason, 4U);
    each(facts.rows_in, 5U);
    each(facts.rows_out, 6U);
    each(facts.llm_calls, 7U);
    each(facts.tokens, 8U);
}

}  // namespace

std::string pack_stamps(const RunParts& run) {
    const Stamp start = run.start ? run.start->stamp : Stamp{};
    Packer out;
    out.number(k_version);
    out.number((run.end ? k_has_end : 0U) | (run.end && run.end->presumed ? k_presumed : 0U) | (run.facts.degraded ? k_degraded : 0U) |
               (run.end && run.end->state == record::RunState::completed ? k_completed : 0U));
    out.number(start.n);
    if (run.end) { out.number(run.end->stamp.n); }

    const auto source_of = [&](const auto& fact) {
        if (!fact) { return k_absent; }
        if (fact->stamp == start) { return k_by_start; }
        return run.end && fact->stamp == run.end->stamp ? k_by_end : k_by_other;
    };
    std::uint64_t sources = 0;
    each_fact(run.facts, [&](const auto& fact, unsigned index) { sources |= std::uint64_t{source_of(fact)} << (2 * index); });
    out.number(sources);
    each_fact(run.facts, [&](const auto& fact, unsigned) {
        if (source_of(fact) == k_by_other) { out.stamp(fact->stamp, start); }
    });
    out.number(run.listed_inputs.size());

    const auto list = [&](const auto& map, const auto& is_listed, const auto& write) {
        std::uint64_t count = 0;
        for (const auto& [name, said] : map) { count += is_listed(said) ? 1U : 0U; }
        out.number(count);
        for (const auto& [name, said] : map) {
            if (!is_listed(said)) { continue; }
            out.text(name);
            write(said);
        }
    };
    list(
        run.tags, [&](const auto& tag) { return !tag.value || tag.stamp != start; },
        [&](const auto& tag) {
            out.number(tag.value ? 1 : 2);
            out.stamp(tag.stamp, start);
        });
    list(run.params, [&](const auto& param) { return param.stamp != start; }, [&](const auto& param) { out.stamp(param.stamp, start); });
    const auto other = [&](const auto& said) { return said && said->stamp != start; };
    list(
        run.inputs, [&](const InputPart& input) { return other(input.fingerprint) || other(input.bytes); },
        [&](const InputPart& input) {
            out.number((other(input.fingerprint) ? 1U : 0U) | (other(input.bytes) ? 2U : 0U));
            if (other(input.fingerprint)) { out.stamp(input.fingerprint->stamp, start); }
            if (other(input.bytes)) { out.stamp(input.bytes->stamp, start); }
        });
    return out.take();
}

core::Status unpack_stamps(std::string_view packed, RunParts& run) {
    Unpacker in(packed);
    if (in.number() != k_version || !run.start) { in.fail(); }
    const std::uint64_t flags = in.number();
    const std::uint64_t start_n = in.number();
    if (run.start) { run.start->stamp.n = start_n; }
    const Stamp start = run.start ? run.start->stamp : Stamp{};
    if (((flags & k_has_end) != 0) != run.end.has_value()) { in.fail(); }
    if (in.good() && run.end) {
        run.end->presumed = (flags & k_presumed) != 0;
        if ((flags & k_completed) != 0) { run.end->state = record::RunState::completed; }
        run.end->stamp.n = in.number();
    }
    run.facts.degraded = (flags & k_degraded) != 0;

    const std::uint64_t sources = in.number();
    each_fact(run.facts, [&](auto& fact, unsigned index) {
        const auto source = static_cast<unsigned>(sources >> (2 * index) & 3U);
        if ((source != k_absent) != fact.has_value() || (source == k_by_end && !run.end)) {
            in.fail();
        } else if (fact) {
            fact->stamp = source == k_by_start ? start : source == k_by_end ? run.end->stamp : in.stamp(start);
        }
    });
    const std::uint64_t listed = in.number();
    if (listed > run.listed_inputs.size()) {
        in.fail();
    } else {
        run.listed_inputs.resize(listed);
    }
    for (auto& [name, tag] : run.tags) { tag.stamp = start; }
    for (auto& [name, param] : run.params) { param.stamp = start; }
    for (auto& [path, input] : run.inputs) {
        if (input.fingerprint) { input.fingerprint->stamp = start; }
        if (input.bytes) { input.bytes->stamp = start; }
    }
    for (std::uint64_t left = in.number(); left != 0 && in.good(); --left) {
        std::string name(in.text());
        const std::uint64_t kind = in.number();
        const Stamp stamp = in.stamp(start);
        const auto found = run.tags.find(name);
        if (kind == 2 && found == run.tags.end()) {
            run.tags.emplace(std::move(name), Said<std::optional<std::string>>{std::nullopt, stamp});
        } else if (kind == 1 && found != run.tags.end()) {
            found->second.stamp = stamp;
        } else {
            in.fail();
        }
    }
    for (std::uint64_t left = in.number(); left != 0 && in.good(); --left) {
        const auto found = run.params.find(in.text());
        const Stamp stamp = in.stamp(start);
        if (found == run.params.end()) {
            in.fail();
        } else {
            found->second.stamp = stamp;
        }
    }
    for (std::uint64_t left = in.number(); left != 0 && in.good(); --left) {
        const auto found = run.inputs.find(in.text());
        const std::uint64_t which = in.number();
        if (found == run.inputs.end() || ((which & 1U) != 0 && !found->second.fingerprint) || ((which & 2U) != 0 && !found->second.bytes)) {
            in.fail();
            break;
        }
        if ((which & 1U) != 0) { found->second.fingerprint->stamp = in.stamp(start); }
        if ((which & 2U) != 0) { found->second.bytes->stamp = in.stamp(start); }
    }
    if (!in.done()) { return core::Error(core::Errc::corrupt, "reading the folding state of a run: it does not fit the run's rows"); }
    return core::ok();
}

}  // namespace runlake::runs
