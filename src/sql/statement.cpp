// SPDX-License-Identifier: Apache-2.0
// Statements, binding, and reading rows chunk by chunk.
#include "sql/statement.hpp"

#include <cstdlib>
#include <limits>

#include "core/text.hpp"
#include "sql/database.hpp"
#include "sql/library.hpp"
#include "sql/uuid.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

namespace {

Kind kind_of(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_BOOLEAN: return Kind::boolean;
        case DUCKDB_TYPE_TINYINT:
        case DUCKDB_TYPE_SMALLINT:
        case DUCKDB_TYPE_INTEGER:
        case DUCKDB_TYPE_BIGINT:
        case DUCKDB_TYPE_UTINYINT:
        case DUCKDB_TYPE_USMALLINT:
        case DUCKDB_TYPE_UINTEGER:
        case DUCKDB_TYPE_UBIGINT:
        case DUCKDB_TYPE_HUGEINT: return Kind::integer;
        case DUCKDB_TYPE_FLOAT:
        case DUCKDB_TYPE_DOUBLE: return Kind::floating;
        case DUCKDB_TYPE_VARCHAR: return Kind::text;
        case DUCKDB_TYPE_BLOB: return Kind::blob;
        case DUCKDB_TYPE_TIMESTAMP: return Kind::timestamp;
        case DUCKDB_TYPE_TIMESTAMP_TZ: return Kind::timestamp_tz;
        case DUCKDB_TYPE_UUID: return Kind::uuid;
        default: return Kind::other;
    }
}

constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t k_least = std::numeric_limits<std::int64_t>::min();

}  // namespace

core::RunId run_id_of(const duckdb_hugeint& stored) {
    static constexpr std::string_view k_digits = "0123456789abcdef";
    std::uint64_t halves[2] = {static_cast<std::uint64_t>(stored.upper) ^ k_uuid_sign, stored.lower};
    std::string text(36, '-');
    std::size_t at = 0;
    for (const std::uint64_t half : halves) {
        for (unsigned shift = 64; shift != 0; shift -= 4) {
            if (at == 8 || at == 13 || at == 18 || at == 23) { ++at; }
            text[at++] = k_digits[half >> (shift - 4U) & 15U];
        }
    }
    auto id = core::RunId::parse(text);
    return id.value();  // 36 characters in the form of a UUID always parse
}

struct Rows::State {
    struct Column {
        duckdb_type type;
        const void* data = nullptr;
        const std::uint64_t* valid = nullptr;
    };
    duckdb_result result{};
    ChunkHandle chunk;
    std::vector<Column> columns;
    std::size_t row = 0;
    std::size_t size = 0;  // of the chunk
    bool done = false;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        chunk = ChunkHandle();
        library().destroy_result(&result);
    }

    void describe() {
        const std::size_t count = library().column_count(&result);
        columns.reserve(count);
        for (std::size_t i = 0; i < count; ++i) { columns.push_back({library().column_type(&result, i)}); }
    }
    template <class T>
    const T& at(std::size_t column) const {
        if (column >= columns.size() || row >= size) { std::abort(); }
        return static_cast<const T*>(columns[column].data)[row];
    }
    duckdb_type type(std::size_t column) const {
        if (column >= columns.size()) { std::abort(); }
        return columns[column].type;
    }
};

