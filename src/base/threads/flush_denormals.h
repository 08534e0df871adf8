// Numbers below 1.2e-38 in size (denormals) cost x86 processors 100 to 150 cycles each: an LSTM whose gates
// saturate ran 80 times slower for them. While a scope lives they are read and written as zero.
#pragma once

#include <vector>

namespace espalier {

/// Of the calling thread and of the `threads` - 1 others that OpenMP gives it; all are as before afterwards.
class FlushDenormals {
  public:
    explicit FlushDenormals(int threads);
    ~FlushDenormals();
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

  private:
    unsigned long own_;                  // control word
    std::vector<unsigned long> others_;  // by thread; empty for one thread
};

}  // namespace espalier
