#!/usr/bin/python3
"""A real kernel initiator: Debian's kernel and open-iscsi in a guest. Discovery, login with mutual
CHAP, ext4 under load while the gateway is killed and started again: the guest sees no error, and
each file holds what was written. Then the volume grows under it."""

import os
import random
import secrets
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from guest import HOST, Guest  # noqa: E402
from lab_client import FULL, Lab, need, seed, skip, wait_for  # noqa: E402
from layout import iscsi_target  # noqa: E402

KILLS = 10
SIZE_MIB = 512
WORKERS, FILES = 3, 30  # files of each worker, written over again and again
CHAP_ALGS = "SHA3-256,SHA256,SHA1,MD5"
SOURCES = 7  # shares no divisor with FILES
TARGET = iscsi_target("m1-v1")
REFUSED_BY_GATEWAY, REFUSED_BY_GUEST = 24, 19  # iscsiadm(8): LOGIN_AUTH_FAILED, FATAL_LOGIN
LOAD_SECONDS_MAX = 90  # until writes go on: a boot of the gateway, and 5 s of open-iscsi's patience

SOURCE = """#!/bin/sh
# What the workers write: /tmp/source-N, and in /tmp/sum-N its checksum.
dd if=/dev/urandom of=/tmp/source-$1 bs=256k count=$(($1 + 1)) 2>/dev/null
sha1sum </tmp/source-$1 | cut -d " " -f 1 >/tmp/sum-$1
"""

# Each file is read back when all is done: what it must hold is in the guest's memory.
WRITER = f"""#!/bin/sh
# One worker: files of 256 KiB to 2 MiB, each on the disk (fsync) before the next begins. What they
# hold was drawn before, so that the load is the disk's; a name never gets the same twice in a row.
number=0
while [ ! -e /run/stop ]; do
  number=$((number + 1))
  name=$1-$((number % {FILES}))
  source=$((number % {SOURCES}))
  dd if=/tmp/source-$source of=/mnt/$name bs=256k conv=fsync 2>/run/said-$1 ||
    {{ cp /run/said-$1 /run/error-$1; break; }}
  echo "$(cat /tmp/sum-$source)  $name" >/run/sum-$name
  echo $number >/run/count-$1
done
touch /run/ended-$1
"""


def iscsid_conf(secret, mutual_secret, finder_secret):
    """chap_algs is of discovery, too; without it MD5 alone is offered, and refused."""
    return f"""node.session.auth.authmethod = CHAP
node.session.auth.chap_algs = {CHAP_ALGS}
node.session.auth.username = guest
node.session.auth.password = {secret}
node.session.auth.username_in = cairn
node.session.auth.password_in = {mutual_secret}
discovery.sendtargets.auth.authmethod = CHAP
discovery.sendtargets.auth.username = finder
discovery.sendtargets.auth.password = {finder_secret}
"""


