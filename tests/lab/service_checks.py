"""What must hold for Cairn's services on a machine with systemd while they serve."""

import json
import re

EXPOSURE_MAX = 1.5
UNITS = ("cairn-gateway", "cairn-coordinator")
# Of /proc/PID/status: no privileges to be had, a filter of system calls, no capability.
CONFINED = {"NoNewPrivs": "1", "Seccomp": "2", "CapInh": "0" * 16, "CapPrm": "0" * 16,
            "CapEff": "0" * 16, "CapBnd": "0" * 16, "CapAmb": "0" * 16}
PROPERTIES = {"User": "cairn", "UMask": "0077", "NoNewPrivileges": "yes",
              "ProtectSystem": "strict", "MemoryDenyWriteExecute": "yes", "LimitNOFILE": "65536",
              "LimitRTPRIO": "1", "Type": "notify"}


def shown(machine, unit, name):
    return machine.run(f"systemctl show --value -p {name} {unit}").strip()


def pid_of(machine, unit):
    return int(shown(machine, unit, "MainPID"))


def confined(machine, unit):
    status = dict(re.findall(r"^(\w+):\s*(.*)$",
                             machine.run(f"cat /proc/{pid_of(machine, unit)}/status"), re.M))
    user = machine.run("id -u cairn").strip()
    assert status["Uid"].split() == [user] * 4, status["Uid"]
    found = {name: status[name] for name in CONFINED}
    assert found == CONFINED, f"{unit}: {found}"
    for name, value in PROPERTIES.items():
        assert shown(machine, unit, name) == value, f"{unit}: {name}={shown(machine, unit, name)}"
    said = machine.run(f"systemd-analyze security --no-pager {unit} | tail -n 1", seconds=300)
    assert float(re.search(r"[\d.]+", said.partition(":")[2])[0]) <= EXPOSURE_MAX, said


def says_how_it_stands(machine, unit, wanted):
    machine.wait_for(f"systemctl status {unit} | grep -q 'Status: .*{wanted}'")


def journal(machine, unit, more=""):
    lines = machine.run(f"journalctl -b -u {unit} -o json --no-pager {more}").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def has_fields(machine, unit, member):
    """Its own lines, in the journal as fields: which event, of which member."""
    own = [entry for entry in journal(machine, unit) if entry.get("_COMM") != "systemd"]
    assert any(entry.get("CAIRN_MEMBER") == member and "MESSAGE_ID" in entry for entry in own), own


def quiet_when_idle(machine, goes_on):
    """Nothing is logged while goes_on() waits until the services have done their idle work. But for
    void markers: a guest that did not get the processor within the hold limit rightly tells."""
    machine.run("journalctl -b -u 'cairn-*' -n 0 --no-pager --cursor-file=/tmp/seen")
    goes_on()
    said = machine.run("journalctl -b -u 'cairn-*' --no-pager -q --cursor-file=/tmp/seen")
    told = [line for line in said.splitlines() if not re.search("void|markers are made again", line)]
    assert not told, said


def reloads(machine, unit):
    """SIGHUP by systemd, and the same process goes on."""
    pid = pid_of(machine, unit)
    machine.run("journalctl -b -n 0 --no-pager --cursor-file=/tmp/reload")
    machine.run(f"systemctl reload {unit}")
    machine.wait_for(f"[ $(systemctl is-active {unit}) = active ]")
    said = machine.run(f"journalctl -b -u {unit} --no-pager --cursor-file=/tmp/reload")
    assert "configuration" in said, said
    assert pid_of(machine, unit) == pid


def restarted_when_it_hangs(machine, thread):
    """Systemd ends a gateway one thread of which stands still, and starts it again."""
    switch = "/etc/cairn/conf.d/gateway-hang.toml"
    machine.run("mkdir -p /etc/cairn/conf.d; "
                f"printf '[testing]\\nhang = \"{thread}\"\\n' >{switch}")
    machine.run("systemctl restart cairn-gateway", seconds=300)
    pid = pid_of(machine, "cairn-gateway")
    machine.wait_for("[ $(systemctl show --value -p NRestarts cairn-gateway) -ge 1 ]")
    machine.run(f"rm {switch}; systemctl restart cairn-gateway", seconds=300)
    assert pid_of(machine, "cairn-gateway") != pid
    said = machine.run("journalctl -b -u cairn-gateway --no-pager")
    assert f"{thread} hangs" in said and "Failed with result 'watchdog'" in said, said
