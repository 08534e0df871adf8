#!/usr/bin/env python3
"""What calling from Python costs over calling from C++, and whether threads scale as they do there.

  PYTHONPATH=build/release/python tools/compare_python_cpp.py [--build build/release] [--seconds 0.5] [--rounds 9] [--json]

Two networks: LeNet-300-100 on one example (microseconds: the call itself shows) and ResNet-20 on one (a millisecond). Each
thread has a session of its own, of shared weights and one thread. The two languages take turns, so that a machine which is
busy for a while slows down both; printed are medians over the rounds. The overhead is that of the fastest 10 % of blocks of
100 calls. Needs NumPy, a compiler, and libespalier.so in the build folder.
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
BLOCK = 100  # calls between two looks at the clock where one call is measured

PROGRAM = r"""
#include <espalier/onnx.h>
#include <espalier/runtime.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;
using namespace espalier;

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
        for (int i = 0; i < 100; ++i) one();
        blocks.push_back(since(block) * 1e4);
    }
    std::sort(blocks.begin(), blocks.end());
    std::printf("%g", blocks[blocks.size() / 10]);
    for (int threads : {1, 2}) {
        std::atomic<bool> stop{false};
        std::atomic<long> calls{0};
        std::vector<std::thread> all;
        for (int i = 0; i < threads; ++i)
            all.emplace_back([&, own = caller()]() mutable {
                own();
                while (!stop) own(), ++calls;
            });
        const auto start = Clock::now();
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        stop = true;
        for (auto& thread : all) thread.join();
        std::printf(" %g", static_cast<double>(calls) / since(start));
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
    return sorted(blocks)[len(blocks) // 10]


def calls_a_second(session, x, threads, seconds):
    stop = threading.Event()
    counts = [0] * threads

    def work(index, own):
        own(x)
        done = 0
        while not stop.is_set():
            own(x)
            done += 1
        counts[index] = done

    workers = [threading.Thread(target=work, args=(i, session.share())) for i in range(threads)]
    for worker in workers:
        worker.start()
    start = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - start)


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
        print("{network:14} a call: C++ {cpp_us:8.1f} us, Python {python_us:8.1f} us, overhead {overhead_us:5.1f} us; two threads "
              "over one: C++ {cpp_scaling:.2f}, Python {python_scaling:.2f}, ratio {scaling_ratio:.2f}".format(**result))


if __name__ == "__main__":
    main()
