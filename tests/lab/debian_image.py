"""A whole Debian 12 with systemd as the disk of a guest, made by mmdebstrap once and kept.

build/guest-cache/KEY has the disk, the kernel and the initramfs; KEY is made of all that the disk
depends on. The disk holds Debian's package lists, and in apt's cache what the packages to be
installed need, so that a guest without a network installs as any machine does: by `apt install`.
"""

import hashlib
import os
import shutil

import layout
import packages
from lab_client import run

INSTALLED = ("systemd-sysv", "dbus", "udev", "kmod", "iproute2", "e2fsprogs", "procps", "zstd",
             "linux-image-cloud-amd64", "fio", "qemu-utils", "qemu-block-extra")
DISK_SIZE = "24G"  # sparse; a journal of 16 GiB is made room for
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "getty@tty1.service",
          "serial-getty@ttyS0.service")

INITRAMFS = "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n"
INITRAMFS_MODULES = "virtio_pci\nvirtio_blk\n"

SHELL = """#!/bin/bash
# What serial_shell.py speaks to.
stty raw -echo
echo "<<<0>>>"
while read -r line; do
  ( eval "$line" ) </dev/null 2>&1
  echo "<<<$?>>>"
done
"""

SHELL_UNIT = """[Unit]
Description=The shell of whoever plays this machine's user
After=dbus.socket

[Service]
ExecStart=/usr/local/sbin/serial-shell
StandardInput=tty-force
StandardOutput=tty
TTYPath=/dev/ttyS1
WorkingDirectory=/root
Environment=HOME=/root LC_ALL=C.UTF-8 TERM=dumb
Environment=DEBIAN_FRONTEND=noninteractive SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
"""

NETWORK = """[Match]
MACAddress=52:54:00:00:02:{number:02x}

[Network]
Address=192.0.2.{number}/24
LinkLocalAddressing=no
LLDP=no
"""

FILES = {
    "etc/initramfs-tools/conf.d/guest": INITRAMFS,
    "etc/initramfs-tools/modules": INITRAMFS_MODULES,
    "etc/systemd/system/serial-shell.service": SHELL_UNIT,
    "usr/local/sbin/serial-shell": SHELL,
    **{f"etc/systemd/network/{number}.network": NETWORK.format(number=number)
       for number in (1, 2)},
}


class DebianImage:
    """`disk`, `kernel` and `initramfs` are files that nobody writes to; guests work on overlays.

    `install`: packages and files of packages that a guest can install without a network."""

    def __init__(self, install):
        self.install = install
        key = hashlib.sha256(repr(self.recipe()).encode()).hexdigest()[:16]
        cache = os.path.join(os.environ.get("CAIRN_BUILD", os.path.join(layout.ROOT, "build")),
                             "guest-cache")
        self.directory = os.path.join(cache, key)
        self.disk, self.kernel, self.initramfs = (
            os.path.join(self.directory, name) for name in ("disk", "vmlinuz", "initrd.img"))
        if not os.path.exists(self.directory):
            shutil.rmtree(cache, ignore_errors=True)  # a disk of an older recipe is of no use
            self.make()

    def recipe(self):
        """Of the files to install only what they need: a new build is no new disk."""
        needed = [packages.needs(word) if word.endswith(".deb") else word for word in self.install]
        return INSTALLED, MASKED, DISK_SIZE, FILES, needed

    def make(self):
        print("  making the guests' disk: some minutes, this once", flush=True)
        made = self.directory + ".new"
        root = os.path.join(made, "root")
        os.makedirs(made)
        files = os.path.join(made, "files")
        for path, text in FILES.items():
            add_text(os.path.join(files, path), text)
        run("mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt",
            f"--include={','.join(INSTALLED)}", f"--essential-hook=sync-in {files} /",
            f"--customize-hook={self.download()}", "bookworm", root, timeout=1500)
        self.finish(root)
        for name in ("vmlinuz", "initrd.img"):
            shutil.copy(os.path.join(root, name), os.path.join(made, name))
        run("mke2fs", "-q", "-t", "ext4", "-d", root, os.path.join(made, "disk"), DISK_SIZE,
            timeout=300)
        for used in (root, files):
            shutil.rmtree(used)
        os.rename(made, self.directory)

    def download(self):
        """With the guest's own lists and cache; Recommends too, as `apt install` has it."""
        return ('APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q -y --download-only '
                f"-o APT::Install-Recommends=true install {' '.join(self.install)}")

    def finish(self, root):
        """What would take a guest minutes: an initramfs that it never boots from, apt's indexes."""
        add_text(os.path.join(root, "etc/initramfs-tools/update-initramfs.conf"),
                 "update_initramfs=no\n")
        run("chroot", root, "apt-cache", "gencaches")
        os.truncate(os.path.join(root, "etc/machine-id"), 0)  # each guest draws its own
        run("systemctl", f"--root={root}", "enable", "systemd-networkd", "serial-shell")
        run("systemctl", f"--root={root}", "mask", *MASKED)


def add_text(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o755 if text.startswith("#!") else 0o644)
