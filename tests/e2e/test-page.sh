#!/bin/sh
# The page in a real browser (tests/ui).
exec "$(dirname "$(readlink -f "$0")")/../ui/run.sh" "$@"
