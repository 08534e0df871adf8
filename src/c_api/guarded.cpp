#include "c_api/guarded.h"

#include <exception>
#include <new>
#include <string>

namespace espalier::c_api {
namespace {

thread_local std::string last_error;

/// There may be no memory for the text either.
espalier_status keep(espalier_status status, const char* text) noexcept {
    try {
        last_error = text;
    } catch (...) {
        last_error.clear();
    }
    return status;
}

}  // namespace

espalier_status keep_error() noexcept {
    try {
        throw;
    } catch (const InvalidArgument& error) {
        return keep(ESPALIER_INVALID_ARGUMENT, error.what());
    } catch (const InvalidModel& error) {
        return keep(ESPALIER_INVALID_MODEL, error.what());
    } catch (const Unsupported& error) {
        return keep(ESPALIER_UNSUPPORTED, error.what());
    } catch (const IoError& error) {
        return keep(ESPALIER_IO_ERROR, error.what());
    } catch (const OutOfMemory& error) {
        return keep(ESPALIER_OUT_OF_MEMORY, error.what());
    } catch (const Error& error) {
        return keep(ESPALIER_BAD_DATA, error.what());
    } catch (const std::bad_alloc&) {
        return keep(ESPALIER_OUT_OF_MEMORY, "there is not as much memory as this needs");
    } catch (const std::exception& error) {
        return keep(ESPALIER_INTERNAL, error.what());
    } catch (...) {
        return keep(ESPALIER_INTERNAL, "an exception of an unknown type");
    }
}

}  // namespace espalier::c_api

const char* espalier_last_error(void) { return espalier::c_api::last_error.c_str(); }

const char* espalier_version(void) { return ESPALIER_VERSION_TEXT; }
