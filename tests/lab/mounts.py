"""ext4 on a volume of a gateway, without any kernel NBD: nbdfuse makes the export a file, a loop
device makes the file a disk. Where one of them is missing, `usable` says which.

e2fsck and mkfs work on the loop device, too, not on the file: they write single bytes to files, and
an export takes multiples of 512."""

import os
import subprocess
import tempfile
import time

import processes


def usable():
    """None, or the reason why volumes cannot be mounted here."""
    if os.geteuid() != 0:
        return "mounting needs root"
    for path in ("/dev/fuse", "/dev/loop-control"):
        if not os.path.exists(path):
            return f"there is no {path}"
    for program in ("nbdfuse", "mkfs.ext4", "losetup", "fusermount3"):
        if subprocess.run(["which", program], capture_output=True, check=False).returncode != 0:
            return f"{program} is not installed"
    return None


class Volume:
    """An export as a file, and what is mounted from it. release() undoes all, in any state."""

    def __init__(self, uri):
        self.uri = uri
        self.base = tempfile.mkdtemp(prefix="cairn-mount-", dir="/tmp")
        self.fuse = os.path.join(self.base, "fuse")
        self.root = os.path.join(self.base, "root")
        self.file = os.path.join(self.fuse, "nbd")
        os.mkdir(self.fuse)
        os.mkdir(self.root)
        self.mounted = False
        self.disk = None
        self.server = None

    def open(self):
        """Whoever calls it has made sure that release() will be called, whatever happens here."""
        with processes.undisturbed():
            self.server = subprocess.Popen(["nbdfuse", self.fuse, self.uri], text=True,
                                           start_new_session=True, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.wait_for_file()
        with processes.undisturbed():
            self.disk = self.command("losetup", "--find", "--show", self.file).strip()

    def wait_for_file(self):
        end = time.monotonic() + 10
        while not os.path.exists(self.file):
            if self.server.poll() is not None or time.monotonic() > end:
                said = self.server.stderr.read() if self.server.poll() is not None else "no answer"
                raise OSError(f"nbdfuse {self.uri}: {said.strip()}")
            time.sleep(0.02)

    def command(self, *words, good=(0,)):
        done = subprocess.run(words, capture_output=True, text=True, check=False,
                              start_new_session=True)
        if done.returncode not in good:
            raise OSError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def format(self):
        self.command("mkfs.ext4", "-q", "-F", "-E", "nodiscard", self.disk)

    def check(self):
        """fsck that replays ext4's journal first and repairs nothing silently: 1 means replayed."""
        return self.command("e2fsck", "-f", "-p", self.disk, good=(0, 1)).strip()

    def mount(self):
        with processes.undisturbed():
            self.command("mount", self.disk, self.root)
            self.mounted = True
        return self.root

    def release(self):
        """Quick even when the server behind it is dead."""
        if self.mounted:
            if subprocess.run(["umount", self.root], capture_output=True, check=False).returncode:
                subprocess.run(["umount", "-l", self.root], capture_output=True, check=False)
            self.mounted = False
        if self.disk:
            subprocess.run(["losetup", "--detach", self.disk], capture_output=True, check=False)
            self.disk = None
        if self.server:
            self.end_server()
        for path in (self.root, self.fuse, self.base):
            try:
                os.rmdir(path)
            except OSError:
                pass

    def end_server(self):
        """nbdfuse ends when its directory is unmounted; it may not have mounted it yet."""
        if subprocess.run(["fusermount3", "-u", self.fuse], capture_output=True,
                          check=False).returncode:
            self.server.kill()
        try:
            self.server.wait(5)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        subprocess.run(["fusermount3", "-u", "-z", self.fuse], capture_output=True, check=False)
        self.server.stderr.close()
        self.server = None
