#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/fault.h"
#include "espalier/error.h"

namespace espalier::store {
namespace {

constexpr int kBusyMilliseconds = 60'000;

bool is_wrong_content(int code) {
    switch (code & 0xff) {
        case SQLITE_ERROR:  // "no such table" in a file that says it is a run
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
            return true;
        default:
            return false;
    }
}

}  // namespace

Database::Database(const std::filesystem::path& path, Mode mode) : path_(path) {
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);  // a handle comes even with an error, which it describes
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyMilliseconds);
    execute("PRAGMA foreign_keys = ON");
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void Database::execute(const char* sql) {
    const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::integer(const char* sql) {
    Statement statement(*this, sql);
    return statement.next() ? statement.integer(0) : 0;
}

bool Database::has_table(const std::string& name) {
    Statement statement(*this, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    return statement.bind(name).next();
}

void Database::fail(int code) const {
    sqlite3* const handle = handle_.get();
    std::string what = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    const int primary = code & 0xff;
    if (system != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR)) {
        what += fmt::format(" ({})", std::strerror(system));
    }
    if (primary == SQLITE_BUSY) what += fmt::format(" for {} s by another process", kBusyMilliseconds / 1000);
    const std::string message = fmt::format("{}: {}", path_.string(), what);
    if (is_wrong_content(code)) throw BadData(message);
    throw IoError(message);
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
    sqlite3_stmt* handle = nullptr;
    check(sqlite3_prepare_v2(database.handle(), sql, -1, &handle, nullptr));
    handle_.reset(handle);
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

void Statement::check(int code) const {
    if (code != SQLITE_OK) database_.fail(code);
}

void Statement::rewind() {
    sqlite3_reset(handle_.get());  // its result repeats the last step's error, reported there
}

void Statement::bind_one(int position, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), position, value));
}

void Statement::bind_one(int position, double value) {
    check(sqlite3_bind_double(handle_.get(), position, value));
}

void Statement::bind_one(int position, const std::string& value) {
    check(sqlite3_bind_text64(handle_.get(), position, value.data(), value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
}

bool Statement::next() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    database_.fail(code);
}

void Statement::run() {
    const bool row = next();
    ESPALIER_ASSERT(!row);
    rewind();
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::real(int column) const {
    if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL)
        return std::numeric_limits<double>::quiet_NaN();
    return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Transaction::Transaction(Database& database, const char* what) : database_(database), what_(what) {
    database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // After some errors SQLite has rolled back already; this then does nothing.
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    fault_point("commit", what_);
    database_.execute("COMMIT");
    open_ = false;
    fault_point("committed", what_);
}

}  // namespace espalier::store
