"""A Debian 12 of its own in a directory: packages are installed there, servers run there.

A test runs in mount and pid namespaces of its own (`isolated`), so that whatever it mounts and
starts is gone when it ends. The root is unpacked from an archive in build/chroots, made once with
mmdebstrap; it has what our packages depend on, so that installing them needs no network.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

from lab_client import need, run, skip

ARCHIVES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "chroots")
# systemd brings sysusers and tmpfiles; the others are for the tests.
ALSO = ("systemd", "libnbd-bin", "apt-utils")

# What apt, dpkg and others write to about each package, or about users, which Debian's packages
# leave so that nobody else gets their number.
OF_THE_SYSTEM = re.compile(
    r"/(proc|sys|dev|tmp|debs|root/.rpmdb)(/|$)|/var/(cache|log|lib/(apt|dpkg)|lib/systemd/catalog)(/|$)"
    r"|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/\.pwd\.lock$|/etc/ld\.so\.cache$")


def isolated():
    """Starts the script again in namespaces of its own, unless that was done."""
    if os.geteuid() != 0:
        skip("a root of its own needs root")
    need("mmdebstrap", "unshare")
    if os.environ.get("CAIRN_ISOLATED") != "1":
        os.environ["CAIRN_ISOLATED"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--pid", "--fork", "--kill-child",
                              "--mount-proc", sys.executable, *sys.argv])


def needed_by(debs):
    """Names of the packages that ours depend on; of alternatives the first."""
    fields = ",".join(run("dpkg-deb", "-f", deb, "Depends") for deb in debs)
    names = {re.split(r"[ (|:]", one.strip())[0] for one in fields.split(",")}
    return {name for name in names if name and not name.startswith("cairn")}


def archive(needed):
    """The archive of a Debian that has these packages; made when there is none."""
    names = sorted({*needed, *ALSO})
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    path = os.path.join(ARCHIVES, f"debian12-{key}.tar")
    if not os.path.exists(path):
        os.makedirs(ARCHIVES, exist_ok=True)
        unfinished = os.path.join(ARCHIVES, "unfinished.tar")
        run("mmdebstrap", "--variant=minbase", f"--include={','.join(names)}", "bookworm",
            unfinished, "http://deb.debian.org/debian", timeout=1200)
        os.rename(unfinished, path)
    return path


class DebianRoot:
    """Gone when the block ends. `needed` are Debian packages that are there from the start."""

    def __init__(self, needed):
        self.path = tempfile.mkdtemp(prefix="cairn-root-", dir="/tmp")
        run("tar", "-x", "-C", self.path, "-f", archive(needed))
        run("mount", "-t", "proc", "proc", self.inside("/proc"))
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("/etc/apt/apt.conf.d/99test", 'APT::Sandbox::User "root";\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run("umount", "--lazy", self.inside("/proc"))
        shutil.rmtree(self.path)

    def inside(self, path):
        return self.path + path

    def write(self, path, text, mode=0o644):
        with open(self.inside(path), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(self.inside(path), mode)

    def run(self, *command, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        return run("chroot", self.path, *command, env=environment, **options)

    def install(self, debs):
        """What apt said."""
        shutil.rmtree(self.inside("/debs"), ignore_errors=True)
        os.mkdir(self.inside("/debs"))
        names = [shutil.copy(deb, self.inside("/debs"))[len(self.path):] for deb in debs]
        return self.run("apt-get", "install", "-y", "--no-install-recommends", *names)

    def start(self, *command, user="cairn", group="cairn"):
        """A server; its output is ours."""
        return subprocess.Popen(["chroot", f"--userspec={user}:{group}", self.path, *command],
                                stdin=subprocess.DEVNULL)

    def files(self):
        """path → what it is, of all that packages and servers may leave."""
        found = {}
        for directory, below, names in os.walk(self.path):
            below[:] = [name for name in below
                        if not OF_THE_SYSTEM.match(self.outside(directory, name))]
            for name in below + names:
                if not OF_THE_SYSTEM.match(self.outside(directory, name)):
                    found[self.outside(directory, name)] = describe(os.path.join(directory, name))
        return found

    def outside(self, directory, name):
        return os.path.join(directory, name)[len(self.path):]


def describe(path):
    """Type, mode, owner and contents, as far as they matter to a comparison."""
    status = os.lstat(path)
    what = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
    if os.path.islink(path):
        return f"{what} {os.readlink(path)}"
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return f"{what} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    return what
