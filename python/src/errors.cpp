// Exceptions of C++ become those of espalier/errors.py, with the same text.
#include <nanobind/nanobind.h>

#include <cstring>

#include "bindings.h"
#include "espalier/error.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

nb::handle type_of(const Error& error) {
    static const nb::object& errors =
        *new nb::object(nb::module_::import_("espalier.errors"));  // never freed
    const char* name = "Error";
    if (dynamic_cast<const InvalidArgument*>(&error) != nullptr) name = "InvalidArgument";
    if (dynamic_cast<const InvalidModel*>(&error) != nullptr) name = "InvalidModel";
    if (dynamic_cast<const Unsupported*>(&error) != nullptr) name = "Unsupported";
    if (dynamic_cast<const BadRecipe*>(&error) != nullptr) name = "BadRecipe";
    if (dynamic_cast<const BadData*>(&error) != nullptr) name = "BadData";
    if (dynamic_cast<const IoError*>(&error) != nullptr) name = "IoError";
    if (dynamic_cast<const OutOfMemory*>(&error) != nullptr) name = "OutOfMemory";
    if (dynamic_cast<const Interrupted*>(&error) != nullptr) return PyExc_KeyboardInterrupt;
    return nb::object(errors.attr(name)).release();
}

}  // namespace

void translate_errors() {
    nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
        try {
            std::rethrow_exception(thrown);
        } catch (const Error& error) {
            // A text may quote bytes of a file, which need not be UTF-8.
            const nb::object text = nb::steal(PyUnicode_DecodeUTF8(
                error.what(), static_cast<Py_ssize_t>(std::strlen(error.what())), "replace"));
            PyErr_SetObject(type_of(error).ptr(), text.ptr());
        }
    });
}

}  // namespace espalier::python
