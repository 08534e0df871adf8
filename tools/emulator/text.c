#include "machine.h"

enum { kPort = 0x3F8, kStatus = kPort + 5, kCanSend = 0x20, kAllSent = 0x40, kShutdown = 0x8900 };

static void out(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static u8 in(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/// 8 bits a character, as fast as the port is.
void open_port(void) {
    const u8 settings[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 3}, {2, 7}};
    for (u64 i = 0; i < sizeof settings / sizeof settings[0]; ++i)
        out((u16)(kPort + settings[i][0]), settings[i][1]);
}

void put(char c) {
    while (!(in(kStatus)&kCanSend)) {
    }
    out(kPort, (u8)c);
}

void say(const char* text) {
    while (*text) put(*text++);
}

void say_number(u64 number) {
    char digits[17];
    int at = 16;
    digits[16] = 0;
    do {
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number);
    say("0x");
    say(digits + at);
}

void stop(int status) {
    const char digits[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                           (char)('0' + status % 10), 0};
    say("\nexit status ");
    say(digits);
    say("\n");
    while (!(in(kStatus)&kAllSent)) {
    }
    for (const char* word = "Shutdown"; *word; ++word) out(kShutdown, (u8)*word);  // ends Bochs
    for (;;) __asm__ volatile("cli; hlt");
}

void copy(void* to, const void* from, u64 count) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

void clear(void* to, u64 count) { __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory"); }

// The compiler calls these by name.
void* memcpy(void* to, const void* from, size_t count) {
    copy(to, from, count);
    return to;
}

void* memset(void* to, int value, size_t count) {
    void* at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
    return to;
}

u64 length(const char* text) {
    u64 count = 0;
    while (text[count]) ++count;
    return count;
}

int same(const char* a, const char* b) {
    while (*a && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}
