// Sparse initialisers become dense.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "onnx/models.h"
#include "onnx/proto/sparse_proto.h"

namespace espalier {
namespace {

using onnx::pb::SparseTensorProto;
using Ints = std::vector<std::int64_t>;

SparseTensorProto sparse(const Ints& dims, const std::vector<float>& values, const Ints& indices,
                         const Ints& shape) {
    SparseTensorProto proto;
    for (const std::int64_t dim : dims) proto.add_dims(dim);
    onnx::fill(*proto.mutable_values(), "s",
               Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values));
    onnx::fill(*proto.mutable_indices(), "", Tensor::of<std::int64_t>(shape, indices));
    return proto;
}

TEST(OnnxSparse, LinearIndicesAndCoordinates) {
    const Tensor dense = Tensor::of<float>({2, 3}, std::vector<float>{0, 5, 0, 0, 0, 7});
    EXPECT_EQ(onnx::to_dense(sparse({2, 3}, {5, 7}, {1, 5}, {2})), dense);
    EXPECT_EQ(onnx::to_dense(sparse({2, 3}, {5, 7}, {0, 1, 1, 2}, {2, 2})), dense);
    EXPECT_EQ(onnx::to_dense(sparse({2, 3}, {}, {}, {0})), Tensor(DType::f32, {2, 3}));
}

TEST(OnnxSparse, WhatIsWrongIsSaid) {
    EXPECT_ERROR(InvalidModel, "index 6 after -1 of 6 elements",
                 onnx::to_dense(sparse({2, 3}, {5}, {6}, {1})));
    EXPECT_ERROR(InvalidModel, "index -1 after -1", onnx::to_dense(sparse({2, 3}, {5}, {-1}, {1})));
    EXPECT_ERROR(InvalidModel, "index 1 after 1", onnx::to_dense(sparse({2, 3}, {5, 6}, {1, 1}, {2})));
    EXPECT_ERROR(InvalidModel, "index 3 of a dimension of 3",
                 onnx::to_dense(sparse({2, 3}, {5}, {0, 3}, {1, 2})));
    EXPECT_ERROR(InvalidModel, "3 indices for 2 elements of 2 dimensions",
                 onnx::to_dense(sparse({2, 3}, {5, 6}, {0, 1, 2}, {3})));
    EXPECT_ERROR(InvalidModel, "a dimension is negative", onnx::to_dense(sparse({-2, 3}, {5}, {0}, {1})));
}

TEST(OnnxSparse, MemoryIsBoundedByTheFile) {
    EXPECT_ERROR(InvalidModel, "a sparse tensor of 1099511627776 from 1 elements would take",
                 onnx::to_dense(sparse({std::int64_t{1} << 40}, {5}, {0}, {1})));
    EXPECT_ERROR(InvalidModel, "more elements than memory can hold",
                 onnx::to_dense(sparse({std::int64_t{1} << 40, std::int64_t{1} << 40}, {5}, {0}, {1})));
    EXPECT_EQ(onnx::to_dense(sparse({4, 1000}, {5}, {4}, {1})).count(), 4000);
}

TEST(OnnxSparse, InitialisersOfAGraph) {
    auto model = testing::one_node("Add", {2, 3}, 13);
    model.mutable_graph()->mutable_node(0)->add_input("s");
    *model.mutable_graph()->add_sparse_initializer() = sparse({2, 3}, {5}, {1}, {1});
    EXPECT_EQ(testing::parse(model).initializers.at("s").f32()[1], 5);
    model.mutable_graph()->mutable_sparse_initializer(0)->mutable_indices()->set_data_type(
        onnx::pb::TensorProto::INT32);
    EXPECT_ERROR(InvalidModel, "sparse initialiser \"s\": ", testing::parse(model));
}

}  // namespace
}  // namespace espalier
