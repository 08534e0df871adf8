// Choosing what to cut. plan() is a pure function of its inputs: same request, same masks, whatever the
// number of threads. The four questions: granularity (what), criterion (how), scope (where), and, through
// repeated calls with the previous masks, schedule and rounds (when, how often). docs/pruning.md teaches them
// in a page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/mask.h"
#include "espalier/tensor.h"
#include "espalier/weight_form.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::prune {

/// Numbers about a weight, by the name of the signal (`espalier list signals`): "gradient", "input-norm", ...
using Signals = std::map<std::string, std::span<const float>, std::less<>>;

/// One prunable weight and the signals that criteria may ask for. A criterion declares what it reads
/// (signals_needed); the rest may be left out.
struct Candidate {
    std::string name = {};
    Shape shape = {};
    std::span<const float> weight = {};
    Signals signals = {};
    /// Multiply-adds that one element of this weight costs for one example: 1 in a fully connected layer, the
    /// number of output positions in a convolution. Read by targets in MACs.
    double macs_per_element = 1;
    /// Dimension of the shape that counts outputs: 0 in Gemm with transB and in Conv, 1 in MatMul and in
    /// transposed convolutions, whose first dimension counts inputs. Of form.shape where that is given.
    int output_axis = 0;
    /// Where the shape alone does not say how the weight is a matrix. Signals of elements lie as the tensor's
    /// own.
    WeightForm form = {};

    /// Empty if it is not given.
    std::span<const float> signal(std::string_view signal_name) const;
};

/// Names of the signals to collect before plan() is asked for this criterion. Throws InvalidArgument on an
/// unknown one.
std::span<const std::string_view> signals_needed(std::string_view criterion);

/// The candidates of a network without signals: tensors of f32 with two dimensions or more. Biases and
/// normalisation parameters stay out unless they are named. Throws InvalidArgument on a name that is not
/// there.
std::vector<Candidate> candidates(const Weights& weights, std::span<const std::string> named = {});

/// How much to cut. Exactly one is set, but for granularity N:M and scope "explicit", which need none.
struct Target {
    /// Share of all prunable weights that is zero afterwards, in [0, 1).
    std::optional<double> sparsity = {};
    /// Share of the weights now left that is cut in this round, in [0, 1).
    std::optional<double> rate = {};
    /// Number of weights kept.
    std::optional<std::int64_t> weights = {};
    /// Share of multiply-adds kept, in (0, 1].
    std::optional<double> macs = {};
};

/// One measurement for scope "sensitivity": this layer alone cut to `sparsity` leaves the network at `loss`
/// (a loss or an error: larger is worse).
struct SensitivityPoint {
    double sparsity = 0;
    double loss = 0;
    double accuracy = 0;  // for people; the scope does not read it
};
/// Points by weight name, sparsity ascending from 0.
using Sensitivity = std::map<std::string, std::vector<SensitivityPoint>>;

/// The table as a file, CSV with the header "layer,sparsity,loss,accuracy". Throws IoError, and BadData
/// naming the line.
Sensitivity read_sensitivity(const std::filesystem::path& path);
void write_sensitivity(const std::filesystem::path& path, const Sensitivity& table);

struct Request {
    std::vector<Candidate> weights;
    /// What is already pruned stays pruned. nullptr: nothing is.
    const MaskSet* current = nullptr;

    /// With arguments where it takes some: "2:4", "block 4x1", "vector 1x8", "head 12".
    std::string granularity = "element";
    std::string criterion = "magnitude";
    /// How a unit's score is made of its weights' scores: l1, l2, mean, max.
    std::string unit_norm = "l1";
    std::string scope = "global";
    Target target;

    /// Own rate (with Target::rate) or own sparsity of single layers, by weight name; '*' stands for any
    /// characters. Scopes layer-wise and explicit.
    std::map<std::string, double> layer_targets;
    Sensitivity sensitivity;  // scope "sensitivity"
    std::int64_t floor = 1;   // units every layer keeps at least
    std::uint64_t seed = 0;   // random criterion
    int threads = 0;          // 0: all cores; the result does not depend on it
};

/// What became of one weight, or of one part of it that is a matrix of its own.
struct LayerPlan {
    std::string name;        // of a part: "lstm.W[forward i]"
    std::int64_t count = 0;  // weights
    std::int64_t kept = 0;
    std::int64_t units = 0;
    std::int64_t units_kept = 0;  // with at least one weight
};

struct Plan {
    MaskSet masks;
    /// One line for each layer that hit its floor, and the like; never empty silently.
    std::vector<std::string> notes;
    /// In the order of the request. Their counts are the denominator of every share.
    std::vector<LayerPlan> layers;
};