class Scene:
    def __init__(self, lab, guest, port):
        self.lab, self.guest, self.portal = lab, guest, f"{HOST}:{port}"

    def node(self, words, check=True):
        return self.guest.run(f"iscsiadm -m node -T {TARGET} -p {self.portal} {words}",
                              check=check, seconds=90)

    def set_key(self, key, value):
        self.node(f"-o update -n {key} -v {value}")

    # ---- sessions
    def discover(self):
        self.guest.run("mkdir -p /run/lock/iscsi; iscsid")
        said = self.guest.run(f"iscsiadm -m discovery -t sendtargets -p {self.portal}")
        assert said.split() == [f"{self.portal},1", TARGET], said
        print(f"  discovery: {said.strip()}", flush=True)

    def expect_refused(self, key, right, wrong, expected):
        """A login with one thing wrong; with the right one it is made later."""
        self.set_key(key, wrong)
        code, said = self.node("--login", check=False)
        assert code == expected, f"a login with {key} = {wrong} ended with {code}: {said}"
        self.set_key(key, right)

    def login(self):
        self.node("--login")
        self.guest.run("i=0; while ! [ -b /dev/sda ]; do i=$((i + 1)); [ $i -lt 50 ]; "
                       "[ $i = 50 ] && exit 1; sleep 0.2; done")
        said = self.guest.run("iscsiadm -m session -P 3")
        for wanted in (f"Target: {TARGET}", "username: guest", "username_in: cairn",
                       "iSCSI Session State: LOGGED_IN", "sda\t\tState: running"):
            assert wanted in said, f"{wanted} is not in\n{said}"

    def logout(self):
        self.node("--logout")
        self.guest.run("! [ -e /sys/block/sda ]")

    # ---- the disk
    def look_at_disk(self):
        told = self.guest.run("cat /sys/block/sda/device/vendor /sys/block/sda/device/model "
                              "/sys/block/sda/size /sys/block/sda/queue/write_cache "
                              "/sys/block/sda/queue/fua").split()
        print(f"  the disk: {' '.join(told)}", flush=True)
        assert told[0] == "CAIRN" and told[-3:] == ["write", "back", "1"], told
        log = self.guest.run("dmesg")
        assert "Write cache: enabled, read cache: enabled, supports DPO and FUA" in log, log
        discard = self.guest.run("lsblk -D -n -o DISC-GRAN,DISC-MAX /dev/sda").split()
        assert discard and all(size != "0B" for size in discard), discard

    def make_file_system(self):
        self.guest.run("mkfs.ext4 -q /dev/sda", seconds=120)
        self.mount()

    def mount(self):
        self.guest.run("mount -t ext4 -o errors=remount-ro /dev/sda /mnt")

    def grow(self, mib):
        """The kernel is told at its next command; who mounted it decides when to look."""
        for name in ("m1.secondary", "m1.primary"):
            self.lab.resize(name, mib)
        self.guest.run("dd if=/dev/sda of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null")
        assert "Capacity data has changed" in self.guest.run("dmesg")
        self.node("--rescan")
        assert self.guest.run("cat /sys/block/sda/size").strip() == str(mib * 2048)

    # ---- load
    def start_load(self):
        for source in range(SOURCES):
            self.guest.run(f"/source {source}")
        for worker in range(WORKERS):
            self.guest.run(f"/writer {worker} >/dev/null 2>&1 &")

    def written(self):
        """How many files each worker has finished."""
        error = self.guest.run("cat /run/error-* 2>/dev/null; true")
        assert not error, f"a write failed: {error}"
        said = self.guest.run("cat /run/count-* 2>/dev/null; true").split()
        return [int(count) for count in said] if len(said) == WORKERS else [0] * WORKERS

    def wait_for_writes(self):
        """Every worker finishes two more files: at least the second began after now."""
        before = self.written()
        start = time.monotonic()
        wait_for("every worker goes on",
                 lambda: all(now >= then + 2 for now, then in zip(self.written(), before)),
                 LOAD_SECONDS_MAX)
        return time.monotonic() - start

    def all_wait(self):
        """Whether every worker sleeps in the kernel until its write or fsync is through."""
        said = self.guest.run("grep -l '^State:.D' /proc/[0-9]*/status 2>/dev/null | "
                              "xargs -r grep -hx 'Name:.dd' 2>/dev/null; true")
        return len(said.splitlines()) == WORKERS

    def connection_errors(self):
        return self.guest.run("dmesg").count("detected conn error")

    def kill_and_start(self, number):
        errors = self.connection_errors()
        self.lab.kill("m1.primary")
        wait_for("every worker waits for the gateway", self.all_wait)
        self.lab.start("m1.primary")
        seconds = self.wait_for_writes()
        assert self.connection_errors() > errors, "the guest's connection was never lost"
        self.expect_no_error()
        print(f"  kill -9 number {number}: all workers waited; each wrote two files within "
              f"{seconds:.1f} s after it was ready; so far {sum(self.written())}", flush=True)

    def stop_load(self):
        ended = f"[ $(ls /run/ended-* 2>/dev/null | wc -l) = {WORKERS} ]"
        self.guest.run(f"touch /run/stop; until {ended}; do sleep 0.2; done", seconds=120)

    # ---- the verdict
    def expect_no_error(self):
        self.written()
        log = self.guest.run("dmesg")
        for bad in ("I/O error", "Remounting filesystem read-only", "EXT4-fs error", "Buffer I/O",
                    "Sense Key", "rejecting I/O", "BUG:", "timing out command"):
            assert bad not in log, f"the guest's kernel says {bad}:\n{log[-6000:]}"
        mounts = self.guest.run("grep /mnt /proc/mounts || true")
        assert " ro," not in mounts, mounts

    def expect_files(self):
        """After a login of its own, so that nothing comes from the guest's memory."""
        said = self.guest.run("cat /run/sum-* >/run/sums; wc -l </run/sums; "
                              "cd /mnt && sha1sum -c /run/sums | grep -v ': OK$'; true",
                              seconds=240)
        count, *wrong = said.split("\n", 1)
        assert int(count) > 0 and not "".join(wrong).strip(), f"of {count} files wrong: {wrong}"
        print(f"  {count} files hold what was written", flush=True)

    def trim(self):
        self.guest.run("rm -rf /mnt/*; sync")
        said = self.guest.run("fstrim -v /mnt", seconds=120)
        print(f"  fstrim: {said.strip()}", flush=True)


