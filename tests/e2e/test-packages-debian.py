#!/usr/bin/python3
"""The Debian packages in a Debian 12 of their own: install, serve, upgrade while hosts are served,
remove, purge, install again. What is left behind is compared, file by file."""

import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
from debian_root import DebianRoot, isolated, needed_by  # noqa: E402
from lab_client import need, run, wait_for  # noqa: E402
from layout import free_ports  # noqa: E402

NAMES = ("cairn-gateway", "cairn-coordinator", "cairn", "cairn-doc")
SOCKET = "/run/cairn/gateway.sock"
URI = f"nbd+unix:///db?socket={SOCKET}"
# A journal of one's own may be called like the coordinator's directory.
NAMESAKE = "/var/lib/cairn/coordinator-db"
OURS = ("/var/lib/cairn/m1", "/var/lib/cairn/gateway", "/var/lib/cairn/db.img", NAMESAKE)

GATEWAY = """[gateway]
name = "here"
state = "/var/lib/cairn/gateway"
[nbd]
socket = "{socket}"
[control]
listen = "127.0.0.1:{control}"
[[member]]
group = "g"
name = "m1"
role = "primary"
journal = {{ directory = "/var/lib/cairn/m1/journal", size = "64MiB", segment = "4MiB" }}
[[member.volume]]
name = "db"
path = "/var/lib/cairn/db.img"
size = "16MiB"
"""

COORDINATOR = """[coordinator]
name = "here"
group = "g"
role = "primary"
state = "/var/lib/cairn/coordinator"
socket = "/run/cairn/coordinator.sock"
[http]
listen = "127.0.0.1:{http}"
[[member]]
name = "m1"
control = "127.0.0.1:{control}"
"""


class Scene:
    def __init__(self, root):
        self.root = root
        self.control, self.http = free_ports(2)
        self.servers = {}

    def configure(self):
        ports = {"control": self.control, "http": self.http, "socket": SOCKET}
        for name, text in (("gateway", GATEWAY), ("coordinator", COORDINATOR)):
            self.root.write(f"/etc/cairn/{name}.toml", text.format(**ports))
            self.root.run(f"/usr/sbin/cairn-{name}", "--check-config", "--config",
                          f"/etc/cairn/{name}.toml")

    def start(self):
        for name in ("gateway", "coordinator"):
            self.servers[name] = self.root.start(f"/usr/sbin/cairn-{name}", "--config",
                                                 f"/etc/cairn/{name}.toml")
        wait_for("the export", self.serves)

    def serves(self):
        for name, server in self.servers.items():
            assert server.poll() is None, f"cairn-{name} ended with {server.returncode}"
        return self.root.run("nbdinfo", "--size", URI, check=False).returncode == 0

    def stop(self):
        for server in self.servers.values():
            server.send_signal(signal.SIGTERM)
        assert [server.wait(60) for server in self.servers.values()] == [0, 0]
        self.servers.clear()

    def write(self, content):
        with open(self.root.inside("/tmp/pattern"), "wb") as out:
            out.write(content)
        self.root.run("nbdcopy", "--flush", "/tmp/pattern", URI)

    def check(self, content):
        self.root.run("nbdcopy", URI, "/tmp/read-back")
        with open(self.root.inside("/tmp/read-back"), "rb") as read:
            assert read.read() == content, "the volume holds something else"


