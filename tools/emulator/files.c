#include "machine.h"

enum { kFiles = 512, kOpen = 64, kName = 200, kCreate = 0100, kTruncate = 01000, kAppend = 02000 };

struct Open {
    struct File* file;
    u64 at;
};

static struct File files[kFiles];
static int count;
static struct Open opened[kOpen];
static char folder[kName] = "/";

/// `path` from the root on, without repeated slashes.
static void absolute(const char* path, char* out) {
    u64 n = 0;
    if (path[0] != '/') {
        for (const char* c = folder; *c && n < kName - 10; ++c) out[n++] = *c;
        if (n > 1) out[n++] = '/';
    }
    if (path[0] == '.' && path[1] == '/') path += 2;
    for (; *path && n < kName - 1; ++path) {
        if (*path != '/' || !n || out[n - 1] != '/') out[n++] = *path;
    }
    while (n > 1 && out[n - 1] == '/') --n;
    out[n] = 0;
}

struct File* find(const char* name) {
    char wanted[kName];
    absolute(name, wanted);
    for (int i = 0; i < count; ++i) {
        if (files[i].name[0] && same(files[i].name, wanted)) return &files[i];
    }
    return 0;
}

static struct File* add(const char* name) {
    if (count == kFiles) return 0;
    struct File* file = &files[count++];
    absolute(name, file->name);
    return file;
}

void add_given(const char* name, u64 name_length, u8* data, u64 size) {
    if (count == kFiles || name_length >= kName) return;
    struct File* file = &files[count++];
    copy(file->name, name, name_length);
    file->data = data;
    file->size = size;
}

void set_folder(const char* name) { absolute(name, folder); }

static int is_folder(const char* path) {
    char name[kName];
    absolute(path, name);
    const u64 n = length(name);
    if (n == 1) return 1;
    for (int i = 0; i < count; ++i) {
        u64 k = 0;
        while (k < n && files[i].name[k] == name[k]) ++k;
        if (k == n && (files[i].name[n] == '/' || (!files[i].name[n] && files[i].is_folder))) return 1;
    }
    return 0;
}

static i64 open_file(const char* path, u64 flags) {
    struct File* file = find(path);
    const int as_folder = !file && is_folder(path);
    if (!file && (as_folder || (flags & kCreate) || same(path, "/dev/null"))) file = add(path);
    if (!file) return kNotFound;
    if (as_folder) file->is_folder = 1;
    if (flags & kTruncate) file->size = 0;
    for (int i = 3; i < kOpen; ++i) {
        if (opened[i].file) continue;
        opened[i] = (struct Open){file, flags & kAppend ? file->size : 0};
        return i;
    }
    return kTooManyFiles;
}

static struct Open* open_of(u64 descriptor) {
    return descriptor < kOpen && opened[descriptor].file ? &opened[descriptor] : 0;
}

struct File* file_of(u64 descriptor) {
    struct Open* open = open_of(descriptor);
    return open ? open->file : 0;
}

static int reserve(struct File* file, u64 size) {
    if (size <= file->room) return 1;
    const u64 at = take(2 * size);
    if (!at) return 0;
    copy((void*)at, file->data, file->size);
    file->data = (u8*)at;
    file->room = 2 * size;
    return 1;
}

i64 read_at(const struct File* file, u64 at, void* to, u64 wanted) {
    if (at >= file->size) return 0;
    if (wanted > file->size - at) wanted = file->size - at;
    copy(to, file->data + at, wanted);
    return (i64)wanted;
}

static i64 read_next(u64 descriptor, void* to, u64 wanted) {
    struct Open* open = open_of(descriptor);
    if (!open) return descriptor ? kBadFile : 0;  // nothing to be read from the terminal
    const i64 got = read_at(open->file, open->at, to, wanted);
    open->at += (u64)got;
    return got;
}

static i64 write_next(u64 descriptor, const u8* from, u64 size) {
    if (descriptor == 1 || descriptor == 2) {
        for (u64 i = 0; i < size; ++i) put((char)from[i]);
        return (i64)size;
    }
    struct Open* open = open_of(descriptor);
    if (!open) return kBadFile;
    if (!reserve(open->file, open->at + size)) return kNoSpace;
    copy(open->file->data + open->at, from, size);
    open->at += size;
    if (open->at > open->file->size) open->file->size = open->at;
    return (i64)size;
}

/// readv and writev.
static i64 in_pieces(const struct Call* call, int writing) {
    const struct {
        u8* at;
        u64 size;
    }* pieces = (const void*)call->b;
    i64 sum = 0;
    for (u64 i = 0; i < call->c; ++i) {
        const i64 n = writing ? write_next(call->a, pieces[i].at, pieces[i].size)
                              : read_next(call->a, pieces[i].at, pieces[i].size);
        if (n < 0) return n;
        sum += n;
    }
    return sum;
}

