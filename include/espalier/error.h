// Every failure that input can cause is one of these exceptions. The text is one line that says where, what
// was got and what was expected: node "Conv_12": group=3 does not divide 64 input channels.
#pragma once

#include <stdexcept>
#include <string>

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier {

/// Base of everything this library throws on bad input.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// An argument of a library call or of the command line is out of its range.
class InvalidArgument : public Error {
  public:
    using Error::Error;
};

/// A graph or a model file breaks a rule of ONNX or of its own operators.
class InvalidModel : public Error {
  public:
    using Error::Error;
};

/// The input is valid, but Espalier cannot do it.
class Unsupported : public Error {
  public:
    using Error::Error;
};

/// A recipe has an unknown key, a wrong type or a value out of range. The text starts with file:line.
class BadRecipe : public Error {
  public:
    using Error::Error;
};

/// A data set, weight file or run store does not hold what it should.
class BadData : public Error {
  public:
    using Error::Error;
};

/// The operating system refused to read or write.
class IoError : public Error {
  public:
    using Error::Error;
};

/// There is not as much memory as the input needs.
class OutOfMemory : public Error {
  public:
    using Error::Error;
};

/// The user asked to stop; everything finished so far is saved.
class Interrupted : public Error {
  public:
    using Error::Error;
};

/// A bug in Espalier itself, never a consequence of input.
class InternalError : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace espalier

#pragma GCC visibility pop

/// States what must hold unless Espalier has a bug. Always on: it stands outside inner loops.
#define ESPALIER_ASSERT(condition) \
    ((condition) ? void(0) : ::espalier::assertion_failed(#condition, __FILE__, __LINE__))
