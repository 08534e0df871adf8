// SQLite with C++ lifetimes and Espalier's errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace espalier::store {

/// A connection. It waits up to a minute for other processes' transactions. Its failures are BadData when the
/// file is not what it should be, IoError when the system refuses; both name the file.
class Database {
  public:
    enum class Mode { create, existing };
    Database(const std::filesystem::path& path, Mode mode);

    /// One or more statements without results.
    void execute(const char* sql);
    std::int64_t integer(const char* sql);
    bool has_table(const std::string& name);

    const std::filesystem::path& path() const { return path_; }
    sqlite3* handle() { return handle_.get(); }
    [[noreturn]] void fail(int code) const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement: bind all values in order, then step through the rows.
class Statement {
  public:
    Statement(Database& database, const char* sql);

    template <class... Values>
    Statement& bind(const Values&... values) {
        rewind();
        int position = 0;
        (bind_one(++position, values), ...);
        return *this;
    }
    /// Moves to the next row; false behind the last one.
    bool next();
    /// Steps through a statement that has no rows.
    void run();

    std::int64_t integer(int column) const;
    int small(int column) const { return static_cast<int>(integer(column)); }
    /// NaN where the column is NULL, which is how SQLite stores NaN.
    double real(int column) const;
    std::string text(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const;
    };
    void rewind();
    void bind_one(int position, std::int64_t value);
    void bind_one(int position, int value) { bind_one(position, static_cast<std::int64_t>(value)); }
    void bind_one(int position, double value);
    void bind_one(int position, const std::string& value);
    void check(int code) const;

    Database& database_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Everything between construction and commit() happens, or nothing. It takes the write lock at once: a lock
/// that is upgraded later can fail with "busy" however long one waits.
class Transaction {
  public:
    /// `what` it writes, for fault points.
    Transaction(Database& database, const char* what);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Database& database_;
    const char* what_;
    bool open_ = true;
};

}  // namespace espalier::store
