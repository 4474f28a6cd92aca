#!/usr/bin/env bash
# Gradescope runs this once, as root, to build the image. The zip is unpacked in /autograder/source.
set -euo pipefail
base="${AUTOGRADER_BASE:-/autograder}"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap libseccomp2 python3 python3-venv

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=""
for candidate in python3 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then python="$candidate"; break; fi
done
if [ -z "$python" ]; then
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv "$base/venv"
"$base/venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check -r "$base/source/requirements.lock"
# keep solutions, mistakes and secret from student code, which may run as another user
for path in "$base/source/source" "$base/source/.autograder-secret"; do
    if [ -e "$path" ]; then chmod -R go-rwx "$path"; fi
done
rm -rf /var/lib/apt/lists/*
