# Part of the packages' scripts. still_running PATTERN: says which servers run a file that this
# upgrade has replaced, its whole path like PATTERN. None was restarted; a replaced file stays where
# it is mapped until its last user ends.
#
# Anybody can start a process that looks like one of ours, and this runs as root: nothing of a
# process is executed, and of its files only what it has mapped and what is installed is read.
version_in() { grep -a -o -m 1 'cairn-version: [0-9][0-9A-Za-z.+~() -]*' "$1" | cut -c 16-80; }

still_running() {
  for server in /proc/[0-9]*; do
    mapped=$(grep -m 1 "^[0-9a-f-]* [rwxps-]* [0-9a-f]* [0-9a-f:]* [0-9]* *$1 (deleted)\$" \
      "$server/maps" 2>/dev/null) || continue
    file=/${mapped#*/}
    running=$(version_in "$server/map_files/${mapped%% *}")
    unit=$(sed -n 's|.*/\(cairn-[^/]*\.service\)$|\1|p' "$server/cgroup" 2>/dev/null | head -n 1)
    echo "${unit:-process ${server#/proc/}} still runs Cairn $running;" \
      "installed is $(version_in "${file% (deleted)}")." >&2
    [ -z "$unit" ] || echo "  when it suits its hosts: systemctl restart $unit" >&2
  done
}
