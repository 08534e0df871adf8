#!/usr/bin/env python3
"""What one-shot pruning costs a sentence encoder: Spearman's rank correlation with human judgements, by method and sparsity.

Takes an encoder (inputs `input_ids`, and the masks and types that BERT has; tools/export_encoder.py makes one), its `tokenizer.json`,
and the folder `data/sts` of the public repository brmson/dataset-sts. Calibrates on training pairs of STS 2012 and SICK, judges
test pairs of STS 2014 and 2015 and of SICK, each sentence alone, without padding. Prints a table row by row and writes all
figures as JSON. Fails where SparseGPT at 50 % loses more than a point, ALPS has a larger error than SparseGPT from 70 % on, or a
method a larger one than magnitude, layer by layer. Needs numpy, onnx and tokenizers.

  tools/check_one_shot.py minilm.onnx tokenizer.json dataset-sts/data/sts --json results.json
"""

import argparse
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import onnx
import tokenizers

METHODS = ("magnitude", "wanda", "sparsegpt", "alps")
OTHERS = ("fisher", "ria")  # by --methods
CUTS = {"50 %": ["--sparsity", "0.5"], "60 %": ["--sparsity", "0.6"], "70 %": ["--sparsity", "0.7"],
        "80 %": ["--sparsity", "0.8"], "2:4": ["--granularity", "2:4"],
        "4x1, 50 %": ["--granularity", "4x1", "--sparsity", "0.5"]}
SCOPES = ("layer-wise", "owl")
MOST_TOKENS = 128


def sts_pairs(folder, years, split):
    pairs = []
    for path in sorted(path for year in years for path in (folder / "semeval-sts" / year).glob(f"*.{split}.tsv")):
        for line in path.read_text().splitlines():
            score, *sentences = line.split("\t")
            if score and len(sentences) >= 2:
                pairs.append((sentences[0], sentences[1], float(score)))
    return pairs


def sick_pairs(folder, name):
    with (folder / "sick2014" / name).open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["sentence_A"], row["sentence_B"], float(row["relatedness_score"])) for row in rows]


class Writer:
    """Sentences as the archives that the program reads."""

    def __init__(self, tokenizer, inputs):
        self.inputs = inputs
        self.tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)

    def write(self, path, rows):
        ids = numpy.array(rows, numpy.int64)
        arrays = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        numpy.savez(path, **{name: arrays[name] for name in self.inputs})

    def tokens(self, sentence):
        return self.tokenizer.encode(sentence).ids

    def by_length(self, folder, sentences):
        """One archive for each length."""
        folder.mkdir()
        lengths = {}
        for sentence in sentences:
            row = self.tokens(sentence)
            lengths.setdefault(len(row), []).append(row)
        for length, rows in lengths.items():
            self.write(folder / f"{length:03}.npz", rows)

    def in_order(self, folder, pairs):
        """One archive for each sentence, and the judgements of pairs."""
        folder.mkdir()
        for i, sentence in enumerate(sentence for pair in pairs for sentence in pair[:2]):
            self.write(folder / f"{i:06}.npz", [self.tokens(sentence)])
        numpy.save(folder.with_suffix(".npy"), numpy.array([pair[2] for pair in pairs], numpy.float32))


def read_json(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return json.loads(done.stdout)


class Check:
    def __init__(self, arguments, folder):
        self.program, self.model, self.folder = arguments.program, arguments.model, folder
        self.arguments = arguments
        random.seed(1)
        graph = onnx.load(arguments.model, load_external_data=False).graph
        writer = Writer(arguments.tokenizer, [entry.name for entry in graph.input])
        train = sts_pairs(arguments.data, ["2012"], "train") + sick_pairs(arguments.data, "SICK_train.txt")
        sentences = [sentence for pair in train for sentence in pair[:2]]
        writer.by_length(folder / "calibration", random.sample(sentences, arguments.sentences))
        self.tests = {"STS": sts_pairs(arguments.data, ["2014", "2015"], "test"),
                      "SICK": sick_pairs(arguments.data, "SICK_test_annotated.txt")}
        for name, pairs in self.tests.items():
            writer.in_order(folder / name, random.sample(pairs, min(arguments.pairs, len(pairs))))

    def spearman(self, model):
        result = {}
        for name in self.tests:
            run = read_json([self.program, "run", model, "--input", self.folder / name, "--expected",
                             self.folder / f"{name}.npy", "--metric", "spearman", "--json"])
            result[name] = run["metrics"]["spearman"]
        return result

    def cut(self, method, options, scope):
        pruned = self.folder / "pruned.onnx"
        made = read_json([self.program, "prune", self.model, "--criterion", method, *options, "--scope", scope, "--calibrate",
                          self.folder / "calibration", "-o", pruned, "--json"])
        return {"error": made["output_relative_error"], **self.spearman(pruned)}

    def rows(self):
        """Yields (cut, method, {scope: figures}); a pattern leaves nothing to allocate."""
        for cut in self.arguments.cuts:
            for method in self.arguments.methods:
                scopes = SCOPES if ":" not in cut else SCOPES[:1]
                yield cut, method, {scope: self.cut(method, CUTS[cut], scope) for scope in scopes}


def line(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def figures(cell):
    return [f"{100 * cell['error']:.1f} %", f"{cell['STS']:.3f}", f"{cell['SICK']:.3f}"] if cell else ["–"] * 3


def complaints(dense, results):
    """What is asked of the methods and not so."""
    found = []
    error = {(cut, method): cells["layer-wise"]["error"] for cut, method, cells in results}
    for (cut, method), value in error.items():
        if value > error.get((cut, "magnitude"), value):
            found.append(f"{method} at {cut} has a larger error than magnitude")
    for cut in ("70 %", "80 %"):
        if error.get((cut, "alps"), 0) > error.get((cut, "sparsegpt"), 1):
            found.append(f"alps at {cut} has a larger error than sparsegpt")
    for cut, method, cells in results:
        if (cut, method) == ("50 %", "sparsegpt"):
            found += [f"sparsegpt at 50 % loses {100 * (dense[test] - cells['layer-wise'][test]):.1f} points of {test}"
                      for test in dense if dense[test] - cells["layer-wise"][test] > 0.01]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("tokenizer", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--cuts", nargs="+", default=list(CUTS), choices=list(CUTS))
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS + OTHERS)
    parser.add_argument("--sentences", type=int, default=512, help="for calibration")
    parser.add_argument("--pairs", type=int, default=1000, help="of each test, at most")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(arguments, pathlib.Path(folder))
        dense = check.spearman(arguments.model)
        line(["cut", "method", *(f"{scope}: {name}" for scope in SCOPES for name in ("error", *dense))])
        line(["---"] * (2 + 3 * len(SCOPES)))
        line(["dense", "", "0", *(f"{value:.3f}" for value in dense.values()), *["–"] * 3])
        results = []
        for cut, method, cells in check.rows():
            results.append((cut, method, cells))
            line([cut, method, *(text for scope in SCOPES for text in figures(cells.get(scope)))])
    if arguments.json:
        arguments.json.write_text(json.dumps({"dense": dense, "cells": results}, indent=1) + "\n")
    found = complaints(dense, results)
    print("\n".join(found) or "as asked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
