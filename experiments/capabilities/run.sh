#!/usr/bin/env bash
# Runs this experiment alone, from a checkout: experiments/capabilities/run.sh --scale smoke
set -euo pipefail
make --no-print-directory -C "$(dirname "${BASH_SOURCE[0]}")/../.." build >&2
exec "$(dirname "${BASH_SOURCE[0]}")/../../bin/nrkern" run capabilities "$@"
