// What criteria read, and in which mode it is taken.
#include "prune/request/signal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "prune/criterion.h"

namespace espalier::prune {
namespace {

TEST(Signals, AreNamedAndEveryCriterionSaysWhatItNeeds) {
    const std::map<std::string, std::vector<std::string_view>> expected = {
        {"batch-norm-scale", {"batch-norm-scale"}},
        {"fisher", {"squared-gradient"}},
        {"fpgm", {}},
        {"gradient", {"gradient"}},
        {"grasp", {"hessian-gradient"}},
        {"magnitude", {}},
        {"magnitude-increase", {"initial-weight"}},
        {"movement", {"movement"}},
        {"random", {}},
        {"ria", {"input-norm", "input-sum", "output-sum"}},
        {"snip", {"gradient"}},
        {"synflow", {"flow"}},
        {"taylor", {"gradient"}},
        {"wanda", {"input-norm"}},
        {"weight-and-gradient", {"gradient"}}};
    for (const Criterion* criterion : criteria()) {
        const auto found = expected.find(std::string(criterion->name));
        ASSERT_NE(found, expected.end()) << criterion->name << " has no independent check here";
        const std::span<const std::string_view> needs = signals_needed(criterion->name);
        EXPECT_EQ(std::vector<std::string_view>(needs.begin(), needs.end()), found->second);
    }
    EXPECT_EQ(criteria().size(), expected.size());
    EXPECT_EQ(signals().get("input-norm").noun, "input norm");
    EXPECT_EQ(signals().get("flow").noun, "synaptic flow");
}

TEST(Signals, EveryCriterionSaysInWhichModeTheyAreTaken) {
    const std::set<std::string_view> of_a_run = {"gradient", "squared-gradient", "hessian-gradient",
                                                 "input-norm", "flow"};
    for (const Criterion* criterion : criteria()) {
        ASSERT_NE(criterion->signals_mode, SignalsMode::unset) << criterion->name;
        const bool runs = std::ranges::any_of(
            criterion->needs, [&](const std::string_view signal) { return of_a_run.contains(signal); });
        EXPECT_EQ(criterion->signals_mode != SignalsMode::none, runs) << criterion->name;
    }
    EXPECT_EQ(criteria().get("grasp").signals_mode, SignalsMode::training);
    EXPECT_EQ(criteria().get("grasp").temperature, 200);
    EXPECT_EQ(criteria().get("gradient").signals_mode, SignalsMode::training);
    for (const char* name : {"snip", "synflow", "taylor", "fisher"})
        EXPECT_EQ(criteria().get(name).signals_mode, SignalsMode::evaluation) << name;
}

}  // namespace
}  // namespace espalier::prune
