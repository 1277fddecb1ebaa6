# Part of the packages' scripts. still_running PROGRAM MAPPED, with MAPPED a pattern of the file that
# servers have mapped: says which of them run what this upgrade has replaced. None was restarted; a
# replaced file stays where it is mapped until its last user ends.
still_running() {
  program=$1
  for server in /proc/[0-9]*; do
    range=$(sed -n "s|^\([0-9a-f-]*\) .* $2 (deleted)\$|\1|p" "$server/maps" 2>/dev/null | head -n 1)
    [ -n "$range" ] || continue
    case $program in
      # nbdkit loads the replaced plugin once more, only to ask it for its version.
      */cairn-gateway) running=$(nbdkit "$server/map_files/$range" --version 2>/dev/null) ;;
      *) running=$("$server/exe" --version 2>/dev/null) ;;
    esac
    unit=$(sed -n 's|.*/\(cairn-[^/]*\.service\).*|\1|p' "$server/cgroup" 2>/dev/null | head -n 1)
    echo "${unit:-${server#/proc/}} still runs $(echo "$running" | tail -n 1);" \
      "installed is $($program --version)." >&2
    [ -z "$unit" ] || echo "  when it suits its hosts: systemctl restart $unit" >&2
  done
}
