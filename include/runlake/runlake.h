/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runlake's C interface: recording runs from inside a program.
 *
 * Rules that hold for every function here:
 *
 *  - Recording never fails the program that records. In RUNLAKE_MODE_ON, runlake_run_start() and everything after it answers RUNLAKE_OK even when the
 *    journal can't be written; the loss is counted (runlake_recorder_lost), said once on stderr, and shown by `runlake doctor`. Only RUNLAKE_MODE_STRICT
 *    makes a start that is not on disk an error.
 *  - Functions return a runlake_status. Out-parameters come last and are written on success only. When the last parameter is a runlake_error**, it may be
 *    NULL; otherwise it receives an error object that the caller frees with runlake_error_free().
 *  - Strings are UTF-8 and end with NUL. Strings that are passed in are copied. Strings that are returned belong to the object they came from and live as
 *    long as it does.
 *  - Every runlake_X_free(NULL) does nothing. A run that is freed before it was finished is recorded as failed.
 *  - One recorder and one run may be used from several threads at once. After fork() both may be used in the child; the run must be finished by one side only.
 *  - Option structs start with their size, so that later versions can add members: initialise them with the macro that stands beside them.
 *  - No C++ exception leaves a function.
 */
#ifndef RUNLAKE_RUNLAKE_H
#define RUNLAKE_RUNLAKE_H

#include <stddef.h>
#include <stdint.h>

#if defined(RUNLAKE_BUILDING_LIBRARY)
#define RUNLAKE_API __attribute__((visibility("default")))
#else
#define RUNLAKE_API
#endif

/* A caller in C may pass any number: in C++ too, each is then a value of the type, and is refused as RUNLAKE_USAGE. */
#ifdef __cplusplus
#define RUNLAKE_ENUM(name) enum name : int
#else
#define RUNLAKE_ENUM(name) enum name
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call failed. The values are the exit statuses of the command line. */
typedef RUNLAKE_ENUM(runlake_status) {
    RUNLAKE_OK = 0,
    RUNLAKE_USAGE = 2,        /* an argument is wrong */
    RUNLAKE_NOT_FOUND = 3,
    RUNLAKE_CONFLICT = 4,     /* done already, or another state forbids it */
    RUNLAKE_BUSY = 5,
    RUNLAKE_CORRUPT = 6,
    RUNLAKE_UNSUPPORTED = 7,  /* written by a newer version, or not possible on this system */
    RUNLAKE_IO = 8,           /* full, read-only, permission, device */
    RUNLAKE_INTERNAL = 70,
    RUNLAKE_INTERRUPTED = 130
} runlake_status;

typedef RUNLAKE_ENUM(runlake_mode) {
    RUNLAKE_MODE_DEFAULT = 0, /* setting `mode`, RUNLAKE_MODE in the environment, else on */
    RUNLAKE_MODE_ON = 1,
    RUNLAKE_MODE_OFF = 2,     /* records nothing */
    RUNLAKE_MODE_STRICT = 3   /* a run starts only when its start is on disk */
} runlake_mode;

typedef RUNLAKE_ENUM(runlake_state) {
    RUNLAKE_COMPLETED = 1,
    RUNLAKE_DEGRADED = 2,     /* finished with warnings */
    RUNLAKE_FAILED = 3,
    RUNLAKE_STOPPED = 4       /* ended by a signal or a stop command */
} runlake_state;

/* Counters that are columns of the table `runs`. */
typedef RUNLAKE_ENUM(runlake_count) {
    RUNLAKE_ROWS_IN = 1,
    RUNLAKE_ROWS_OUT = 2,
    RUNLAKE_LLM_CALLS = 3,
    RUNLAKE_TOKENS = 4
} runlake_count;

typedef struct runlake_recorder runlake_recorder;
typedef struct runlake_run runlake_run;
typedef struct runlake_error runlake_error;

/* "0.1.0". Since: 0.1. */
RUNLAKE_API const char* runlake_version(void);

