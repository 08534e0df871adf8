// What operators on rows of features share: shapes, rows in f32 or f64, labels of classes.
#pragma once

#include <string>

#include "graph/evaluation.h"

namespace espalier::trees {

/// The number of rows of the first input, [N, C] or [C]. Throws InvalidModel for other shapes and types.
Dim rows_of(const InferContext& context);
/// The columns of the first input, its last dimension.
Dim columns_of(const InferContext& context);

/// The number of classes that a classifier names. Throws InvalidModel unless it has one kind of label.
std::int64_t class_count(const Node& node, const char* integers = "classlabels_int64s",
                         const char* strings = "classlabels_strings");
/// The label of every class; positions where labels are strings.
std::vector<std::int64_t> class_labels(const Node& node, const char* integers = "classlabels_int64s",
                                       const char* strings = "classlabels_strings");

/// Calls body(x, rows, columns) with the rows of the first input as float, or double where they are that.
template <class Body>
void with_rows(Evaluation& e, const Body& body);

}  // namespace espalier::trees

#include "tensor/convert.h"

namespace espalier::trees {

template <class Body>
void with_rows(Evaluation& e, const Body& body) {
    const Tensor& x = e.input(0);
    const std::int64_t columns = x.shape().back();
    const std::int64_t rows = x.rank() == 1 ? 1 : x.shape().front();
    if (x.dtype() == DType::f64) return body(x.as<double>().data(), rows, columns);
    if (x.dtype() == DType::f32) return body(x.f32().data(), rows, columns);
    const Tensor wide = converted(x, DType::f32);
    body(wide.f32().data(), rows, columns);
}

}  // namespace espalier::trees
