#!/usr/bin/env python3
"""Writes down speech with whisper, greedily, in ONNX Runtime and in Espalier, prunes both networks, and writes it down again.

Takes the program and the folder that tools/export_whisper.py wrote. Speaks a sentence with espeak-ng, or takes a file. Prints how far the
encoder's states and the logits of every step are from ONNX Runtime's (largest difference over the largest value), both texts, and
whether their tokens are the same; and of every criterion what became of the text. What criteria with calibration see are other sentences,
in other voices, and what the dense network made of them. Fails where the two programs differ, or the text changes by the cut.

  tools/check_whisper.py build/release/bin/espalier whisper
  tools/check_whisper.py build/release/bin/espalier whisper --wav speech.wav --criteria magnitude wanda sparsegpt --sparsity 0.6

Every step is a process of its own, which reads the network first: a second or two each. --package takes the Python package instead
(PYTHONPATH=build/release/python), in milliseconds. Needs numpy and onnxruntime, and espeak-ng."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import wave

import numpy
import onnxruntime

RATE = 16000
SECONDS = 30
WINDOW, HOP, BANDS = 400, 160, 80
PROMPT = [50258, 50259, 50359, 50363]  # start of transcript, English, transcribe, no timestamps
END = 50257
ALLOWED = 1e-3
UNCALIBRATED = {"magnitude", "random", "fpgm"}
TEXT = "The captain looked at the dark clouds and told his crew to turn the ship around."
VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb+m4", "en-gb-scotland", "en-us+f5")
# Calibration: none of them shares more than common words with the sentence above.
SENTENCES = (
    "My sister bought three loaves of bread and a jar of honey at the market.",
    "Please remember to water the plants in the kitchen before you leave for work.",
    "The train to the city was twenty minutes late because of heavy snow.",
    "Nobody in the village could explain where the strange music came from.",
    "We should meet again next Thursday to talk about the budget for the new school.",
    "The doctor told him to rest, drink plenty of water, and call if the fever came back.",
    "A group of students built a small robot that can sort apples by their colour.",
    "In the evening, the children listened to their grandfather's stories by the fire.",
    "I have never seen so many birds in the garden as I did this morning.",
    "The company will open an office in Berlin and hire about fifty engineers.",
    "Could you tell me how to get to the nearest post office from here?",
    "She plays the violin every day, but she is too shy to play for other people.",
    "It is cheaper to repair the bicycle than to buy a new one.",
    "The government promised to lower taxes, yet prices have gone up since January.",
    "His first novel was translated into eleven languages and sold a million copies.",
    "Take the second road on the left, and you will find the museum behind the church.",
    "Scientists have measured how quickly the ice in the north is melting.",
    "When the lights went out, everybody in the theatre started to laugh.",
    "The recipe asks for two eggs, a cup of flour, and a little salt.",
    "If you want to learn how to swim, you have to get into the water.",
    "They painted the front door green and planted roses along the fence.",
    "A good teacher asks questions that make people think for themselves.",
    "The meeting was moved to half past nine, so nobody had time for breakfast.",
    "Our neighbour keeps bees and gives us a bottle of honey every summer.")


def read_wav(path):
    """Samples from -1 to 1, at the rate that the network takes, of at most 30 s."""
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path}: {8 * file.getsampwidth()} bits a sample, expected 16")
        rate, channels = file.getframerate(), file.getnchannels()
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).mean(axis=1) / 2 ** 15
    count = round(len(samples) * RATE / rate)
    if rate != RATE:  # all at once: frequencies that the new rate cannot hold are left out, and those between are as they were
        samples = numpy.fft.irfft(numpy.fft.rfft(samples)[:count // 2 + 1], count) * count / len(samples)
    return samples[:RATE * SECONDS]


def speak(text, path, voice="en-us", speed=150):
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), text], check=True)
    return read_wav(path)


def mel_filters():
    """Triangles over the spectrum, even on Slaney's scale: linear up to 1000 Hz, logarithmic above; each of area 1."""
    step, break_hz = 200 / 3, 1000
    break_mel, log_step = break_hz / step, numpy.log(6.4) / 27
    highest = break_mel + numpy.log(RATE / 2 / break_hz) / log_step
    mels = numpy.linspace(0, highest, BANDS + 2)
    edges = numpy.where(mels < break_mel, mels * step, break_hz * numpy.exp(log_step * (mels - break_mel)))
    bins = numpy.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (bins[None] - edges[:-2, None]) / numpy.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None]) / numpy.diff(edges)[1:, None]
    return numpy.maximum(0, numpy.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])[:, None]


