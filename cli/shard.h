// Which part of an experiment this process has, when several share a folder.
#pragma once

#include <string>

namespace espalier::cli {

struct Shard {
    int index = 0;  // from 0
    int count = 1;
    int on_this_machine = 1;  // processes that share its cores, as far as is known

    bool is_first() const { return index == 0; }
};

/// "2/4", or, where that is empty, the rank that mpirun, torchrun or Slurm sets. Throws InvalidArgument.
Shard shard_of(const std::string& text);

}  // namespace espalier::cli
