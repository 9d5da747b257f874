"""A container engine to test with: the one that runs here, or one of our own that ends with us."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
NEEDED_BYTES = 12 * 2**30
ADDRESSES = "10.213.0.0/16"
"""Of the containers of our own engine."""
NO_BASE = 75
"""How local.sh ends when this machine cannot make a Debian to build on."""


class NoEngine(Exception):
    """Why no container can run here, in a sentence."""


@dataclass(frozen=True)
class Engine:
    """A running engine, with the environment in which its clients reach it."""

    environment: dict[str, str]
    compose: list[str]

    def run(self, *words: str, seconds: float = 60, check: bool = True) -> str:
        """Run a client to its end and return what it printed; it never hangs.

        Raises:
            AssertionError: It failed.
        """
        done = subprocess.run(
            words, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False,
            timeout=seconds, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@contextlib.contextmanager
def running_engine() -> Iterator[Engine]:
    """The engine of this machine, or one with a folder of its own.

    Raises:
        NoEngine: There is none, and none can be started.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TANDEM_", "COMPOSE_"))}
    environment |= {"DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"}
    environment |= {"TESTCONTAINERS_RYUK_DISABLED": "true"}
    if shutil.which("docker") is None:
        raise NoEngine("no container engine is installed here (there is no `docker`)")
    if _answers(environment):
        yield Engine(environment, _compose(environment))
        return
    _refuse_hopeless()
    with _own_engine() as socket:
        environment |= {"DOCKER_HOST": f"unix://{socket}"}
        yield Engine(environment, _compose(environment))


def _refuse_hopeless() -> None:
    if os.geteuid() != 0:
        raise NoEngine("no container engine answers, and only root could start one")
    if shutil.which("dockerd") is None:
        raise NoEngine("no container engine answers, and `dockerd` is not installed to start one")
    free = shutil.disk_usage("/var/lib").free
    if free < NEEDED_BYTES:
        raise NoEngine(f"images need 12 GB and /var/lib has {free / 2**30:.0f} GB left")


@contextlib.contextmanager
def _own_engine() -> Iterator[Path]:
    """Run dockerd beside whatever is here, and leave nothing of it behind.

    It leaves the machine's firewall as it is, but for one rule while it runs: builds use the
    machine's network, and published ports are reached through its proxies.
    """
    folder = Path(tempfile.mkdtemp(prefix="tandem-engine-", dir="/var/lib"))
    had_bridge = Path("/sys/class/net/docker0").exists()
    socket, log = folder / "docker.sock", folder / "log"
    command = ["dockerd", f"--host=unix://{socket}", f"--data-root={folder / 'data'}"]
    command += [f"--exec-root={folder / 'exec'}", f"--pidfile={folder / 'pid'}"]
    command += ["--iptables=false", "--ip6tables=false", "--log-level=warn"]
    command += [f"--default-address-pool=base={ADDRESSES},size=24"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for(process, socket, log)
        with _forwarding():
            yield socket
    finally:
        _end(process)
        _remove(folder)
        if not had_bridge:
            _quietly("ip", "link", "delete", "docker0")


@contextlib.contextmanager
def _forwarding() -> Iterator[None]:
    """Let containers reach one another where the machine's firewall forwards nothing.

    An engine that ran here before leaves it like that.
    """
    rule = ("FORWARD", "--source", ADDRESSES, "--destination", ADDRESSES, "--jump", "ACCEPT")
    _quietly("iptables", "--wait", "--insert", *rule)
    try:
        yield
    finally:
        _quietly("iptables", "--wait", "--delete", *rule)


def _wait_for(process: "subprocess.Popen[bytes]", socket: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(dict(os.environ) | {"DOCKER_HOST": f"unix://{socket}"}):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise NoEngine(f"dockerd cannot run here: {lines[-1] if lines else 'it says nothing'}")
        time.sleep(0.5)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _remove(folder: Path) -> None:
    """Remove the engine's folder, after anything that is still mounted in it."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        _quietly("umount", "--lazy", mount)
    shutil.rmtree(folder, ignore_errors=True)


def _quietly(*words: str) -> None:
    subprocess.run(words, check=False, capture_output=True, timeout=30)


def _answers(environment: dict[str, str]) -> bool:
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=20
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _compose(environment: dict[str, str]) -> list[str]:
    """How compose is called here: as a part of docker, or in its older form as a program."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        done = subprocess.run(
            [*command, "version"], env=environment, capture_output=True, check=False, timeout=30
        )
        if done.returncode == 0:
            return command
    raise NoEngine("an engine runs here, but there is no `docker compose`")


def make_images(engine: Engine) -> None:
    """Build the images that stand in for the official ones.

    Raises:
        NoEngine: This machine cannot make a Debian to build on, or the engine runs no container.
    """
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise NoEngine("a base to build images on needs root and `debootstrap`")
    command = ["sh", str(ROOT / "deploy/images/local.sh")]
    done = subprocess.run(
        command, env=engine.environment, capture_output=True, text=True, check=False,
        timeout=400,
    )  # fmt: skip
    if done.returncode == NO_BASE:
        raise NoEngine(f"no Debian to build on could be made: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr
