#!/usr/bin/env python3
"""What calling from Python costs over calling from C++, and whether threads scale as they do there.

  PYTHONPATH=build/release/python tools/compare_python_cpp.py [--build build/release] [--seconds 0.5] [--rounds 9] [--json]

Two networks: LeNet-300-100 on one example (microseconds: the call itself shows) and ResNet-20 on one (a millisecond). Each
thread has a session of its own, of shared weights and one thread. The two languages take turns, so that a machine which is
busy for a while slows down both, and what a thread waited for a core does not count; printed are medians over the rounds, of
the fastest block of calls in each. Needs NumPy, a compiler, and libespalier.so in the build folder.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

import numpy

import espalier

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETWORKS = {"lenet-300-100": [1, 28, 28], "resnet-20": [3, 32, 32]}
BLOCK = 20  # calls between two looks at the clock where one call is measured

PROGRAM = r"""
#include <espalier/onnx.h>
#include <espalier/runtime.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;
using namespace espalier;

// Seconds that this thread has waited for a core.
double waited() {
    double ran = 0, waited = 0;
    std::ifstream("/proc/thread-self/schedstat") >> ran >> waited;
    return waited / 1e9;
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Caller {
    runtime::Session session;
    Tensor x, y;
    void operator()() {
        const TensorView in = x;
        const TensorSpan out = y;
        session.run({&in, 1}, {&out, 1});
    }
};

// PROGRAM MODEL SECONDS C H W: the time of one call in us, calls a second on one thread and on two.
int main(int, char** arguments) {
    auto session = runtime::compile(onnx::read(arguments[1]), {.threads = 1, .tuning = runtime::Options::Tuning::none});
    const double seconds = std::atof(arguments[2]);
    const Shape shape = {1, std::atoi(arguments[3]), std::atoi(arguments[4]), std::atoi(arguments[5])};
    const auto caller = [&] { return Caller{session.share(), Tensor(DType::f32, shape), Tensor(DType::f32, {1, 10})}; };
    std::vector<double> blocks;
    Caller one = caller();
    one();
    for (const auto start = Clock::now(); since(start) < seconds;) {
        const auto block = Clock::now();
        for (int i = 0; i < 20; ++i) one();
        blocks.push_back(since(block) * 1e6 / 20);
    }
    std::printf("%g", *std::min_element(blocks.begin(), blocks.end()));
    for (int threads : {1, 2}) {
        std::atomic<bool> stop{false};
        std::vector<double> rates(threads);
        std::vector<std::thread> all;
        for (double& rate : rates)
            all.emplace_back([&, own = caller()]() mutable {
                own();
                long calls = 0;
                const double before = waited();
                const auto start = Clock::now();
                for (; !stop; ++calls) own();
                rate = static_cast<double>(calls) / (since(start) - (waited() - before));
            });
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        stop = true;
        for (auto& thread : all) thread.join();
        std::printf(" %g", std::accumulate(rates.begin(), rates.end(), 0.0));
    }
}
"""


def build_program(build, folder):
    (folder / "caller.cpp").write_text(PROGRAM)
    program = folder / "caller"
    subprocess.run(["c++", "-std=c++20", "-O2", "-pthread", f"-I{ROOT}/include", f"-I{build}/include", folder / "caller.cpp", "-o",
                    program, f"-L{build}", "-lespalier", f"-Wl,-rpath,{build}"], check=True)
    return program


def time_of_call(session, x, seconds):
    """In microseconds."""
    blocks = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(BLOCK):
            session(x)
        blocks.append((time.perf_counter() - start) * 1e6 / BLOCK)
    return min(blocks)


def waited():
    """Seconds that this thread has waited for a core."""
    return int(pathlib.Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def calls_a_second(session, x, threads, seconds):
    stop = threading.Event()
    rates = []

    def work(own):
        own(x)
        done, before, start = 0, waited(), time.perf_counter()
        while not stop.is_set():
            own(x)
            done += 1
        rates.append(done / (time.perf_counter() - start - (waited() - before)))

    workers = [threading.Thread(target=work, args=(session.share(),)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    return sum(rates)


def measure(name, program, folder, options):
    path = folder / f"{name}.onnx"
    shape = NETWORKS[name]
    espalier.model(name, example_shape=shape).save(path)
    session = espalier.compile(espalier.load(path), threads=1, tuning="none")
    x = numpy.zeros((1, *shape), numpy.float32)
    rounds = []
    for _ in range(options.rounds):
        said = subprocess.run([program, path, str(options.seconds), *map(str, shape)], check=True, capture_output=True, text=True).stdout
        cpp = [float(number) for number in said.split()]
        python = [time_of_call(session, x, options.seconds), calls_a_second(session, x, 1, options.seconds),
                  calls_a_second(session, x, 2, options.seconds)]
        rounds.append((cpp, python))

    def median(of):
        return statistics.median(of(cpp, python) for cpp, python in rounds)

    return {"network": name, "cpp_us": median(lambda cpp, _: cpp[0]), "python_us": median(lambda _, python: python[0]),
            "overhead_us": median(lambda cpp, python: python[0] - cpp[0]), "cpp_scaling": median(lambda cpp, _: cpp[2] / cpp[1]),
            "python_scaling": median(lambda _, python: python[2] / python[1]),
            "scaling_ratio": median(lambda cpp, python: (python[2] / python[1]) / (cpp[2] / cpp[1]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each number in a round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        program = build_program(options.build.resolve(), pathlib.Path(scratch))
        results = [measure(name, program, pathlib.Path(scratch), options) for name in NETWORKS]
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        print("{network:14} a call: C++ {cpp_us:8.1f} us, Python {python_us:8.1f} us; two threads over one: C++ {cpp_scaling:.2f}, "
              "Python {python_scaling:.2f}, ratio {scaling_ratio:.2f}".format(**result))
    # Where a call takes a millisecond, what the machine does beside it hides a few microseconds.
    print("{network}: a call from Python costs {overhead_us:.1f} us more".format(**results[0]))


if __name__ == "__main__":
    main()
