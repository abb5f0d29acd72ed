/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface used from C: argument "record" records one of everything, "misuse" gives every function what it must refuse, "lost" has no store to write to. */
#include <math.h>
#include <runlake/runlake.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

#define EXPECT(condition)                                                      \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            ++failures;                                                        \
        }                                                                      \
    } while (0)

static runlake_recorder* open_recorder(runlake_mode mode) {
    runlake_recorder_options options = RUNLAKE_RECORDER_OPTIONS_INIT;
    runlake_recorder* recorder = NULL;
    runlake_error* error = NULL;
    options.mode = mode;
    EXPECT(runlake_recorder_open(&options, &recorder, &error) == RUNLAKE_OK);
    EXPECT(recorder != NULL && error == NULL);
    return recorder;
}

static runlake_run* start(runlake_recorder* recorder, const char* stage) {
    runlake_run_options options = RUNLAKE_RUN_OPTIONS_INIT;
    runlake_run* run = NULL;
    options.stage = stage;
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_OK);
    return run;
}

static void record(void) {
    runlake_recorder* recorder = open_recorder(RUNLAKE_MODE_DEFAULT);
    const char* inputs[] = {"data.csv"};
    runlake_run_options options = RUNLAKE_RUN_OPTIONS_INIT;
    runlake_run* run = NULL;
    options.stage = "fit";
    options.tenant = "acme";
    options.params_json = "{\"lr\": 0.5}";
    options.tags_json = "{\"team\": \"blue\"}";
    options.inputs = inputs;
    options.input_count = 1;
    options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_OK);
    EXPECT(strlen(runlake_run_id(run)) == 36);
    EXPECT(strncmp(runlake_run_traceparent(run), "00-4bf92f3577b34da6a3ce929d0e0e4736-", 36) == 0);
    EXPECT(runlake_run_log_metric(run, "rmse", 0.25) == RUNLAKE_OK);
    EXPECT(runlake_run_log_metric_at(run, "loss", 3, 1.5) == RUNLAKE_OK);
    EXPECT(runlake_run_set_count(run, RUNLAKE_ROWS_OUT, 150) == RUNLAKE_OK);
    EXPECT(runlake_run_set_tag(run, "phase", "two") == RUNLAKE_OK);
    EXPECT(runlake_run_set_tag(run, "phase", NULL) == RUNLAKE_OK);
    EXPECT(runlake_run_note(run, "looks fine") == RUNLAKE_OK);
    EXPECT(runlake_run_mark_degraded(run, "one source was away") == RUNLAKE_OK);
    EXPECT(runlake_run_finish(run, RUNLAKE_COMPLETED, NULL) == RUNLAKE_OK);
    EXPECT(runlake_run_finish(run, RUNLAKE_FAILED, "again") == RUNLAKE_CONFLICT);
    EXPECT(runlake_run_note(run, "late") == RUNLAKE_CONFLICT);
    runlake_run_free(run);

    run = start(recorder, "bad");
    EXPECT(runlake_run_finish(run, RUNLAKE_FAILED, "ValueError: no\n  at line 3") == RUNLAKE_OK);
    runlake_run_free(run);

    run = start(recorder, "dropped");
    EXPECT(runlake_recorder_lost(recorder) == 0);
    runlake_recorder_free(recorder); /* the run outlives it */
    runlake_run_free(run);
}

