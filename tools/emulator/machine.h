// The least of an operating system that lets one Linux program run on an emulated processor: its threads take
// turns, its files are in memory, all memory is one address space.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

// Results of calls, as Linux numbers them.
enum {
    kNotFound = -2,
    kBadFile = -9,
    kTryAgain = -11,
    kNoMemory = -12,
    kInvalid = -22,
    kTooManyFiles = -24,
    kNoTerminal = -25,
    kNoSpace = -28,
    kNoSeek = -29,
    kNoCall = -38,
    kTimedOut = -110
};

/// The registers of a program at a system call, in the order in which boot.S pushes them.
struct Call {
    u64 r15, r14, r13, r12, rbp, rbx;
    u64 rax;               // the number, then the result
    u64 a, b, c, e, f, d;  // arguments 1, 2, 3, 5, 6, 4
    u64 flags, back;
};

// text.c: what is printed, and the end.
void open_port(void);
void put(char c);
void say(const char* text);
void say_number(u64 number);
__attribute__((noreturn)) void stop(int status);
void copy(void* to, const void* from, u64 count);
void clear(void* to, u64 count);
u64 length(const char* text);
int same(const char* a, const char* b);

// memory.c: taken upwards; only the last piece is ever given back.
u64 take(u64 size);
i64 map(const struct Call* call);
i64 unmap(const struct Call* call);
i64 move_break(const struct Call* call);

// files.c
struct File {
    char name[200];
    u8* data;
    u64 size, room;
    int is_folder;
};
void add_given(const char* name, u64 name_length, u8* data, u64 size);
void set_folder(const char* name);
struct File* find(const char* name);
i64 read_at(const struct File* file, u64 at, void* to, u64 count);
struct File* file_of(u64 descriptor);
i64 file_call(u64 number, struct Call* call);

// threads.c
void set_register(u32 number, u64 value);
void set_tls(u64 at);
u64 current_thread(void);
i64 start_thread(const struct Call* call);
void leave_thread(struct Call* call);
void give_turn(struct Call* call);
void wait_or_wake(struct Call* call);
void clear_at_exit(u64 at);
