#!/usr/bin/python3
"""Real initiators on a gateway: fio with verify through qemu-nbd, ext4 on a FUSE export of the LUN by
qemu-storage-daemon, CHAP, and one volume written over NBD and iSCSI at once, overlapping: both
sides of the pair hold the same bytes, and every restart of the gateway is survived."""

import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import mounts  # noqa: E402
import processes  # noqa: E402
from lab_client import Lab, need, run, wait_for  # noqa: E402

# Of them each front end makes half.
OVERLAPPING_WRITES = 1_000_000
VOLUME = 64 << 20
SECRET, MUTUAL_SECRET = "a-secret-of-20-bytes", "another-one-longer"


def started(lab, name, *command):
    return processes.start([str(word) for word in command],
                           os.path.join(lab.directory, f"{name}.log"))


class QemuNbd:
    """The LUN as an NBD export, by QEMU's iSCSI initiator."""

    def __init__(self, lab, uri):
        self.socket = os.path.join(lab.described["sockets"], "bridge")
        self.entry = started(lab, "qemu-nbd", "qemu-nbd", "--persistent", "--shared=8",
                             "--format=raw", "-k", self.socket, uri)
        wait_for("qemu-nbd serves", lambda: os.path.exists(self.socket))
        self.uri = f"nbd+unix:///?socket={self.socket}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        processes.stop([self.entry])


def verify(lab):
    with QemuNbd(lab, lab.iscsi("m1.primary")) as bridge:
        for words in (["--rw=randwrite", "--bs=4k", "--iodepth=32"],
                      ["--rw=randwrite", "--bsrange=512-128k", "--bs_unaligned=0", "--iodepth=8"]):
            run("fio", "--name=verify", "--ioengine=nbd", f"--uri={bridge.uri}", "--numjobs=4",
                "--size=8m", "--offset_increment=8m", "--verify=crc32c", "--verify_fatal=1",
                "--verify_state_save=0", "--do_verify=1", "--group_reporting", *words)
    lab.same_images()
    print("  fio through qemu-nbd, 4 jobs: every block as written, on both sides", flush=True)


class FuseDisk(mounts.Volume):
    """ext4 on a file that qemu-storage-daemon makes of the LUN."""

    def open(self):
        url = self.uri.removeprefix("iscsi://")
        portal, target, lun = url.split("/")
        self.file = os.path.join(self.base, "lun")
        open(self.file, "wb").close()
        self.entry = processes.start(
            ["qemu-storage-daemon", "--blockdev",
             f"driver=iscsi,node-name=lun,transport=tcp,portal={portal},target={target},lun={lun}",
             "--export", f"type=fuse,id=e,node-name=lun,mountpoint={self.file},writable=on"],
            os.path.join(self.base, "log"))
        wait_for("the FUSE export", lambda: os.path.getsize(self.file) > 0)
        with processes.undisturbed():
            self.disk = self.command("losetup", "--find", "--show", self.file).strip()

    def release(self):
        super().release()
        processes.stop([self.entry])
        for name in ("log", "lun"):
            os.unlink(os.path.join(self.base, name))
        os.rmdir(self.base)


def file_system(lab):
    if why := mounts.usable():
        print(f"  ext4: skipped, {why}", flush=True)
        return
    disk = FuseDisk(lab.iscsi("m1.primary"))
    try:
        disk.open()
        disk.format()
        root = disk.mount()
        with open(os.path.join(root, "file"), "wb") as out:
            out.write(os.urandom(8 << 20))
            out.flush()
            os.fsync(out.fileno())
        before = run("sha256sum", os.path.join(root, "file"))
        run("umount", root)
        disk.mounted = False
        disk.check()
        disk.mount()
        assert run("sha256sum", os.path.join(root, "file")) == before
    finally:
        disk.release()
    print("  ext4 on a FUSE export of the LUN: mounted twice, the file as written", flush=True)


