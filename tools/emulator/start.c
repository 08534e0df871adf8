// Unpacks the files that the loader of the machine has brought, loads the program, and enters it.
#include "machine.h"

enum { kProgram = 0x40000000, kInterpreter = 0x4F000000, kStack = 8 << 20 };

struct Header {
    u8 magic[16];
    u16 type, machine;
    u32 version;
    u64 entry, program_at, section_at;
    u32 flags;
    u16 size, program_size, program_count;
};
struct Segment {
    u32 type, flags;
    u64 offset, address, physical, in_file, in_memory, align;
};
struct Gate {
    u16 low, selector;
    u8 stack, type;
    u16 middle;
    u32 high, zero;
} __attribute__((packed));

extern void enter_program(u64 entry, u64 stack);
extern void system_call(void);
extern const u64 exception_handlers[32];

static void take_exceptions_and_calls(void) {
    enum { kStar = 0xC0000081, kTarget = 0xC0000082, kMask = 0xC0000084, kFlags = 0x40700 };
    static struct Gate gates[32];
    for (int i = 0; i < 32; ++i) {
        const u64 at = exception_handlers[i];
        gates[i] = (struct Gate){(u16)at, 8, 0, 0x8E, (u16)(at >> 16), (u32)(at >> 32), 0};
    }
    const struct {
        u16 size;
        u64 at;
    } __attribute__((packed)) table = {sizeof gates - 1, (u64)gates};
    __asm__ volatile("lidt %0" : : "m"(table));
    set_register(kStar, 8ULL << 32);
    set_register(kTarget, (u64)system_call);
    set_register(kMask, kFlags);
}

/// The archive: length of the name, length of the data, name, data, each filled to 16 bytes. The first entry
/// is returned, the others are files.
static const char* unpack(u8* at, const u8* end) {
    const char* words = 0;
    while (at < end) {
        const u64 name = ((u64*)at)[0], data = ((u64*)at)[1];
        if (!name && !data) break;
        u8* const text = at + 16;
        u8* const bytes = text + (name + 15) / 16 * 16;
        if (words) {
            add_given((const char*)text, name, bytes, data);
        } else {
            words = (const char*)bytes;
        }
        at = bytes + (data + 15) / 16 * 16;
    }
    return words;
}

static const struct Header* load(const char* name, u64* base, const char** interpreter) {
    const struct File* file = find(name);
    if (!file) {
        say("there is no file ");
        say(name);
        stop(125);
    }
    enum { kFixedPlace = 2, kLoad = 1, kInterpreterName = 3 };
    const struct Header* header = (const struct Header*)file->data;
    if (header->type == kFixedPlace) *base = 0;
    for (int i = 0; i < header->program_count; ++i) {
        const struct Segment* segment =
            (const struct Segment*)(file->data + header->program_at + (u64)i * header->program_size);
        if (segment->type == kInterpreterName) *interpreter = (const char*)file->data + segment->offset;
        if (segment->type != kLoad) continue;
        clear((void*)(*base + segment->address), segment->in_memory);
        copy((void*)(*base + segment->address), file->data + segment->offset, segment->in_file);
    }
    return header;
}

/// `count` pointers to texts that lie behind each other, and a null.
static const char* put_texts(u64** to, u64 count, const char* text) {
    for (u64 i = 0; i < count; ++i) {
        *(*to)++ = (u64)text;
        text += length(text) + 1;
    }
    *(*to)++ = 0;
    return text;
}

void kernel_main(const u32* multiboot) {
    enum { kModules = 6 };
    open_port();
    take_exceptions_and_calls();
    const u32* module = (const u32*)(u64)multiboot[kModules];
    if (module[1] > kProgram) {
        say("the files take too much memory");
        stop(125);
    }
    // Number of arguments, number of variables, then the folder and all of these, each ended by 0.
    const char* words = unpack((u8*)(u64)module[0], (const u8*)(u64)module[1]);
    const u64 arguments = ((const u64*)words)[0], variables = ((const u64*)words)[1];
    const char* text = words + 16;
    set_folder(text);
    text += length(text) + 1;

    u64 base = kProgram, interpreter_base = 0;
    const char* interpreter = 0;
    const struct Header* program = load(text, &base, &interpreter);
    u64 entry = base + program->entry;
    if (interpreter) {
        const char* none = 0;
        interpreter_base = kInterpreter;
        entry = load(interpreter, &interpreter_base, &none)->entry + kInterpreter;
    }
    const u64 top = take(kStack) + kStack - 4096;
    u64* stack = (u64*)((top - 8 * (arguments + variables + 64)) & ~15ULL);
    u64* at = stack;
    const char* name = text;
    *at++ = arguments;
    text = put_texts(&at, arguments, text);
    put_texts(&at, variables, text);
    const u64 auxiliary[][2] = {{3, base + program->program_at},
                                {4, program->program_size},
                                {5, program->program_count},
                                {6, 4096},
                                {7, interpreter_base},
                                {9, base + program->entry},
                                {17, 100},
                                {23, 0},
                                {25, (u64)name},
                                {31, (u64)name},
                                {51, 16384},
                                {0, 0}};
    copy(at, auxiliary, sizeof auxiliary);
    enter_program(entry, (u64)stack);
}
