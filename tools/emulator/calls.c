// Linux's system calls by number. What is missing is named, and answered as Linux answers what it has not.
#include "machine.h"

static u64 clock_now(void) {
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64)high << 32 | low;
}

/// Time passes with the emulated clock, as if of 100 MHz.
static i64 tell_time(u64 clock, u64* to) {
    enum { kPerSecond = 100000000, kEpoch = 1700000000 };
    const u64 now = clock_now();
    to[0] = (clock == 0 ? kEpoch : 0) + now / kPerSecond;
    to[1] = now % kPerSecond * (1000000000 / kPerSecond);
    return 0;
}

static i64 fill_random(u8* to, u64 count) {
    static u64 state = 88172645463325252ULL;
    for (u64 i = 0; i < count; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        to[i] = (u8)state;
    }
    return (i64)count;
}

static i64 tell_limit(u64 which, u64* to) {
    enum { kStack = 3, kFiles = 7 };
    if (!to) return 0;
    to[0] = which == kFiles ? 1024 : which == kStack ? 8 << 20 : ~0ULL;
    to[1] = ~0ULL;
    return 0;
}

static i64 tell_system(char* to) {
    enum { kField = 65 };
    clear(to, 6 * kField);
    copy(to, "Linux", 5);
    copy(to + 2 * kField, "6.1.0", 5);
    copy(to + 4 * kField, "x86_64", 6);
    return 0;
}

static i64 tell_memory(u64* to) {
    clear(to, 112);
    to[4] = 1ULL << 31;  // in all
    to[5] = 1ULL << 30;  // free
    ((u32*)to)[26] = 1;  // bytes a unit
    return 0;
}

static i64 one_processor(u8* to, u64 size) {
    clear(to, size < 128 ? size : 128);
    to[0] = 1;
    return 8;
}

/// arch_prctl: the base of fs, and leave for AMX's tiles, which are always there.
static i64 processor_state(const struct Call* call) {
    enum { kSetBase = 0x1002, kTellPermitted = 0x1022, kRequest = 0x1023, kAll = 0x602E7 };
    if (call->a == kSetBase) set_tls(call->b);
    if (call->a == kTellPermitted) *(u64*)call->b = kAll;
    return call->a == kSetBase || call->a == kTellPermitted || call->a == kRequest ? 0 : kInvalid;
}

/// Room on a disk, of statfs.
static i64 tell_room(u64* to) {
    clear(to, 120);
    to[1] = 4096;
    to[3] = to[4] = 1 << 20;
    return 0;
}

static i64 tell_time_of_day(u64* to) {
    tell_time(0, to);
    to[1] /= 1000;
    return 0;
}

static i64 other_call(u64 number, struct Call* call) {
    switch (number) {
        case 9:
            return map(call);
        case 11:
            return unmap(call);
        case 12:
            return move_break(call);
        case 16:
            return kNoTerminal;
        case 39:
            return 1;
        case 56:
            return start_thread(call);
        case 63:
            return tell_system((char*)call->a);
        case 89:
        case 267:
            return kInvalid;  // no file is a link
        case 96:
            return tell_time_of_day((u64*)call->a);
        case 98:
            clear((void*)call->b, 144);
            return 0;
        case 99:
            return tell_memory((u64*)call->a);
        case 137:
        case 138:
            return tell_room((u64*)call->b);
        case 158:
            return processor_state(call);
        case 186:
            return (i64)current_thread();
        case 204:
            return one_processor((u8*)call->c, call->b);
        case 218:
            clear_at_exit(call->a);
            return (i64)current_thread();
        case 228:
            return tell_time(call->a, (u64*)call->b);
        case 229:
            ((u64*)call->b)[0] = 0;
            ((u64*)call->b)[1] = 1;
            return 0;
        case 302:
            return tell_limit(call->b, (u64*)call->d);
        case 318:
            return fill_random((u8*)call->a, call->b);
        // Protection, signals, advice, users, names, locks, what is written at once: nothing to do.
        case 10:
        case 13:
        case 14:
        case 26:
        case 28:
        case 72:
        case 73:
        case 74:
        case 75:
        case 90:
        case 91:
        case 102:
        case 104:
        case 107:
        case 108:
        case 131:
        case 157:
        case 203:
        case 221:
        case 273:
            return 0;
        case 332:
        case 334:
        case 435:
        case 439:
            return kNoCall;  // programs have another way
        default:
            say("\n[no call ");
            say_number(number);
            say("]\n");
            return kNoCall;
    }
}

void handle_call(struct Call* call) {
    const u64 number = call->rax;
    switch (number) {
        case 24:
        case 35:
        case 230:
            call->rax = 0;
            give_turn(call);
            return;
        case 60:
            leave_thread(call);
            return;
        case 202:
            wait_or_wake(call);
            return;
        case 231:
            stop((int)call->a);
        case 234:
            say("\nsignal ");
            say_number(call->c);
            stop(128 + (int)call->c);
        default:
            break;
    }
    const i64 result = file_call(number, call);
    call->rax = (u64)(result == kNoCall ? other_call(number, call) : result);
}

void handle_exception(const u64* frame, u64 address) {
    say("\nexception ");
    say_number(frame[0]);
    say(", code ");
    say_number(frame[1]);
    say(", at ");
    say_number(frame[2]);
    say(", address ");
    say_number(address);
    say(":");
    for (int i = 0; i < 16; ++i) {
        say(" ");
        say_number(((const u8*)frame[2])[i]);
    }
    stop(139);
}