def load(lab, *words):
    program = os.path.join(lab.described["bin"], "iscsi_load")
    return subprocess.Popen([program, f"--uri={lab.iscsi('m1.primary')}", *words],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def both_front_ends(lab):
    """4 KiB at multiples of 512, so that nearly every write overlaps others in part."""
    half = OVERLAPPING_WRITES // 2
    over_iscsi = load(lab, "--rw=randwrite", "--bs=4k", "--blockalign=512", "--iodepth=32",
                      f"--size={VOLUME}", f"--io_size={half * 4096}", "--randseed=5", "--end_fsync=1")
    run("fio", "--name=both", "--ioengine=nbd", f"--uri={lab.uri('m1.primary')}", "--rw=randwrite",
        "--bs=4k", "--blockalign=512", "--iodepth=32", f"--size={VOLUME}",
        f"--io_size={half * 4096}", "--norandommap", "--randseed=6", "--end_fsync=1", timeout=280)
    said, _ = over_iscsi.communicate(timeout=280)
    assert over_iscsi.returncode == 0, said
    lab.same_images()
    print(f"  {2 * half:,} overlapping writes over NBD and iSCSI at once: both sides the same",
          flush=True)


def survives_a_kill(lab):
    """QEMU's initiator logs in again by itself, and no write is lost or doubled."""
    with QemuNbd(lab, lab.iscsi("m1.primary")) as bridge:
        fio = subprocess.Popen(
            ["fio", "--name=kill", "--ioengine=nbd", f"--uri={bridge.uri}", "--rw=randwrite",
             "--bs=4k", "--iodepth=16", "--size=32m", "--io_size=96m", "--rate_iops=4000",
             "--verify=crc32c", "--verify_fatal=1", "--verify_state_save=0", "--do_verify=1"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=lab.directory)
        for _ in range(2):
            time.sleep(1.5)
            lab.kill("m1.primary")
            lab.start("m1.primary")
        said, _ = fio.communicate(timeout=120)
        assert fio.returncode == 0, said
    lab.same_images()
    print("  kill -9 twice under load through qemu-nbd: no error, every block as written", flush=True)


def secret_file(directory, name, secret):
    path = os.path.join(directory, name)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as out:
        out.write(secret + "\n")
    return path


def inquiry(uri):
    return run("iscsi-inq", uri, check=False, timeout=30)


def chap():
    """libiscsi knows no digest but MD5, so that has to be allowed."""
    with tempfile.TemporaryDirectory(prefix="cairn-chap-", dir="/tmp") as directory:
        own = secret_file(directory, "own", SECRET)
        theirs = secret_file(directory, "mutual", MUTUAL_SECRET)
        lines = "\n".join(['digests = ["sha256", "md5"]', 'user = "host"', f'secret_file = "{own}"',
                           'mutual_user = "cairn"', f'mutual_secret_file = "{theirs}"'])
        with Lab(members=1, alone=True, iscsi=lines) as lab:
            plain = lab.iscsi("m1.primary")

            def signed(secret, more=""):
                return plain.replace("iscsi://", f"iscsi://host%{secret}@") + more
            mutual = f"?target_user=cairn&target_password={MUTUAL_SECRET}"
            assert inquiry(plain).returncode != 0, "logged in without CHAP"
            assert inquiry(signed("a-wrong-secret-of-20")).returncode != 0
            assert inquiry(signed(SECRET)).returncode == 0
            assert inquiry(signed(SECRET, mutual)).returncode == 0
            assert inquiry(signed(SECRET, mutual + "x")).returncode != 0, "anybody is believed"
            refused = lab.log_of("m1.primary")
            assert SECRET not in refused and "authenticat" in refused.lower(), refused[-500:]
    print("  CHAP, one-way and mutual: only with the right secrets, and the log says why", flush=True)


def main():
    need("fio", "qemu-nbd", "qemu-storage-daemon", "iscsi-inq", "nbdcopy")
    with Lab(members=1, size=f"{VOLUME >> 20}MiB", marker_interval="200ms") as lab:
        assert inquiry(lab.iscsi("m1.secondary")).returncode != 0, "a secondary is exported"
        verify(lab)
        file_system(lab)
        both_front_ends(lab)
        survives_a_kill(lab)
        lab.take_over()
        found = wait_for("the promoted side is exported",
                         lambda: (i := inquiry(lab.iscsi("m1.secondary"))).returncode == 0 and i)
        assert "CAIRN" in found.stdout, found.stdout
        print("  a secondary is exported after promotion, not before", flush=True)
    chap()


if __name__ == "__main__":
    main()
