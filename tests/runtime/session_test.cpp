#include <gtest/gtest.h>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/networks.h"
#include "runtime/plain.h"

namespace espalier {
namespace {

using runtime::Options;
using runtime::Session;
using test::perceptron;
using test::random_tensor;

TEST(Session, RunsAPerceptronAtAnyBatch) {
    const Graph graph = perceptron({37, 50, 30, 10});
    Session session = runtime::compile(graph, {.threads = 1});
    for (const std::int64_t batch : {1, 3, 16, 63, 64, 65, 128, 3}) {
        const NamedTensors inputs{{"x", random_tensor({batch, 37}, "x")}};
        const auto outputs = session.run(inputs);
        ASSERT_EQ(outputs.size(), 1U);
        test::expect_near(outputs[0], test::run_plainly(graph, inputs).at("softmax"), 1e-5);
    }
}

}  // namespace
}  // namespace espalier
