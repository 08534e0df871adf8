// One thread runs until it waits, yields or ends; nothing interrupts it.
#include "machine.h"

enum { kThreads = 64, kVectorBytes = 16384, kThreadBase = 0xC0000100 };
enum State { kNone, kReady, kWaiting };

struct Thread {
    enum State state;
    struct Call registers;
    u64 stack, tls;
    u64 cleared;    // what its end sets to 0, for those who wait for that
    u64 waits_for;  // an address
    int has_limit;  // of time
    u8* vectors;
};

static struct Thread threads[kThreads] = {{.state = kReady}};
static int current;
extern u64 program_stack;

void set_register(u32 number, u64 value) {
    __asm__ volatile("wrmsr" : : "c"(number), "a"((u32)value), "d"((u32)(value >> 32)));
}

void set_tls(u64 at) {
    threads[current].tls = at;
    set_register(kThreadBase, at);
}

u64 current_thread(void) { return (u64)current + 1; }
void clear_at_exit(u64 at) { threads[current].cleared = at; }

static void save_vectors(u8* to) { __asm__ volatile("xsave64 %0" : "+m"(*to) : "a"(-1), "d"(-1) : "memory"); }
static void restore_vectors(const u8* from) {
    __asm__ volatile("xrstor64 %0" : : "m"(*from), "a"(-1), "d"(-1) : "memory");
}

static u8* vector_room(void) {
    const u64 at = take(kVectorBytes);
    if (!at) stop(125);
    clear((void*)at, kVectorBytes);
    return (u8*)at;
}

/// The next thread in turn that can run; a time limit ends where nobody else can.
static int next_thread(struct Call* call) {
    for (int i = 1; i <= kThreads; ++i) {
        const int n = (current + i) % kThreads;
        if (threads[n].state == kReady) return n;
    }
    for (int i = 1; i <= kThreads; ++i) {
        const int n = (current + i) % kThreads;
        if (threads[n].state != kWaiting || !threads[n].has_limit) continue;
        threads[n].state = kReady;
        (n == current ? call : &threads[n].registers)->rax = (u64)kTimedOut;
        return n;
    }
    say("\nall threads wait\n");
    stop(124);
}

void give_turn(struct Call* call) {
    const int next = next_thread(call);
    if (next == current) return;
    struct Thread* from = &threads[current];
    const struct Thread* to = &threads[next];
    if (!from->vectors) from->vectors = vector_room();
    save_vectors(from->vectors);
    from->registers = *call;
    from->stack = program_stack;
    current = next;
    restore_vectors(to->vectors);
    *call = to->registers;
    program_stack = to->stack;
    set_register(kThreadBase, to->tls);
}

static i64 wake(u64 address, u64 most) {
    i64 woken = 0;
    for (int i = 0; i < kThreads && (u64)woken < most; ++i) {
        struct Thread* thread = &threads[i];
        if (thread->state != kWaiting || thread->waits_for != address) continue;
        thread->state = kReady;
        thread->registers.rax = 0;
        ++woken;
    }
    return woken;
}

/// futex
void wait_or_wake(struct Call* call) {
    enum { kWait = 0, kWake = 1, kWaitBits = 9, kWakeBits = 10 };
    const u64 what = call->b & 127;
    if (what == kWake || what == kWakeBits) {
        call->rax = (u64)wake(call->a, call->c);
    } else if (what != kWait && what != kWaitBits) {
        call->rax = (u64)kNoCall;
    } else if (*(volatile u32*)call->a != (u32)call->c) {
        call->rax = (u64)kTryAgain;
    } else {
        struct Thread* thread = &threads[current];
        thread->state = kWaiting;
        thread->waits_for = call->a;
        thread->has_limit = call->d != 0;
        call->rax = 0;
        give_turn(call);
    }
}

/// clone
i64 start_thread(const struct Call* call) {
    enum { kSetParent = 0x100000, kClearChild = 0x200000, kSetChild = 0x1000000 };
    int n = 1;
    while (n < kThreads && threads[n].state != kNone) ++n;
    if (n == kThreads) return kTryAgain;
    u8* vectors = threads[n].vectors ? threads[n].vectors : vector_room();
    threads[n] = (struct Thread){.state = kReady,
                                 .registers = *call,
                                 .stack = call->b,
                                 .tls = call->e,
                                 .cleared = call->a & kClearChild ? call->d : 0,
                                 .vectors = vectors};
    threads[n].registers.rax = 0;
    save_vectors(vectors);
    if (call->a & kSetParent) *(u32*)call->c = (u32)n + 1;
    if (call->a & kSetChild) *(u32*)call->d = (u32)n + 1;
    return n + 1;
}

/// exit
void leave_thread(struct Call* call) {
    struct Thread* thread = &threads[current];
    if (current == 0) stop((int)call->a);
    if (thread->cleared) {
        *(u32*)thread->cleared = 0;
        wake(thread->cleared, kThreads);
    }
    thread->state = kNone;
    give_turn(call);
}