def mel_of(samples):
    """[1, 80, 3000], as the network was trained: what is too quiet by 80 dB counts as that."""
    padded = numpy.zeros(RATE * SECONDS)
    padded[:len(samples)] = samples
    frames = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(padded, WINDOW // 2, mode="reflect"), WINDOW)[::HOP]
    hann = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(WINDOW) / WINDOW)
    power = numpy.abs(numpy.fft.rfft(frames[:-1] * hann)) ** 2
    levels = numpy.log10(numpy.maximum(mel_filters() @ power.T, 1e-10))
    return ((numpy.maximum(levels, levels.max() - 8) + 4) / 4)[None].astype(numpy.float32)


class Words:
    """Texts of tokens: each is written with a letter for each byte, printable ones as themselves."""

    def __init__(self, folder):
        self.words = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in plain]
        self.bytes = {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}

    def text(self, tokens):
        written = "".join(self.words[token] for token in tokens if token < END)
        return bytes(self.bytes[letter] for letter in written).decode(errors="replace").strip()


class OnnxRuntime:
    name = "ONNX Runtime"

    def __init__(self, model, _):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]

    def run(self, inputs):
        return dict(zip(self.names, self.session.run(self.names, inputs)))


class Package:
    name = "Python package"

    def __init__(self, model, _):
        import espalier  # only where it is asked for: it may not be built
        self.session = espalier.compile(espalier.load(model), threads=1)

    def run(self, inputs):
        return self.session.run(inputs)


class Program:
    name = "Espalier"

    def __init__(self, model, args):
        self.model, self.program = model, args.espalier

    def run(self, inputs):
        with tempfile.TemporaryDirectory() as folder:
            given, got = pathlib.Path(folder) / "in.npz", pathlib.Path(folder) / "out.npz"
            numpy.savez(given, **inputs)
            call(self.program, "run", self.model, "--input", given, "--output", got, "--threads", 1)
            return dict(numpy.load(got))


