// Weights that a file keeps as halves or as integers: cuts score the real numbers that they stand for, and
// what is cut becomes exactly zero, of integers the zero point, in the form that the file has.
#pragma once

#include <set>
#include <string>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "surgery/removal/masked.h"

namespace espalier::experiment {

/// Whether all weights are f32 already.
bool is_real(const Graph& graph);
/// The network with the same weights of f32, under their own names.
Graph as_real(const Graph& stored);
/// An output as f32 where it is halves.
Tensor as_real(const Tensor& tensor);
/// By how much outputs of two networks with the same real weights may differ, of the largest: rounding of
/// sums, of outputs to halves, and where values are quantised a quantum here and there.
double rounding_of(const Graph& stored);
/// What zero is in those of `weights` that are stored as integers.
surgery::StoredZeros stored_zeros(const Graph& stored, const std::set<std::string>& weights);
/// Cuts in the stored network what `masks`, made for as_real() of it, name.
void cut_stored(Graph& stored, const prune::MaskSet& masks);

}  // namespace espalier::experiment
