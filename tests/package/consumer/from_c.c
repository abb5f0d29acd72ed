/* SPDX-License-Identifier: Apache-2.0 */
/* Records one run through the installed C interface. */
#include <runlake/runlake.h>
#include <stdio.h>

int main(void) {
    runlake_recorder* recorder = NULL;
    runlake_run* run = NULL;
    runlake_error* error = NULL;
    runlake_run_options options = RUNLAKE_RUN_OPTIONS_INIT;
    options.stage = "from_c";
    if (runlake_recorder_open(NULL, &recorder, &error) != RUNLAKE_OK || runlake_run_start(recorder, &options, &run, &error) != RUNLAKE_OK) {
        fprintf(stderr, "%s\n", runlake_error_message(error));
        return 1;
    }
    runlake_run_set_count(run, RUNLAKE_ROWS_OUT, 3);
    printf("%s\n", runlake_run_id(run));
    runlake_run_finish(run, RUNLAKE_COMPLETED, NULL);
    runlake_run_free(run);
    runlake_recorder_free(recorder);
    return 0;
}