Rows::Rows(std::unique_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

std::size_t Rows::column_count() const { return state_->columns.size(); }
std::string Rows::column_name(std::size_t column) const {
    const char* name = library().column_name(&state_->result, column);
    return name == nullptr ? "" : name;
}
Kind Rows::kind(std::size_t column) const { return kind_of(state_->type(column)); }
std::uint64_t Rows::rows_changed() const { return library().rows_changed(&state_->result); }

core::Result<bool> Rows::next() {
    State& state = *state_;
    if (state.done) { return false; }
    if (state.row + 1 < state.size) {
        ++state.row;
        return true;
    }
    while (true) {
        state.size = 0;
        state.chunk = ChunkHandle(library().fetch_chunk(state.result));
        if (!state.chunk) {
            state.done = true;
            const char* message = library().result_error(&state.result);
            if (message != nullptr && *message != '\0') { return query_error(state.result, "reading rows"); }
            return false;
        }
        state.size = library().data_chunk_get_size(state.chunk.get());
        if (state.size != 0) { break; }
    }
    state.row = 0;
    for (std::size_t i = 0; i < state.columns.size(); ++i) {
        duckdb_vector vector = library().data_chunk_get_vector(state.chunk.get(), i);
        state.columns[i].data = library().vector_get_data(vector);
        state.columns[i].valid = library().vector_get_validity(vector);
    }
    return true;
}

bool Rows::is_null(std::size_t column) const {
    if (column >= state_->columns.size() || state_->row >= state_->size) { std::abort(); }
    const std::uint64_t* valid = state_->columns[column].valid;
    return valid != nullptr && (valid[state_->row / 64] >> (state_->row % 64) & 1U) == 0;
}

bool Rows::boolean(std::size_t column) const {
    if (state_->type(column) != DUCKDB_TYPE_BOOLEAN) { std::abort(); }
    return state_->at<bool>(column);
}

std::int64_t Rows::integer(std::size_t column) const {
    switch (state_->type(column)) {
        case DUCKDB_TYPE_TINYINT: return state_->at<std::int8_t>(column);
        case DUCKDB_TYPE_SMALLINT: return state_->at<std::int16_t>(column);
        case DUCKDB_TYPE_INTEGER: return state_->at<std::int32_t>(column);
        case DUCKDB_TYPE_BIGINT: return state_->at<std::int64_t>(column);
        case DUCKDB_TYPE_UTINYINT: return state_->at<std::uint8_t>(column);
        case DUCKDB_TYPE_USMALLINT: return state_->at<std::uint16_t>(column);
        case DUCKDB_TYPE_UINTEGER: return state_->at<std::uint32_t>(column);
        case DUCKDB_TYPE_UBIGINT: {
            const auto value = state_->at<std::uint64_t>(column);
            return value > static_cast<std::uint64_t>(k_most) ? k_most : static_cast<std::int64_t>(value);
        }
        case DUCKDB_TYPE_HUGEINT: {
            const auto& value = state_->at<duckdb_hugeint>(column);
            if (value.upper > 0 || (value.upper == 0 && value.lower > static_cast<std::uint64_t>(k_most))) { return k_most; }
            if (value.upper < -1 || (value.upper == -1 && value.lower < 1ULL << 63U)) { return k_least; }
            return static_cast<std::int64_t>(value.lower);
        }
        default: std::abort();
    }
}

double Rows::number(std::size_t column) const {
    switch (state_->type(column)) {
        case DUCKDB_TYPE_DOUBLE: return state_->at<double>(column);
        case DUCKDB_TYPE_FLOAT: return static_cast<double>(state_->at<float>(column));
        default: return static_cast<double>(integer(column));
    }
}

std::string_view Rows::text(std::size_t column) const {
    const duckdb_type type = state_->type(column);
    if (type != DUCKDB_TYPE_VARCHAR && type != DUCKDB_TYPE_BLOB) { std::abort(); }
    const auto& value = state_->at<duckdb_string_t>(column);
    const std::uint32_t length = value.value.inlined.length;
    return {length <= 12 ? &value.value.inlined.inlined[0] : value.value.pointer.ptr, length};
}

core::Timestamp Rows::time(std::size_t column) const {
    const duckdb_type type = state_->type(column);
    if (type != DUCKDB_TYPE_TIMESTAMP && type != DUCKDB_TYPE_TIMESTAMP_TZ) { std::abort(); }
    return {state_->at<std::int64_t>(column)};
}

core::RunId Rows::run_id(std::size_t column) const {
    if (state_->type(column) != DUCKDB_TYPE_UUID) { std::abort(); }
    return run_id_of(state_->at<duckdb_hugeint>(column));
}

std::optional<std::int64_t> Rows::integer_if(std::size_t column) const { return is_null(column) ? std::nullopt : std::optional(integer(column)); }
std::optional<double> Rows::number_if(std::size_t column) const { return is_null(column) ? std::nullopt : std::optional(number(column)); }
std::optional<std::string> Rows::text_if(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional<std::string>(text(column));
}
std::optional<core::Timestamp> Rows::time_if(std::size_t column) const { return is_null(column) ? std::nullopt : std::optional(time(column)); }
std::optional<core::RunId> Rows::run_id_if(std::size_t column) const { return is_null(column) ? std::nullopt : std::optional(run_id(column)); }

core::Result<Rows> Connection::query(std::string_view sql) {
    auto state = std::make_unique<Rows::State>();
    const std::string text(sql);
    if (library().query(handle_.get(), text.c_str(), &state->result) != DuckDBSuccess) { return query_error(state->result, "running SQL"); }
    state->describe();
    return Rows(std::move(state));
}

core::Result<Statement> Connection::prepare(std::string_view sql) {
    StatementHandle handle;
    const std::string text(sql);
    if (library().prepare(handle_.get(), text.c_str(), handle.out()) != DuckDBSuccess) {
        const char* message = handle ? library().prepare_error(handle.get()) : nullptr;
        // DuckDB tells no kind of error here, and an interruption may come while it still plans.
        const bool interrupted = message != nullptr && std::string_view(message).starts_with("INTERRUPT");
        return Error(interrupted ? Errc::interrupted : Errc::usage, core::cat("preparing SQL: ", message == nullptr ? "no reason given" : message));
    }
    return Statement(std::move(handle));
}

namespace {
core::Status bound(duckdb_state state, std::size_t index) {
    if (state == DuckDBSuccess) { return core::ok(); }
    return Error(Errc::internal, core::cat("binding parameter ", index, " of a statement: there is no such parameter"));
}
}  // namespace

core::Status Statement::bind(std::size_t index, std::string_view text) {
    // DuckDB keeps no other text, and does not say that this is why it refuses it.
    if (core::valid_utf8(text) != text) { return Error(Errc::usage, core::cat("looking for \"", core::valid_utf8(text), "\" in the database: the text is no valid UTF-8")); }
    return bound(library().bind_varchar_length(handle_.get(), index, text.data() == nullptr ? "" : text.data(), text.size()), index);
}
core::Status Statement::bind(std::size_t index, std::int64_t value) { return bound(library().bind_int64(handle_.get(), index, value), index); }
core::Status Statement::bind(std::size_t index, double value) { return bound(library().bind_double(handle_.get(), index, value), index); }
core::Status Statement::bind(std::size_t index, bool value) { return bound(library().bind_boolean(handle_.get(), index, value), index); }
core::Status Statement::bind(std::size_t index, core::Timestamp value) {
    return bound(library().bind_timestamp(handle_.get(), index, duckdb_timestamp{value.micros}), index);
}
core::Status Statement::bind(std::size_t index, const core::RunId& value) {
    const ValueHandle uuid(library().create_uuid(plain_integer(value)));
    return bound(library().bind_value(handle_.get(), index, uuid.get()), index);
}
core::Status Statement::bind_null(std::size_t index) { return bound(library().bind_null(handle_.get(), index), index); }

std::size_t Statement::parameter_count() const { return library().nparams(handle_.get()); }

StatementKind Statement::kind() const {
    switch (library().prepared_statement_type(handle_.get())) {
        case DUCKDB_STATEMENT_TYPE_SELECT: return StatementKind::select;
        case DUCKDB_STATEMENT_TYPE_EXPLAIN: return StatementKind::explain;
        default: return StatementKind::other;
    }
}

core::Result<Rows> Statement::execute() {
    auto state = std::make_unique<Rows::State>();
    if (library().execute_prepared(handle_.get(), &state->result) != DuckDBSuccess) { return query_error(state->result, "running SQL"); }
    state->describe();
    return Rows(std::move(state));
}

core::Result<Rows> Statement::stream() {
    auto state = std::make_unique<Rows::State>();
    if (library().execute_prepared_streaming(handle_.get(), &state->result) != DuckDBSuccess) { return query_error(state->result, "running SQL"); }
    state->describe();
    return Rows(std::move(state));
}

}  // namespace runlake::sql
