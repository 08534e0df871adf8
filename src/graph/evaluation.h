// The plain computation of a node: any dtype, any shape, correct first. It folds constants, computes the
// values of shapes, and runs what has no faster form.
#pragma once

#include <span>
#include <vector>

#include "graph/op.h"

namespace espalier {

/// The outputs of a node, as many as the node names; those without a name may be empty. `inputs` are null
/// where they are left out. Throws as the operator's shape rule does, and InvalidModel for elements that mean
/// nothing, as an index out of range.
std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor* const> inputs);

/// The view an operator's computation has of one node. Types and shapes have passed the shape rule.
class Evaluation {
  public:
    Evaluation(const Node& node, std::span<const Tensor* const> inputs, std::vector<ValueType> outputs)
        : node_(node), inputs_(inputs), types_(std::move(outputs)), outputs_(types_.size()) {}

    const Node& node() const { return node_; }
    std::size_t input_count() const { return inputs_.size(); }
    bool has_input(std::size_t index) const { return index < inputs_.size() && inputs_[index] != nullptr; }
    const Tensor& input(std::size_t index) const { return *inputs_[index]; }
    template <class T>
    const T* data(std::size_t index) const {
        return inputs_[index]->template as<T>().data();
    }
    DType dtype() const { return inputs_[0]->dtype(); }

    std::size_t output_count() const { return node_.outputs.size(); }
    bool has_output(std::size_t index) const {
        return index < node_.outputs.size() && !node_.outputs[index].empty();
    }
    const ValueType& output_type(std::size_t index) const { return types_[index]; }
    /// The output, zeros, of the shape that the rule gave.
    Tensor& output(std::size_t index = 0);
    template <class T>
    T* result(std::size_t index = 0) {
        return output(index).template as<T>().data();
    }
    /// An output whose shape the elements of an input say.
    void set_output(std::size_t index, Tensor tensor);
    /// Output 0 is input 0 under the shape that the rule gave.
    void reshape();

    /// Throws InvalidModel: node "fc1": <message>
    [[noreturn]] void fail(const std::string& message) const;
    /// Throws Unsupported.
    [[noreturn]] void refuse(const std::string& message) const;
    [[noreturn]] void refuse_dtype(DType dtype) const;

    /// The elements of an input of integers.
    std::vector<std::int64_t> integers(std::size_t index) const;
    /// Of the axis attribute, counted from the front.
    std::size_t axis(std::int64_t fallback, std::size_t rank) const;

    // Calls body(T()) with the C++ type of `dtype`. Throws Unsupported for a dtype that is not one of those.
    template <class Body>
    void floats(DType dtype, const Body& body) const;
    template <class Body>
    void integers_of(DType dtype, const Body& body) const;
    template <class Body>
    void numbers(DType dtype, const Body& body) const;

    std::vector<Tensor> take() &&;

  private:
    template <class Body>
    static bool try_floats(DType dtype, const Body& body);
    template <class Body>
    static bool try_integers(DType dtype, const Body& body);

    const Node& node_;
    std::span<const Tensor* const> inputs_;
    std::vector<ValueType> types_;
    std::vector<std::optional<Tensor>> outputs_;
};

template <class Body>
bool Evaluation::try_floats(DType dtype, const Body& body) {
    if (dtype == DType::f32) {
        body(float());
    } else if (dtype == DType::f64) {
        body(double());
    } else {
        return false;
    }
    return true;
}

template <class Body>
bool Evaluation::try_integers(DType dtype, const Body& body) {
    switch (dtype) {
        case DType::i8:
            body(std::int8_t());
            return true;
        case DType::u8:
            body(std::uint8_t());
            return true;
        case DType::i16:
            body(std::int16_t());
            return true;
        case DType::u16:
            body(std::uint16_t());
            return true;
        case DType::i32:
            body(std::int32_t());
            return true;
        case DType::u32:
            body(std::uint32_t());
            return true;
        case DType::i64:
            body(std::int64_t());
            return true;
        case DType::u64:
            body(std::uint64_t());
            return true;
        default:
            return false;
    }
}

template <class Body>
void Evaluation::floats(DType dtype, const Body& body) const {
    if (!try_floats(dtype, body)) refuse_dtype(dtype);
}

template <class Body>
void Evaluation::integers_of(DType dtype, const Body& body) const {
    if (!try_integers(dtype, body)) refuse_dtype(dtype);
}

template <class Body>
void Evaluation::numbers(DType dtype, const Body& body) const {
    if (!try_floats(dtype, body) && !try_integers(dtype, body)) refuse_dtype(dtype);
}

}  // namespace espalier
