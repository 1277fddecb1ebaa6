"""What a guest boots from: a kernel and an initramfs made of Debian's own packages.

Nothing is installed: packages are fetched with package lists of their own, which needs no root,
and unpacked beside the image. Libraries that they need and do not bring are this machine's, so this
machine must be of the same release of Debian.
"""

import glob
import os
import re
import shutil
import subprocess

from lab_client import FULL, run, skip

PACKAGES = ("busybox-static", "open-iscsi", "libisns0", "libopeniscsiusr", "libkmod2", "libmount1",
            "libsystemd0")
KERNEL = "linux-image-cloud-amd64"  # boots faster than linux-image-amd64, drives the same iSCSI
MODULES = ("virtio_pci", "virtio_net", "crc32c_intel", "libcrc32c", "iscsi_tcp", "sd_mod", "ext4")
OF_PACKAGES = ("bin/busybox", "sbin/iscsid", "sbin/iscsiadm")
OF_MACHINE = ("mkfs.ext4", "fsck.ext4", "lsblk")


class GuestImage:
    """`kernel` and `initramfs` are files in `directory`. `files`: path in the guest → its text."""

    def __init__(self, directory, files):
        self.directory = directory
        self.packages = os.path.join(directory, "packages")
        self.unpacked = os.path.join(directory, "unpacked")
        self.root = os.path.join(directory, "root")
        self.initramfs = os.path.join(directory, "initramfs")
        for made in (self.packages, self.unpacked, self.root):
            os.makedirs(made)
        self.fetch()
        self.kernel, = glob.glob(os.path.join(self.unpacked, "boot", "vmlinuz-*"))
        self.add_programs()
        self.add_modules()
        for path, text in files.items():
            self.add_text(path, text)
        self.pack()

    # ---- packages
    def apt(self, program, *words):
        """With lists and caches of its own: the machine's may be old, or not there."""
        own = [f"Dir::State::lists={self.packages}/lists", f"Dir::Cache={self.packages}/cache",
               "APT::Sandbox::User="]
        return run(program, "-q", *[word for option in own for word in ("-o", option)], *words,
                   cwd=self.packages, timeout=300)

    def update_lists(self):
        try:
            self.apt("apt-get", "-eany", "update")  # or no network would be a warning only
        except AssertionError as error:
            if FULL:
                raise
            skip(f"Debian's mirror can't be reached: {str(error).strip().splitlines()[-1]}")

    def fetch(self):
        for part in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.packages, part))
        self.update_lists()
        kernel = re.search(r"Depends: (linux-image-\S+)",
                           self.apt("apt-cache", "depends", KERNEL))[1]
        self.apt("apt-get", "download", kernel, *PACKAGES)
        for package in glob.glob(os.path.join(self.packages, "*.deb")):
            run("dpkg-deb", "-x", package, self.unpacked)

    # ---- programs
    def add(self, source, path):
        target = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)

    def add_text(self, path, text):
        target = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(target, 0o700)

    def add_programs(self):
        programs = [os.path.join(self.unpacked, path) for path in OF_PACKAGES]
        programs += [shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
                     for name in OF_MACHINE]
        for program in programs:
            self.add(program, "bin/" + os.path.basename(program))
            self.add_libraries(program)

    def add_libraries(self, program):
        """As this machine's loader would find them, those of the packages first."""
        brought = ":".join(os.path.join(self.unpacked, path, "x86_64-linux-gnu")
                           for path in ("lib", "usr/lib"))
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False,
                              env={**os.environ, "LD_LIBRARY_PATH": brought}).stdout
        assert "not found" not in said, f"{program}: {said}"
        for name, path in re.findall(r"(\S+) => (/\S+)", said):
            self.add(path, "lib/x86_64-linux-gnu/" + name)
        for loader in re.findall(r"^\s*(/lib64/\S+) \(", said, re.MULTILINE):
            self.add(loader, loader)

    # ---- modules of the kernel
    def add_modules(self):
        """/modules/NN-NAME.ko, in the order in which they can be loaded."""
        found = {module_name(path): path for path in glob.glob(
            os.path.join(self.unpacked, "lib/modules/*/kernel/**/*.ko"), recursive=True)}
        built_in, = glob.glob(os.path.join(self.unpacked, "lib/modules/*/modules.builtin"))
        with open(built_in, encoding="utf-8") as lines:
            there = {module_name(line.strip()) for line in lines}
        ordered = []
        for name in MODULES:
            in_order(name, found, there, ordered)
        for number, name in enumerate(ordered):
            self.add(found[name], f"modules/{number:02d}-{name}.ko")

    def pack(self):
        run("sh", "-c", f"find . | cpio --quiet -o -H newc -R 0:0 >{self.initramfs}", cwd=self.root)


def module_name(path):
    return os.path.basename(path).removesuffix(".ko").replace("-", "_")


def in_order(name, found, there, ordered):
    """Appends a module after those that it needs, unless the kernel has it anyway."""
    if name in there or name in ordered:
        return
    with open(found[name], "rb") as module:
        needed = re.search(rb"\0depends=([^\0]*)\0", module.read())
    for other in (needed[1].decode().split(",") if needed else ()):
        if other:
            in_order(module_name(other), found, there, ordered)
    ordered.append(name)
