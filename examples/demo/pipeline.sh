#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Four stages, one after the other. "runlake run" passes everything through, so this is the pipeline one would have without it.
set -eu
here=$(dirname "$0")
rate=0.02
steps=400
runlake run --stage generate --param readings=2000 --tag kind=demo -- python3 "$here/generate.py" raw.csv 2000
runlake run --stage clean --input raw.csv --tag kind=demo -- python3 "$here/clean.py" raw.csv clean.csv
runlake run --stage fit --input clean.csv --config settings.json --param rate=$rate --param steps=$steps --tag kind=demo -- \
    python3 "$here/fit.py" clean.csv fit.json $rate $steps
runlake run --stage report --input fit.json --tag kind=demo -- python3 "$here/report.py" fit.json 0.1
