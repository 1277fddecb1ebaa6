#!/bin/bash
# Breaks one rule after the other in a copy of the tree and expects the simulator (or the unit test
# that is the natural place) to notice. See deliberate_bugs.py --help.
exec python3 "$(dirname "$(readlink -f "$0")")/deliberate_bugs.py" "$@"
