// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include <exception>

#include "rankfill/error.hpp"

namespace rankfill::python {

namespace nb = nanobind;

namespace {

/// Sets the Python error rankfill.errors.<name>(message), with attributes.
template <class... Attributes>
void raise(const char* name, const std::string& message, const Attributes&... attributes) {
  const nb::object type = nb::module_::import_("rankfill.errors").attr(name);
  const nb::object error = type(message);
  (nb::setattr(error, attributes.first, nb::cast(attributes.second)), ...);
  PyErr_SetObject(type.ptr(), error.ptr());
}

void translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const InvalidOption& e) {
    raise("InvalidOption", e.what(), std::pair("field", e.field), std::pair("value", e.value),
          std::pair("rule", e.rule));
  } catch (const InvalidData& e) {
    raise("InvalidData", e.what(), std::pair("file", e.file), std::pair("line", e.line));
  } catch (const FileError& e) {
    raise("FileError", e.what(), std::pair("file", e.file));
  } catch (const BackendUnavailable& e) {
    raise("BackendUnavailable", e.what());
  } catch (const OutOfDeviceMemory& e) {
    raise("OutOfDeviceMemory", e.what(), std::pair("asked_bytes", e.asked_bytes),
          std::pair("free_bytes", e.free_bytes));
  } catch (const DeviceError& e) {
    raise("DeviceError", e.what());
  } catch (const Error& e) {
    raise("Error", e.what());
  }
}

}  // namespace

void bind_errors(nb::module_&) { nb::register_exception_translator(translate); }

}  // namespace rankfill::python