/// Exact: a layer (layer-wise) or the network (global) of n weights left, cut at rate p, loses floor(p * n)
/// of them, never more, where p is read as the decimal its writer meant (0.29 of 100 is 29). Units of several
/// weights go, least score first, as long as the next one fits into that number. Ties go by position: the
/// earlier one is kept. Parts of a weight (WeightForm::parts) are layers of their own; layer_targets names
/// them as LayerPlan does, or all by the weight's name. Masks of request.current for other weights are handed
/// on as they are. Throws InvalidArgument.
Plan plan(const Request& request);

/// How often: what round `round` (from 1) of how many cuts.
struct RoundSettings {
    std::string spacing = "geometric";  // one-shot, geometric, linear
    std::int64_t rounds = 1;
    std::optional<double> rate = {};      // cut each round, of what is left; or:
    std::optional<double> sparsity = {};  // reached after the last round
};
/// Throws InvalidArgument unless 1 <= round <= rounds and one of rate and sparsity is set.
Target round_target(const RoundSettings& settings, std::int64_t round);

/// Rounds without training in between (SynFlow takes 100). `refresh` brings the signals of `request.weights`
/// up to date with `request.current` before each round. Notes are those of the last one.
Plan plan_in_rounds(Request request, const RoundSettings& settings,
                    const std::function<void(Request& request)>& refresh);

/// When: what a schedule asks for after `step` training steps.
struct ScheduleSettings {
    std::string schedule = "after-training";
    std::int64_t steps = 0;       // of the whole training
    double sparsity = 0;          // at the end
    double initial_sparsity = 0;  // agp: at `begin`
    std::int64_t begin = 0;       // agp, rigl, set: first step of pruning
    std::int64_t end = 0;         // their last; 0: three quarters of the steps
    std::int64_t every = 100;     // steps between
    double drop_fraction = 0.3;   // rigl, set: share of the weights left that moves, before decay
    std::string decay = "";       // of the drop fraction: constant, cosine, linear; "": the schedule's own
};
struct Action {
    enum class Kind : std::uint8_t { none, cut, regrow } kind = Kind::none;
    double sparsity = 0;                  // cut: plan() to this, with the current masks
    double drop_fraction = 0;             // regrow, or after a cut: regrow() with this,
    std::string_view growth = {};         // and the criterion that chooses what grows
    bool by_sign = false;                 // regrow: RegrowRequest::by_sign
    std::string_view drop = "magnitude";  // regrow: the criterion that chooses what is dropped
    bool fan_in = false;                  // regrow: RegrowRequest::fan_in
};
/// Throws InvalidArgument on settings that do not make sense. `step` runs from 0 (before training) to
/// `steps`.
Action action_at(const ScheduleSettings& settings, std::int64_t step);

/// Dynamic sparse training: each layer drops floor(drop_fraction * weights left) of its weights by `drop` and
/// grows as many of those not left by `growth`, so that counts stay. A weight may be dropped and grown at
/// once.
struct RegrowRequest {
    std::vector<Candidate> weights;
    const MaskSet* current = nullptr;  // needed
    double drop_fraction = 0.3;
    std::string drop = "magnitude";
    std::string growth = "gradient";  // RigL; "random": SET
    /// Of positive weights (and zeros) the share goes, and of negative ones (SET).
    bool by_sign = false;
    /// Every output that is left keeps as many weights as every other of its layer, and outputs that hold few
    /// of the best go (SRigL, src/prune/apply/fan_in.h). A layer that had n weights and is left with o
    /// outputs has o floor(n / o), or all weights of these outputs where those are fewer.
    bool fan_in = false;
    std::vector<std::string> all_outputs = {};  // fan_in: weights of which no output goes
    std::uint64_t seed = 0;                     // of random growth: another one each time
    int threads = 0;
};
/// What is new is `result - *current`: set those weights and their optimiser state to zero.
MaskSet regrow(const RegrowRequest& request);

/// SynFlow's signal for a plain chain of fully connected layers, in order from input to output: dR/d|w| for
/// R = 1' |W_L| ... |W_1| 1 over what `masks` keeps (nullptr: everything), divided by R so that no depth
/// overflows. Anything with convolutions, residuals or pooling needs the trainer, which runs the network on
/// |w| and ones. Throws InvalidArgument if the shapes do not chain.
std::vector<std::vector<float>> chain_flow(std::span<const Candidate> layers, const MaskSet* masks);

}  // namespace espalier::prune

#pragma GCC visibility pop
