// What was measured of layers and whole programs, by what decides it: equal layers are timed once, and a file
// can keep it for the next start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "espalier/runtime.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

struct TrialTimes {
    std::map<std::string, double> us;  // of a layer's candidates, by their keys
    bool full = false;                 // of all that are worth it, well timed; else what the model left open
    std::set<std::string> ruled_out = {};  // keys of those that the model was sure not to time
};

/// How a whole program was chosen.
struct ProgramChoice {
    Options::Choice choice = Options::Choice::dense;
    int threads = 1;
    Layout images = Layout::row_major;
};

/// Layers and programs go by signatures, which tell whatever their time depends on.
class TuningTable {
  public:
    /// Null if the layer was not timed.
    const TrialTimes* layer(const std::string& signature) const;
    void set_layer(const std::string& signature, TrialTimes times) { layers_[signature] = std::move(times); }
    std::optional<ProgramChoice> program(const std::string& signature) const;
    void set_program(const std::string& signature, const ProgramChoice& choice) {
        programs_.insert_or_assign(signature, choice);
    }

    /// Of timing layers, for the plan that is being made.
    void begin_plan() { spent_us_ = 0; }
    double spent_us() const { return spent_us_; }
    void spend(double us) { spent_us_ += us; }

    /// Takes what the file has of this processor and this version of Espalier. Throws BadData for a file that
    /// is none of these.
    void read(const std::filesystem::path& path);
    /// Keeps what the file has of other processors.
    void write(const std::filesystem::path& path) const;

  private:
    std::map<std::string, TrialTimes> layers_;
    std::map<std::string, ProgramChoice> programs_;
    double spent_us_ = 0;
};

}  // namespace espalier::runtime
