"""What Espalier raises on bad input. The text is one line: where, what was got, what was expected."""


class Error(Exception):
    """Base of everything that Espalier raises on bad input."""


class InvalidArgument(Error, ValueError):
    """An argument is out of its range, or an array has the wrong type, shape, strides or device."""


class InvalidModel(Error, ValueError):
    """A graph or a model file breaks a rule of ONNX or of its own operators."""


class Unsupported(Error, NotImplementedError):
    """The input is valid, but Espalier cannot do it."""


class BadRecipe(Error, ValueError):
    """A recipe has an unknown key, a wrong type or a value out of range. The text starts with file:line."""


class BadData(Error, ValueError):
    """A data set, weight file or run does not hold what it should."""


class IoError(Error, OSError):
    """The operating system refused to read or write."""


class OutOfMemory(Error, MemoryError):
    """There is not as much memory as the input needs."""
