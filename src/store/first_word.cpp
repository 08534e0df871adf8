#include "store/first_word.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"

namespace espalier::store {
namespace {

std::filesystem::path told(const std::filesystem::path& run) { return run / "told"; }

}  // namespace

bool is_first_to_tell(const std::filesystem::path& run) {
    const int fd = ::open(told(run).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) return errno != EEXIST;  // where no file can be made, better twice than never
    ::close(fd);
    return true;
}

void nobody_told(const std::filesystem::path& run) { remove_file(told(run)); }

}  // namespace espalier::store
