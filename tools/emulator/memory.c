#include "machine.h"

enum { kPage = 4096, kFixed = 0x10, kAnonymous = 0x20 };

static u64 next = 0x50000000;
static const u64 kEnd = 0x7FF00000;
static const u64 kHeap = 256 << 20;
static u64 heap_start, heap;

static u64 to_pages(u64 size) { return (size + kPage - 1) / kPage * kPage; }

u64 take(u64 size) {
    size = to_pages(size);
    if (size > kEnd - next) return 0;
    const u64 at = next;
    next += size;
    return at;
}

i64 map(const struct Call* call) {
    const int fixed = call->d & kFixed;
    const u64 at = fixed ? call->a : take(call->b);
    if (!at) return kNoMemory;
    u64 filled = 0;
    if (!(call->d & kAnonymous)) {
        const struct File* file = file_of(call->e);
        if (!file) return kBadFile;
        filled = (u64)read_at(file, call->f, (void*)at, call->b);
    }
    // Fresh memory is zero.
    if (fixed && filled < call->b) clear((void*)(at + filled), to_pages(call->b) - filled);
    return (i64)at;
}

i64 unmap(const struct Call* call) {
    const u64 size = to_pages(call->b);
    if (call->a + size != next) return 0;
    clear((void*)call->a, size);
    next = call->a;
    return 0;
}

i64 move_break(const struct Call* call) {
    if (!heap_start) heap_start = heap = take(kHeap);
    if (call->a >= heap_start && call->a <= heap_start + kHeap) heap = call->a;
    return (i64)heap;
}
