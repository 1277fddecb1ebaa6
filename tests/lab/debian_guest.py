"""Debian 12 machines in QEMU, without KVM: systemd, a disk of their own that outlives a loss of
power, and one network of two, 192.0.2.1 and 192.0.2.2, with nothing beyond.

The first serial line is the console, a file; on the second is a root shell (serial_shell.py). A
second disk, read-only, carries files into the guest.
"""

import os
import subprocess

from lab_client import run
from layout import free_ports
from processes import tail
from serial_shell import SerialShell

MEMORY_MIB = 768
BOOT_SECONDS_MAX = 600  # 20 s on a machine that has nothing else to do


class DebianGuest:
    """One machine; `number` is the last of its address. `cable`: (own, other's) UDP port."""

    def __init__(self, directory, image, name, number, cable):
        os.makedirs(directory)
        self.image, self.name, self.number, self.cable = image, name, number, cable
        self.console = os.path.join(directory, "console")
        self.disk = os.path.join(directory, "disk")
        self.brought = None
        self.machine = self.shell = None
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, self.disk)

    def bring(self, directory):
        """What is in it is in the root shell's directory, too, once the machine has booted."""
        self.brought = self.disk + ".brought"
        run("mke2fs", "-q", "-t", "ext4", "-d", directory, self.brought, "256M")

    def command(self):
        """cache=unsafe: what the guest flushes is in this machine's memory, which outlives QEMU."""
        disks = [("root", self.disk, "format=qcow2")]
        if self.brought:
            disks.append(("brought", self.brought, "format=raw,readonly=on"))
        own, other = self.cable
        return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", str(MEMORY_MIB),
                "-nodefaults", "-display", "none",
                "-kernel", self.image.kernel, "-initrd", self.image.initramfs,
                "-append", "console=ttyS0 root=/dev/vda rw panic=-1 quiet loglevel=5 systemd.show_status=yes "
                           f"net.ifnames=0 systemd.hostname={self.name}",
                *[word for name, path, form in disks for word in (
                    "-drive", f"if=none,id={name},file={path},{form},cache=unsafe",
                    "-device", f"virtio-blk-pci,drive={name},serial={name}")],
                "-netdev", f"socket,id=net,udp=127.0.0.1:{other},localaddr=127.0.0.1:{own}",
                "-device", "virtio-net-pci,netdev=net,romfile=,"
                           f"mac=52:54:00:00:02:{self.number:02x}",
                "-serial", f"file:{self.console}", "-serial", "stdio"]

    # ---- power
    def power_on(self):
        self.machine = subprocess.Popen(self.command(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        self.shell = SerialShell(self.machine)

    def wait_booted(self):
        self.shell.answer(f"boot of {self.name}", BOOT_SECONDS_MAX)
        self.fetch_brought()
        _, said = self.run("systemctl is-system-running --wait", check=False,
                           seconds=BOOT_SECONDS_MAX)
        assert said.strip() == "running", f"{self.name}: {said}{self.run('systemctl --failed')}"

    def pull_the_plug(self):
        """What the guest had not flushed may be gone; that is what a loss of power is."""
        if self.machine:
            self.machine.kill()
            self.machine.wait()
            self.machine = None

    def reboot(self, command):
        """By the guest itself; the shell says nothing more before it is up again."""
        self.machine.stdin.write(command.encode() + b"\n")
        code, said = self.shell.answer(command, 60)
        assert code == 0, said
        self.wait_booted()

    # ---- commands
    def run(self, command, check=True, seconds=120):
        return self.shell.run(command, check, seconds)

    def wait_for(self, condition, seconds=300):
        """Until this command ends with 0."""
        code, said = self.run(f"for i in $(seq {seconds}); do {condition} && exit 0; sleep 1; "
                              "done; exit 1", check=False, seconds=2 * seconds + 60)
        assert code == 0, f"{self.name}: {condition}: not within {seconds} s\n{said}"

    def fetch_brought(self):
        self.run("mount -o ro /dev/disk/by-id/virtio-brought /mnt && cp -r /mnt/* . && umount /mnt")

    def evidence(self):
        """For a test that fails: what the services said."""
        print(f"--- console of {self.name}\n{tail(self.console, 20)}", flush=True)
        if not self.machine or self.machine.poll() is not None:
            return
        self.shell.unread = b""
        try:
            _, said = self.run("systemctl --failed --no-legend; journalctl -b -q --no-pager -n 60 "
                               "-u 'cairn-*' -p info; journalctl -k -p warning -q --no-pager -n 20",
                               check=False)
        except AssertionError as no_answer:
            said = str(no_answer)
        print(said, flush=True)


class Machines:
    """Up to two, a and b, from power on until the block's end; `brought`: see DebianGuest.bring."""

    def __init__(self, directory, image, names, brought):
        ports = free_ports(2)
        self.machines = {
            name: DebianGuest(os.path.join(directory, name), image, name, number, cable)
            for name, number, cable in (("a", 1, ports), ("b", 2, ports[::-1])) if name in names}
        for machine in self.machines.values():
            machine.bring(brought)

    def __enter__(self):
        try:
            for machine in self.machines.values():
                machine.power_on()
            for machine in self.machines.values():
                machine.wait_booted()
        except BaseException:
            self.end()
            raise
        return self.machines

    def __exit__(self, kind, error, trace):
        try:
            if kind is not None and issubclass(kind, Exception):
                for machine in self.machines.values():
                    machine.evidence()
        finally:
            self.end()

    def end(self):
        for machine in self.machines.values():
            machine.pull_the_plug()