/* What went wrong, for people: what was attempted, on what, why. Since: 0.1. */
RUNLAKE_API const char* runlake_error_message(const runlake_error* error);
RUNLAKE_API runlake_status runlake_error_status(const runlake_error* error);
RUNLAKE_API void runlake_error_free(runlake_error* error);

typedef struct runlake_recorder_options {
    size_t struct_size;
    const char* store;        /* folder of the store; NULL: RUNLAKE_STORE, else the project's, made when it is missing */
    runlake_mode mode;
} runlake_recorder_options;
#define RUNLAKE_RECORDER_OPTIONS_INIT { sizeof(runlake_recorder_options), NULL, RUNLAKE_MODE_DEFAULT }

/* Opens a recorder; one a process is enough. `options` may be NULL. Fails for wrong options (RUNLAKE_USAGE), or in strict mode when there is no usable
 * store. Since: 0.1. */
RUNLAKE_API runlake_status runlake_recorder_open(const runlake_recorder_options* options, runlake_recorder** out, runlake_error** error);
/* Records that could not be written so far. Since: 0.1. */
RUNLAKE_API uint64_t runlake_recorder_lost(const runlake_recorder* recorder);
/* Runs that are still going on may be used and finished after this. Since: 0.1. */
RUNLAKE_API void runlake_recorder_free(runlake_recorder* recorder);

typedef struct runlake_run_options {
    size_t struct_size;
    const char* stage;        /* required, not empty */
    const char* tenant;       /* NULL: setting `tenant`, else none */
    const char* parent;       /* run id of the parent; NULL: RUNLAKE_RUN_ID in the environment, else none */
    const char* traceparent;  /* W3C trace context; NULL: TRACEPARENT in the environment, else a new trace */
    const char* params_json;  /* a JSON object, or NULL */
    const char* tags_json;    /* a JSON object of strings, or NULL */
    const char* const* inputs;  /* paths and globs whose content is fingerprinted in the background, or NULL */
    size_t input_count;
    const char* config;       /* path of a configuration file whose hash is recorded, or NULL */
} runlake_run_options;
#define RUNLAKE_RUN_OPTIONS_INIT { sizeof(runlake_run_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL }

/* Records that a run began. RUNLAKE_USAGE for wrong options in every mode. Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_start(runlake_recorder* recorder, const runlake_run_options* options, runlake_run** out, runlake_error** error);

/* 36 characters. Since: 0.1. */
RUNLAKE_API const char* runlake_run_id(const runlake_run* run);
/* For the TRACEPARENT of children and outgoing requests. Since: 0.1. */
RUNLAKE_API const char* runlake_run_traceparent(const runlake_run* run);

/* A metric's final value; not finite is RUNLAKE_USAGE. Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_log_metric(runlake_run* run, const char* name, double value);
/* A point of a metric's series. Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_log_metric_at(runlake_run* run, const char* name, int64_t step, double value);
RUNLAKE_API runlake_status runlake_run_set_count(runlake_run* run, runlake_count which, int64_t value);
/* A NULL value removes the tag. Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_set_tag(runlake_run* run, const char* name, const char* value);
RUNLAKE_API runlake_status runlake_run_note(runlake_run* run, const char* text);
/* The run goes on, and will end as `degraded` unless it fails. `reason` may be NULL. Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_mark_degraded(runlake_run* run, const char* reason);

/* Records the end. `error_text` (whole, with its stack trace) goes with a failure; NULL otherwise. A second call changes nothing: RUNLAKE_CONFLICT.
 * Since: 0.1. */
RUNLAKE_API runlake_status runlake_run_finish(runlake_run* run, runlake_state state, const char* error_text);
/* Frees the object; a run that was not finished is recorded as failed. Since: 0.1. */
RUNLAKE_API void runlake_run_free(runlake_run* run);

#ifdef __cplusplus
}
#endif
#endif
