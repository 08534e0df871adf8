#include "runtime/execute/program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace espalier::runtime {
namespace {

/// Computes nothing that is known before a run.
class Unpredictable final : public Kernel {
  public:
    bool depends_on_data() const override { return true; }
    void run(std::span<const Operand>, std::span<const Result>, std::byte*) override {
        ADD_FAILURE() << "was run";
    }
};

/// Keeps what it read.
class Observer final : public Kernel {
  public:
    explicit Observer(std::vector<float>& seen) : seen_(seen) {}
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        std::copy_n(inputs[0].f32(), seen_.size(), seen_.begin());
        std::fill_n(outputs[0].f32(), seen_.size(), 1.0F);
    }

  private:
    std::vector<float>& seen_;
};

TEST(Program, RehearsesOnZerosBehindWhatDependsOnData) {
    std::vector<float> seen(16, -1.0F);
    constexpr std::size_t kBytes = 16 * sizeof(float);
    Program program;
    const auto input = program.add_input(0, DType::f32);
    const auto middle = program.add_buffer(kBytes, DType::f32);
    const auto output = program.add_buffer(kBytes, DType::f32);
    program.add_step(std::make_shared<Unpredictable>(), {input}, {middle});
    program.add_step(std::make_shared<Observer>(seen), {middle}, {output});
    program.add_output(0, output, kBytes);
    program.finish();

    const std::vector<float> x(16, 1.0F);
    std::vector<float> y(16);
    std::vector<float> memory(program.arena_bytes() / sizeof(float),
                              std::numeric_limits<float>::denorm_min());
    const std::byte* const inputs[] = {reinterpret_cast<const std::byte*>(x.data())};
    std::byte* const outputs[] = {reinterpret_cast<std::byte*>(y.data())};
    program.rehearse(inputs, outputs, reinterpret_cast<std::byte*>(memory.data()));
    EXPECT_EQ(seen, std::vector<float>(16, 0.0F));
    EXPECT_EQ(y, std::vector<float>(16, 1.0F));
}

TEST(Program, FindsAReadBeforeTheWrite) {
    std::vector<float> seen(16);
    Program program;
    const auto early = program.add_buffer(64, DType::f32);
    const auto late = program.add_buffer(64, DType::f32);
    program.add_step(std::make_shared<Observer>(seen), {early}, {late});
    program.add_output(0, late, 64);
    program.finish();
    EXPECT_THROW(program.verify(), InternalError);
}

}  // namespace
}  // namespace espalier::runtime
