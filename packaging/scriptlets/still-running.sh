# Part of the packages' scripts. still_running FILE, a pattern of a path that servers have mapped: says
# which of them run what this upgrade has replaced. None was restarted; a replaced file stays where
# it is mapped until its last user ends. Versions are read out of the files, nothing old is run.
version_in() { grep -a -o -m 1 'cairn-version: [0-9][^)]*)' "$1" | sed 's/^cairn-version: //'; }

still_running() {
  for server in /proc/[0-9]*; do
    mapped=$(grep -m 1 " $1 (deleted)$" "$server/maps" 2>/dev/null) || continue
    file=/${mapped#*/}
    file=${file% (deleted)}
    running=$(version_in "$server/map_files/${mapped%% *}")
    unit=$(sed -n 's|.*/\(cairn-[^/]*\.service\).*|\1|p' "$server/cgroup" 2>/dev/null | head -n 1)
    echo "${unit:-process ${server#/proc/}} still runs Cairn $running;" \
      "installed is $(version_in "$file")." >&2
    [ -z "$unit" ] || echo "  when it suits its hosts: systemctl restart $unit" >&2
  done
}