def difference(before, after):
    """Lines for what came, went and changed."""
    return [f"{path}: {before.get(path, 'not there')} → {after.get(path, 'not there')}"
            for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


def same(before, after):
    lines = difference(before, after)
    assert not lines, "\n".join(lines)


def is_ours(path):
    return path == "/var/lib/cairn" or any(
        path == mine or path.startswith(mine + "/") for mine in OURS)


def check_installed(root):
    """Directories as agreed, nothing started and nothing enabled."""
    said = root.run("stat", "-c", "%n %a %U:%G", "/etc/cairn", "/var/lib/cairn", "/run/cairn")
    assert said.splitlines() == ["/etc/cairn 750 root:cairn", "/var/lib/cairn 750 cairn:cairn",
                                 "/run/cairn 755 cairn:cairn"], said
    for unit in ("cairn-gateway.service", "cairn-coordinator.service"):
        said = root.run("systemctl", "is-enabled", unit, check=False).stdout
        assert said.strip() == "disabled", f"{unit}: {said}"
    root.run("perl", "-e", 'my %nrconf; my $file = shift; open(my $in, "<", $file) or die; '
             'eval join("", <$in>); die $@ if $@; '
             'my ($which) = keys %{$nrconf{override_rc}}; '
             'die unless "cairn-gateway\\@a.service" =~ /$which/;',
             "/etc/needrestart/conf.d/cairn-gateway.conf")
    for program in ("cairn", "cairn-gateway", "cairn-coordinator"):
        root.run(program, "--version")


def look_alike(root):
    """Somebody else's process whose program looks replaced; root must not run or believe it."""
    where = root.inside("/tmp/x /usr/sbin")
    os.makedirs(where)
    program = os.path.join(where, "cairn-coordinator")
    shutil.copy(root.inside("/usr/bin/sleep"), program)
    running = root.start("/tmp/x /usr/sbin/cairn-coordinator", "1000", user="nobody", group="nogroup")
    wait_for("it runs", lambda: os.readlink(f"/proc/{running.pid}/exe").endswith("cairn-coordinator"))
    shutil.rmtree(root.inside("/tmp/x "))
    return running


def check_upgrade(scene, newer):
    """An upgrade under hosts: the same processes serve on, and the package says which they are."""
    root = scene.root
    stranger = look_alike(root)
    configuration = {path: what for path, what in root.files().items()
                     if path.startswith("/etc/cairn")}
    version = root.run("/usr/sbin/cairn-gateway", "--version").split(maxsplit=1)[1].strip()
    said = root.install(newer)
    for name, server in scene.servers.items():
        assert server.poll() is None, f"the upgrade ended cairn-{name}"
        assert f"process {server.pid} still runs Cairn {version}; installed is" in said, said
    assert said.count("still runs") == 2, said
    stranger.kill()
    stranger.wait()
    assert scene.serves()
    same(configuration, {path: what for path, what in root.files().items()
                         if path.startswith("/etc/cairn")})


def purge(root, names=NAMES):
    return root.run("apt-get", "purge", "-y", *names)


def main():
    isolated()
    need("dpkg-deb", "tar")
    older, newer = packages.built("deb"), packages.built("deb", "+next")
    assert len(older) == len(newer) == len(NAMES), (older, newer)
    content = os.urandom(16 << 20)
    with DebianRoot(needed_by(older)) as root:
        clean = root.files()
        root.install(older)
        check_installed(root)
        fresh = root.files()
        purge(root)
        same(clean, root.files())
        print("purged before it ever ran: nothing is left")

        root.install(older)
        same(fresh, root.files())
        scene = Scene(root)
        scene.configure()
        root.run("systemctl", "enable", "cairn-gateway.service", "cairn-gateway@two.service",
                 "cairn-coordinator.service")
        scene.start()
        scene.write(content)
        check_upgrade(scene, newer)
        scene.check(content)
        print("an upgrade leaves servers alone and says that they run the older version")
        scene.stop()
        scene.start()
        scene.check(content)
        said = root.install(newer)
        assert "still runs" not in said, said
        scene.stop()

        data = {path: what for path, what in root.files().items() if is_ours(path)}
        configuration = {path: what for path, what in root.files().items()
                         if path.startswith("/etc/cairn")}
        root.run("apt-get", "remove", "-y", *NAMES)
        left = root.files()
        same({**data, **configuration}, {path: what for path, what in left.items()
                                         if is_ours(path) or path.startswith("/etc/cairn")})
        same(*({path: what for path, what in files.items() if path.startswith("/usr")}
               for files in (clean, left)))
        root.install(newer)
        scene.start()
        scene.check(content)
        scene.stop()
        os.mkdir(root.inside(NAMESAKE))
        root.write(f"{NAMESAKE}/precious", "a journal")
        data = {path: what for path, what in root.files().items() if is_ours(path)}
        print("removed and installed again: it goes on with its configuration and its data")

        assert "Journals and volumes are kept in /var/lib/cairn" in purge(root)
        same({**clean, **data}, root.files())
        print("purged: journals and volumes are left, and nothing else")

        root.install(newer)
        scene.configure()
        scene.start()
        scene.check(content)
        scene.stop()
        run("chroot", root.path, "debconf-set-selections",
            input="cairn-gateway cairn-gateway/delete-data boolean true\n")
        shutil.rmtree(root.inside(NAMESAKE))
        purge(root)
        same(clean, root.files())
        print("purged with an explicit yes: nothing is left")

        root.install(newer)
        root.write("/var/lib/cairn/db.img", "a volume")
        purge(root)
        assert os.path.exists(root.inside("/var/lib/cairn/db.img")), "a yes outlived its purge"
        print("purged once more: that yes is forgotten, the volume is left")


if __name__ == "__main__":
    main()