def call(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(" ".join(map(str, words)) + "\n" + (result.stderr.strip() or f"exit code {result.returncode}"))
    return result.stdout


class Writer:
    """Both networks in one of the programs."""

    def __init__(self, runner, encoder, decoder, args):
        self.name = runner.name
        self.encoder, self.decoder = runner(encoder, args), runner(decoder, args)
        config = json.loads((args.folder / "config.json").read_text(encoding="utf-8"))
        self.never, self.not_first = config["suppress_ids"], config["suppress_ids_begin"]
        self.most = args.most

    def first_inputs(self, encoded, tokens):
        cross = {name: values for name, values in encoded.items() if name.startswith("cross_")}
        past = {name.replace("cross_", "past_"): numpy.zeros_like(values[:, :, :0]) for name, values in cross.items()}
        return {"tokens": numpy.array([tokens], numpy.int64), **past, **cross}

    def next_inputs(self, inputs, outputs, tokens):
        past = {"past_" + name: values for name, values in outputs.items() if name != "logits"}
        return inputs | past | {"tokens": numpy.array([tokens], numpy.int64)}

    def write(self, mel):
        """Tokens, the encoder's states, the logits of all steps, and seconds of the encoder and of a step."""
        start = time.perf_counter()
        encoded = self.encoder.run({"mel": mel})
        encoder_seconds = time.perf_counter() - start
        inputs = self.first_inputs(encoded, PROMPT)
        tokens, logits = [], []
        start = time.perf_counter()
        while len(tokens) < self.most and END not in tokens:
            outputs = self.decoder.run(inputs)
            logits.append(outputs["logits"][0, -1])
            left = logits[-1].copy()
            left[self.never + (self.not_first if not tokens else [])] = -numpy.inf
            tokens.append(int(left.argmax()))
            inputs = self.next_inputs(inputs, outputs, tokens[-1:])
        step_seconds = (time.perf_counter() - start) / len(logits)
        return {"tokens": tokens, "states": encoded["states"], "logits": logits, "encoder": encoder_seconds, "step": step_seconds}


def error_of(got, expected):
    return float(numpy.abs(got - expected).max() / numpy.abs(expected).max())


def compare(args, encoder, decoder, mel, words):
    """Prints what both programs make of the speech. Gives ONNX Runtime's tokens, and whether Espalier agrees."""
    ours = Package if args.package else Program
    results = {}
    for runner in (OnnxRuntime, ours):
        results[runner.name] = result = Writer(runner, encoder, decoder, args).write(mel)
        print(f"  {runner.name + ':':15} \"{words.text(result['tokens'])}\" ({len(result['tokens'])} tokens, "
              f"encoder {result['encoder']:.2f} s, a step {1000 * result['step']:.0f} ms)", flush=True)
    expected, got = results.values()
    states = error_of(got["states"], expected["states"])
    # Steps behind the first token that differs have other inputs, so there is nothing to compare.
    same = next((i for i, pair in enumerate(zip(got["tokens"], expected["tokens"])) if pair[0] != pair[1]), len(got["tokens"]) - 1)
    logits = max(error_of(*pair) for pair in zip(got["logits"][:same + 1], expected["logits"][:same + 1]))
    equal = got["tokens"] == expected["tokens"]
    print(f"  states differ by {states:.1e}, logits by {logits:.1e} at most, tokens {'equal' if equal else 'DIFFER'}", flush=True)
    return expected["tokens"], equal and max(states, logits) <= ALLOWED


def calibrate(args, folder):
    """Inputs of both networks, of sentences one by one and up to four in a row: an archive each, of all tokens at once but the
    first, which is their past. It begins every text: among the rows that are fitted it changes a letter of the transcript."""
    writer = Writer(OnnxRuntime, args.folder / "encoder.onnx", args.folder / "decoder.onnx", args)
    for side in ("encoder", "decoder"):
        (folder / side).mkdir()
    random = numpy.random.default_rng(args.seed)
    count = 0
    for i in range(args.clips):
        text = " ".join(random.choice(SENTENCES, i % 4 + 1, replace=False))
        mel = mel_of(speak(text, folder / "speech.wav", VOICES[i % len(VOICES)], int(random.integers(120, 180))))
        encoded = writer.encoder.run({"mel": mel})
        tokens = PROMPT + writer.write(mel)["tokens"][:-1]
        count += len(tokens)
        numpy.savez(folder / "encoder" / f"{i:03}.npz", mel=mel)
        first = writer.first_inputs(encoded, tokens[:1])
        numpy.savez(folder / "decoder" / f"{i:03}.npz", **writer.next_inputs(first, writer.decoder.run(first), tokens[1:]))
    print(f"calibration: {args.clips} recordings, {count} tokens", flush=True)


def prune(args, criterion, folder):
    """Both networks cut alike, layer by layer; prints how far the outputs are off where there is data to tell by."""
    pruned = []
    for side in ("encoder", "decoder"):
        output = folder / f"{side}-{criterion}.onnx"
        words = ["--criterion", criterion, "--scope", "layer-wise", "--sparsity", args.sparsity, "-o", output, "--json"]
        if criterion not in UNCALIBRATED:
            words += ["--calibrate", folder / side]
        made = json.loads(call(args.espalier, "prune", args.folder / f"{side}.onnx", *words))
        if made["output_relative_error"] is not None:
            print(f"  {side}: outputs {100 * made['output_relative_error']:.1f} % off over the calibration data", flush=True)
        pruned.append(output)
    return pruned


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("espalier", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--text", default=TEXT, help="what espeak-ng says")
    parser.add_argument("--wav", type=pathlib.Path, help="a file instead, of 16 bits and at most 30 s")
    parser.add_argument("--sparsity", default="0.5")
    parser.add_argument("--criteria", nargs="*", default=["sparsegpt"], help="none: compare the dense networks alone")
    parser.add_argument("--clips", type=int, default=24, help="recordings to calibrate with")
    parser.add_argument("--most", type=int, default=120, help="tokens of a text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--package", action="store_true", help="run in the Python package instead of the program")
    args = parser.parse_args()
    words = Words(args.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        mel = mel_of(read_wav(args.wav) if args.wav else speak(args.text, folder / "speech.wav"))
        print("dense")
        before, right = compare(args, args.folder / "encoder.onnx", args.folder / "decoder.onnx", mel, words)
        if set(args.criteria) - UNCALIBRATED:
            calibrate(args, folder)
        for criterion in args.criteria:
            print(f"{criterion}, sparsity {args.sparsity}", flush=True)
            after, agree = compare(args, *prune(args, criterion, folder), mel, words)
            print(f"  tokens {'are those of' if after == before else 'are NOT those of'} the dense network")
            right = right and agree and after == before
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
