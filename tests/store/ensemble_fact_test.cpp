#include "store/tables/ensemble_fact.h"

#include <gtest/gtest.h>

namespace espalier::store {
namespace {

TEST(EnsembleFact, ComesBackAsItWas) {
    const EnsembleFact level{
        .level = 12, .members = 3, .accuracy = 0.9012, .members_accuracy = 0.88, .loss = 0.31};
    const EnsembleFact replicate{
        .level = -1, .replicate = 2, .members = 5, .accuracy = 0.91, .members_accuracy = 0.89, .loss = 0.3};
    std::map<std::string, std::string> facts{{"ensemble level one", "3 0.9 0.8 0.3"},
                                             {"ensemble level 3", "many"},
                                             {"ensembles of", "abc"},
                                             {"network", "lenet-5"}};
    for (const EnsembleFact& one : {replicate, level}) facts.insert(to_fact(one));
    EXPECT_EQ(to_fact(level).first, "ensemble level 12");
    EXPECT_EQ(ensembles_of(facts), (std::vector<EnsembleFact>{level, replicate}));
}

}  // namespace
}  // namespace espalier::store
