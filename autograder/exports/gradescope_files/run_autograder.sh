#!/usr/bin/env bash
# Gradescope runs this for each submission. It grades one and writes results/results.json.
# To run it elsewhere: AUTOGRADER_BASE=/some/folder AUTOGRADER_PYTHON=/some/python bash run_autograder
base="${AUTOGRADER_BASE:-/autograder}"
python="${AUTOGRADER_PYTHON:-$base/venv/bin/python}"
cd "$base/source" || exit 1
exec "$python" -c 'import sys; from autograder.exports.on_gradescope import main; print(main(*sys.argv[1:]))' \
    @ASSIGNMENT@ "$base"
