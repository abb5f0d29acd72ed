// SPDX-License-Identifier: Apache-2.0
// The extension module runlake._runlake: ops::Recording for Python. The package's __init__.py gives it its face and keeps errors from user code.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>

#include "core/version.hpp"
#include "ops/recording.hpp"
#include "os/variable.hpp"

namespace py = pybind11;
namespace core = runlake::core;
namespace ops = runlake::ops;
namespace record = runlake::record;
using core::Json;

namespace {

constexpr int k_most_depth = 50;

// A call that was refused; Python sees runlake.Error.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void check(const core::Status& status) {
    if (!status.ok()) { throw Refused(status.error().message()); }
}

// Text of any str: a lone surrogate, which UTF-8 can't carry, becomes '?'.
std::string text_of(const py::handle& value) {
    Py_ssize_t size = 0;
    const char* bytes = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
    if (bytes != nullptr) { return {bytes, static_cast<std::size_t>(size)}; }
    PyErr_Clear();
    const auto encoded = py::reinterpret_steal<py::bytes>(PyUnicode_AsEncodedString(value.ptr(), "utf-8", "replace"));
    return encoded ? std::string(encoded) : std::string();
}

// JSON of any Python value. Scalars of numpy and the like by their item(); what JSON does not know by its str(); too deep a nesting likewise.
Json json_of(const py::handle& value, int depth = 0) {
    PyObject* raw = value.ptr();
    if (raw == Py_None) { return {}; }
    if (PyBool_Check(raw)) { return Json(raw == Py_True); }
    if (PyLong_Check(raw)) {
        int overflow = 0;
        const long long number = PyLong_AsLongLongAndOverflow(raw, &overflow);
        if (overflow == 0) { return Json(static_cast<std::int64_t>(number)); }
        return Json(core::BigInteger{text_of(py::str(value))});
    }
    if (PyFloat_Check(raw)) { return Json(PyFloat_AS_DOUBLE(raw)); }
    if (PyUnicode_Check(raw)) { return Json(text_of(value)); }
    if (depth < k_most_depth && PyDict_Check(raw)) {
        Json object = Json::object();
        for (const auto& [key, member] : py::reinterpret_borrow<py::dict>(value)) {
            object.set(PyUnicode_Check(key.ptr()) ? text_of(key) : text_of(py::str(key)), json_of(member, depth + 1));
        }
        return object;
    }
    if (depth < k_most_depth && (PyList_Check(raw) || PyTuple_Check(raw))) {
        Json array = Json::array();
        for (const auto& element : py::reinterpret_borrow<py::sequence>(value)) { array.push(json_of(element, depth + 1)); }
        return array;
    }
    if (depth < k_most_depth && py::hasattr(value, "item") && py::hasattr(value, "dtype")) { return json_of(value.attr("item")(), k_most_depth); }
    return Json(text_of(py::str(value)));
}

record::RunState state_of(const std::string& name) {
    const auto state = record::parse_state(name);
    if (!state.ok()) { throw Refused(state.error().message()); }
    return state.value();
}

struct Recording {
    std::shared_ptr<ops::Recording> recording;
};

struct Run {
    std::shared_ptr<ops::Recording> recording;
    std::unique_ptr<ops::RecordedRun> run;
};

Recording open_recording(std::optional<std::string> store, const std::optional<std::string>& mode) {
    ops::RecordingOptions options;
    options.store = std::move(store);
    if (mode) {
        if (*mode != "on" && *mode != "off" && *mode != "strict") { throw Refused("mode must be \"on\", \"off\" or \"strict\""); }
        options.mode = *mode == "off" ? record::Mode::off : *mode == "strict" ? record::Mode::strict : record::Mode::on;
    }
    auto opened = ops::Recording::open(options);
    if (!opened.ok()) { throw Refused(opened.error().message()); }
    return {std::move(opened).take()};
}

std::unique_ptr<Run> start(const Recording& self, std::string stage, const py::object& params, const py::object& tags, std::vector<std::string> inputs,
                           std::optional<std::string> config, std::optional<std::string> tenant, std::optional<std::string> parent,
                           std::optional<std::string> traceparent) {
    ops::RecordingRequest request;
    request.stage = std::move(stage);
    if (!params.is_none()) { request.params = json_of(params); }
    if (!tags.is_none()) {
        for (const auto& [name, value] : py::reinterpret_borrow<py::dict>(tags)) { request.tags.set(text_of(py::str(name)), text_of(py::str(value))); }
    }
    request.inputs = std::move(inputs);
    request.config = std::move(config);
    request.tenant = std::move(tenant);
    request.parent = std::move(parent);
    request.traceparent = std::move(traceparent);
    // The interpreter is not let go: a start takes a few microseconds, and letting go costs more under contention.
    auto started = self.recording->start(std::move(request));
    if (!started.ok()) { throw Refused(started.error().message()); }
    return std::make_unique<Run>(Run{self.recording, std::move(started).take()});
}

}  // namespace

PYBIND11_MODULE(_runlake, module) {
    module.doc() = "Recording runs; use the package runlake instead.";
    module.attr("version") = std::string(core::k_version);
    py::register_exception<Refused>(module, "Error", PyExc_RuntimeError);

    namespace os = runlake::os;
    module.def("set_run_id", [](const std::optional<std::string>& value) { os::set_variable(os::Variable::run_id, value); }, py::arg("value"));
    module.def("set_traceparent", [](const std::optional<std::string>& value) { os::set_variable(os::Variable::traceparent, value); }, py::arg("value"));

    py::class_<Recording>(module, "Recording")
        .def(py::init(&open_recording), py::arg("store") = py::none(), py::arg("mode") = py::none())
        .def("start", &start, py::arg("stage"), py::arg("params"), py::arg("tags"), py::arg("inputs"), py::arg("config"), py::arg("tenant"), py::arg("parent"),
             py::arg("traceparent"))
        .def_property_readonly("lost", [](const Recording& self) { return self.recording->lost(); });

    py::class_<Run>(module, "Run")
        .def_property_readonly("id", [](const Run& self) { return self.run->id(); })
        .def_property_readonly("traceparent", [](const Run& self) { return self.run->traceparent(); })
        .def("log_metrics",
             [](Run& self, std::vector<std::pair<std::string, double>> metrics, std::optional<std::int64_t> step) { check(self.run->log_metrics(std::move(metrics), step)); })
        .def("set_count",
             [](Run& self, const std::string& which, std::int64_t value) {
                 using ops::Count;
                 check(self.run->set_count(which == "rows_in"     ? Count::rows_in
                                           : which == "rows_out"  ? Count::rows_out
                                           : which == "llm_calls" ? Count::llm_calls
                                                                  : Count::tokens,
                                           value));
             })
        .def("set_tag", [](Run& self, const std::string& name, std::optional<std::string> value) { check(self.run->set_tag(name, std::move(value))); })
        .def("set_param", [](Run& self, const std::string& name, const py::object& value) { check(self.run->set_param(name, json_of(value))); })
        .def("note", [](Run& self, const std::string& text) { check(self.run->note(text)); })
        .def("mark_degraded", [](Run& self, std::optional<std::string> reason) { check(self.run->mark_degraded(std::move(reason))); })
        .def("finish", [](Run& self, const std::string& state, std::optional<std::string> error_text) {
            const record::RunState ended = state_of(state);
            core::Status status = core::ok();
            {
                // Inputs may still be hashed: others can go on meanwhile.
                const py::gil_scoped_release released;
                status = self.run->finish(ended, std::move(error_text));
            }
            check(status);
        });
}