static void misuse(void) {
    runlake_recorder* recorder = open_recorder(RUNLAKE_MODE_ON);
    runlake_run_options options = RUNLAKE_RUN_OPTIONS_INIT;
    runlake_run* run = NULL;
    runlake_error* error = NULL;
    EXPECT(runlake_run_start(recorder, &options, &run, &error) == RUNLAKE_USAGE);
    EXPECT(run == NULL && error != NULL && strstr(runlake_error_message(error), "stage") != NULL);
    EXPECT(runlake_error_status(error) == RUNLAKE_USAGE);
    runlake_error_free(error);
    options.stage = " ";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    options.stage = "fit";
    options.params_json = "[1]";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    options.params_json = "{\"a\":";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    options.params_json = NULL;
    options.tags_json = "{\"a\": 1}";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    options.tags_json = NULL;
    options.parent = "not an id";
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    options.parent = NULL;
    options.input_count = 1;
    EXPECT(runlake_run_start(recorder, &options, &run, NULL) == RUNLAKE_USAGE);
    EXPECT(runlake_run_start(NULL, &options, &run, NULL) == RUNLAKE_USAGE);
    EXPECT(runlake_run_start(recorder, NULL, &run, NULL) == RUNLAKE_USAGE);
    EXPECT(runlake_recorder_open(NULL, NULL, NULL) == RUNLAKE_USAGE);
    EXPECT(run == NULL);

    run = start(recorder, "fit");
    EXPECT(runlake_run_log_metric(run, "x", NAN) == RUNLAKE_USAGE);
    EXPECT(runlake_run_log_metric(run, "", 1) == RUNLAKE_USAGE);
    EXPECT(runlake_run_log_metric(run, NULL, 1) == RUNLAKE_USAGE);
    EXPECT(runlake_run_set_count(run, RUNLAKE_ROWS_IN, -1) == RUNLAKE_USAGE);
    EXPECT(runlake_run_set_count(run, (runlake_count)99, 1) == RUNLAKE_USAGE);
    EXPECT(runlake_run_set_tag(run, NULL, "x") == RUNLAKE_USAGE);
    EXPECT(runlake_run_note(run, NULL) == RUNLAKE_USAGE);
    EXPECT(runlake_run_finish(run, (runlake_state)99, NULL) == RUNLAKE_USAGE);
    EXPECT(runlake_run_finish(run, RUNLAKE_COMPLETED, NULL) == RUNLAKE_OK);
    runlake_run_free(run);

    EXPECT(runlake_run_log_metric(NULL, "x", 1) == RUNLAKE_USAGE);
    EXPECT(runlake_run_finish(NULL, RUNLAKE_COMPLETED, NULL) == RUNLAKE_USAGE);
    EXPECT(strcmp(runlake_run_id(NULL), "") == 0);
    EXPECT(strcmp(runlake_error_message(NULL), "") == 0);
    EXPECT(runlake_recorder_lost(NULL) == 0);
    runlake_run_free(NULL);
    runlake_error_free(NULL);
    runlake_recorder_free(NULL);

    /* A caller that was compiled against a shorter struct: what it does not know has its default. */
    {
        runlake_run_options old = RUNLAKE_RUN_OPTIONS_INIT;
        old.struct_size = offsetof(runlake_run_options, tenant);
        old.stage = "old caller";
        old.tenant = (const char*)1; /* beyond its struct: must not be looked at */
        run = NULL;
        EXPECT(runlake_run_start(recorder, &old, &run, NULL) == RUNLAKE_OK);
        EXPECT(runlake_run_finish(run, RUNLAKE_COMPLETED, NULL) == RUNLAKE_OK);
        runlake_run_free(run);
    }
    runlake_recorder_free(recorder);
}

static void lost(void) {
    runlake_recorder* recorder = open_recorder(RUNLAKE_MODE_ON);
    runlake_run* run = start(recorder, "fit");
    EXPECT(runlake_run_log_metric(run, "x", 1) == RUNLAKE_OK);
    EXPECT(runlake_run_finish(run, RUNLAKE_COMPLETED, NULL) == RUNLAKE_OK);
    EXPECT(runlake_recorder_lost(recorder) > 0);
    runlake_run_free(run);
    runlake_recorder_free(recorder);
    {
        runlake_recorder_options options = RUNLAKE_RECORDER_OPTIONS_INIT;
        runlake_error* error = NULL;
        options.mode = RUNLAKE_MODE_STRICT;
        EXPECT(runlake_recorder_open(&options, &recorder, &error) != RUNLAKE_OK);
        EXPECT(error != NULL);
        runlake_error_free(error);
    }
}

int main(int argc, char** argv) {
    if (argc != 2) { return 2; }
    EXPECT(runlake_version()[0] >= '0' && runlake_version()[0] <= '9');
    if (strcmp(argv[1], "record") == 0) { record(); }
    if (strcmp(argv[1], "misuse") == 0) { misuse(); }
    if (strcmp(argv[1], "lost") == 0) { lost(); }
    return failures == 0 ? 0 : 1;
}