def play(scene, secret, mutual_secret, draw):
    scene.discover()
    auth = "node.session.auth."
    scene.expect_refused(auth + "password", secret, "nobodys-secret", REFUSED_BY_GATEWAY)
    scene.expect_refused(auth + "password_in", mutual_secret, "nobodys-secret", REFUSED_BY_GUEST)
    scene.expect_refused(auth + "chap_algs", CHAP_ALGS, "MD5", REFUSED_BY_GATEWAY)
    scene.login()
    scene.look_at_disk()
    scene.make_file_system()
    scene.start_load()
    scene.wait_for_writes()
    for number in range(1, KILLS + 1):
        time.sleep(draw.uniform(0.2, 1.0))
        scene.kill_and_start(number)
    scene.stop_load()
    scene.guest.run("umount /mnt")
    scene.logout()
    scene.set_key("node.conn[0].iscsi.HeaderDigest", "CRC32C")
    scene.set_key("node.conn[0].iscsi.DataDigest", "CRC32C")
    scene.login()
    scene.guest.run("fsck.ext4 -f -n /dev/sda", seconds=120)
    scene.mount()
    scene.expect_files()
    scene.trim()
    scene.grow(2 * SIZE_MIB)
    scene.guest.run("umount /mnt")
    scene.logout()
    scene.expect_no_error()


def secret_file(directory, name):
    """(path, secret)"""
    path, secret = os.path.join(directory, name), secrets.token_hex(8)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as out:
        out.write(secret)
    return path, secret


def main():
    if not FULL:
        skip("boots a guest: only with CAIRN_FULL=1, as in ./dev check --full")
    need("qemu-system-x86_64", "cpio", "apt-get", "dpkg-deb", "mkfs.ext4")
    draw = random.Random(seed())
    with tempfile.TemporaryDirectory(prefix="cairn-guest-", dir="/tmp") as directory:
        files = {name: secret_file(directory, name) for name in ("guest", "cairn", "finder")}
        (_, secret), (_, mutual_secret), (_, finder_secret) = files.values()
        chap = "\n".join([f'portals = ["{HOST}:{{port}}"]',
                          'user = "guest"', f'secret_file = "{files["guest"][0]}"',
                          'mutual_user = "cairn"', f'mutual_secret_file = "{files["cairn"][0]}"',
                          'discovery_user = "finder"',
                          f'discovery_secret_file = "{files["finder"][0]}"'])
        guest = Guest(os.path.join(directory, "machine"), {
            "/etc/iscsi/iscsid.conf": iscsid_conf(secret, mutual_secret, finder_secret),
            "/etc/iscsi/initiatorname.iscsi": "InitiatorName=iqn.1993-08.org.debian:01:guest\n",
            "/source": SOURCE, "/writer": WRITER})
        with Lab(members=1, marker_interval="200ms", size=f"{SIZE_MIB}MiB", iscsi=chap) as lab, guest:
            port = lab.entry("m1.primary")["ports"]["iscsi"][0]
            play(Scene(lab, guest, port), secret, mutual_secret, draw)
            lab.same_images()
            print("  both sides of the pair are equal", flush=True)


if __name__ == "__main__":
    main()