struct Status {
    u64 device, inode, links;
    u32 mode, user, group, padding;
    u64 special_device;
    i64 size, block_size, blocks;
    u64 times[6], unused[3];
};

static i64 tell(const struct File* file, u32 mode, struct Status* status) {
    clear(status, sizeof *status);
    status->inode = file ? (u64)(file - files) + 1 : kFiles + 1;
    status->links = 1;
    status->mode = mode;
    status->size = file ? (i64)file->size : 0;
    status->block_size = 4096;
    status->blocks = (status->size + 511) / 512;
    return 0;
}

enum { kFolderMode = 040755, kFileMode = 0100755, kTerminalMode = 020600 };

static i64 tell_open(u64 descriptor, struct Status* status) {
    const struct File* file = file_of(descriptor);
    if (!file) return descriptor < 3 ? tell(0, kTerminalMode, status) : kBadFile;
    return tell(file, file->is_folder ? kFolderMode : kFileMode, status);
}

static i64 tell_named(const char* path, struct Status* status) {
    const struct File* file = find(path);
    if (file) return tell(file, file->is_folder ? kFolderMode : kFileMode, status);
    return is_folder(path) ? tell(0, kFolderMode, status) : kNotFound;
}

static i64 seek(const struct Call* call) {
    struct Open* open = open_of(call->a);
    if (!open) return call->a < 3 ? kNoSeek : kBadFile;
    const u64 from = call->c == 0 ? 0 : call->c == 1 ? open->at : open->file->size;
    open->at = from + call->b;
    return (i64)open->at;
}

/// pread and pwrite.
static i64 at_place(const struct Call* call, int writing) {
    struct Open* open = open_of(call->a);
    if (!open) return kBadFile;
    if (!writing) return read_at(open->file, call->d, (void*)call->b, call->c);
    const u64 was = open->at;
    open->at = call->d;
    const i64 n = write_next(call->a, (const u8*)call->b, call->c);
    open->at = was;
    return n;
}

static i64 resize(u64 descriptor, u64 size) {
    struct File* file = file_of(descriptor);
    if (!file) return kBadFile;
    if (!reserve(file, size)) return kNoSpace;
    if (size > file->size) clear(file->data + file->size, size - file->size);
    file->size = size;
    return 0;
}

static i64 rename_file(const char* from, const char* to) {
    struct File* file = find(from);
    struct File* old = find(to);
    if (!file) return kNotFound;
    if (old && old != file) old->name[0] = 0;
    absolute(to, file->name);
    return 0;
}

static i64 remove_file(const char* path) {
    struct File* file = find(path);
    if (!file) return kNotFound;
    file->name[0] = 0;
    return 0;
}

static i64 make_folder(const char* path) {
    struct File* file = add(path);
    if (!file) return kNoSpace;
    file->is_folder = 1;
    return 0;
}

static i64 close_file(u64 descriptor) {
    struct Open* open = open_of(descriptor);
    if (open) open->file = 0;
    return 0;
}

static i64 tell_folder(char* to) {
    copy(to, folder, length(folder) + 1);
    return (i64)length(folder) + 1;
}

/// Calls by their numbers in Linux for x86-64; kNoCall for those of others.
i64 file_call(u64 number, struct Call* call) {
    const char *a = (const char*)call->a, *b = (const char*)call->b;
    switch (number) {
        case 0:
            return read_next(call->a, (void*)call->b, call->c);
        case 1:
            return write_next(call->a, (const u8*)call->b, call->c);
        case 2:
            return open_file(a, call->b);
        case 3:
            return close_file(call->a);
        case 4:
        case 6:
            return tell_named(a, (struct Status*)call->b);
        case 5:
            return tell_open(call->a, (struct Status*)call->b);
        case 8:
            return seek(call);
        case 17:
            return at_place(call, 0);
        case 18:
            return at_place(call, 1);
        case 19:
            return in_pieces(call, 0);
        case 20:
            return in_pieces(call, 1);
        case 21:
            return find(a) || is_folder(a) ? 0 : kNotFound;
        case 77:
            return resize(call->a, call->b);
        case 79:
            return tell_folder((char*)call->a);
        case 80:
            set_folder(a);
            return 0;
        case 82:
            return rename_file(a, b);
        case 83:
            return make_folder(a);
        case 84:
        case 87:
            return remove_file(a);
        case 217:
            return 0;  // folders list nothing
        case 257:
            return open_file(b, call->c);
        case 258:
            return make_folder(b);
        case 262:
            return *b ? tell_named(b, (struct Status*)call->c) : tell_open(call->a, (struct Status*)call->c);
        case 263:
            return remove_file(b);
        case 264:
            return rename_file(b, (const char*)call->d);
        case 269:
            return find(b) || is_folder(b) ? 0 : kNotFound;
        default:
            return kNoCall;
    }
}
