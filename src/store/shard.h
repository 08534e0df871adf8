// Which part of an experiment this process has, when several share a folder.
#pragma once

#include <string>

namespace espalier::store {

struct Shard {
    int index = 0;  // from 0
    int count = 1;
    int on_this_machine = 1;  // processes that share its cores, as far as is known

    bool is_first() const { return index == 0; }
};

/// "2/4"; "auto" for the rank that mpirun, torchrun or Slurm sets; "" for all of the work, whatever rank a
/// shell has left in the environment. Throws InvalidArgument, as for "auto" without a rank.
Shard shard_of(const std::string& text);

/// The rank that a launcher has set, or all of the work where there is none.
Shard launched_or_alone();

/// "RANK=1 and WORLD_SIZE=2 are ignored: ...", where `text` is "" and there is a rank of several; else "".
std::string ignored_ranks(const std::string& text);

}  // namespace espalier::store
