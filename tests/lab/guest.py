"""A Linux guest in QEMU, without KVM, to which the host's loopback is 10.0.2.2.

Its first serial line is the kernel's log, a file. On the second is its shell (serial_shell.py).
"""

import os
import subprocess

from guest_image import GuestImage
from processes import tail
from serial_shell import SerialShell

HOST = "10.0.2.2"
MEMORY_MIB = 512
BOOT_SECONDS_MAX = 120

PASSWD = "root:x:0:0:root:/:/bin/sh\n"  # iscsid asks for the name of who speaks to it

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
for module in /modules/*.ko; do insmod $module || echo "insmod $module failed" >/dev/kmsg; done
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
stty -F /dev/ttyS1 raw -echo
exec </dev/ttyS1 >/dev/ttyS1 2>&1
echo "<<<0>>>"
while read -r line; do
  ( eval "$line" ) </dev/null
  echo "<<<$?>>>"
done
poweroff -f
"""


class Guest:
    """Runs until the block ends. `files`: path in the guest → its text."""

    def __init__(self, directory, files):
        os.makedirs(directory)
        self.image = GuestImage(directory, {"/init": INIT, "/etc/passwd": PASSWD, **files})
        self.console = os.path.join(directory, "console")
        self.machine = None
        self.shell = None

    def __enter__(self):
        self.machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", str(MEMORY_MIB),
             "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", self.image.kernel, "-initrd", self.image.initramfs,
             "-append", "console=ttyS0 panic=-1 quiet loglevel=7",
             "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
             "-serial", f"file:{self.console}", "-serial", "stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.shell = SerialShell(self.machine)
        try:
            self.shell.answer("boot", BOOT_SECONDS_MAX)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, Exception):
            print(f"--- the guest's kernel\n{tail(self.console, 40)}", flush=True)
        self.end()

    def end(self):
        self.machine.kill()
        self.machine.wait()

    def run(self, command, check=True, seconds=60):
        return self.shell.run(command, check, seconds)
