"""Which settings each process of a local installation gets, and on which ports things listen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import write_private
from deploy.embedded.programs import HOST
from deploy.embedded.secrets import Secrets

PREFIX = "TANDEM_"
OUR_OWN = frozenset({"TANDEM_PORT_SHIFT", "TANDEM_DATA", "TANDEM_HOSTS"})
HIGHEST_SHIFT = 10_000
POSTGRES_PORT, KAFKA_PORT = 5432, 9092
"""Where the servers listen on hosts of their own."""
COMMAND_LINE = "tandem"
"""As whom the command line signs tokens."""
SIGNING_KEY = "TANDEM_SIGNING_KEY_FILE"
SIGN_ACCESS = (COMMAND_LINE, "portal")
SIGN_LINKS = ("notifications",)
OPENED_BY_LINKS = frozenset({"checkins", "portal"})
FORM_ISSUERS = frozenset({"TANDEM_FORM_ISSUERS", "TANDEM_FORM_ISSUERS_FILE"})


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens.

    Attributes:
        shift: A second copy on this machine takes the same ports, shifted.
        by_name: Whether each program has a host of its own that is called like it, as in a
            network of containers; otherwise all of them are here, on loopback.
    """

    shift: int = 0
    by_name: bool = False

    @classmethod
    def chosen(cls, caller: Mapping[str, str]) -> "Ports":
        """Return the ports that TANDEM_PORT_SHIFT asks for."""
        text = caller.get("TANDEM_PORT_SHIFT", "0")
        if not text.isdecimal() or int(text) > HIGHEST_SHIFT:
            raise CannotStart(
                f"TANDEM_PORT_SHIFT is a number from 0 to {HIGHEST_SHIFT}, not {text!r}."
            )
        return cls(int(text), by_name=_by_name(caller))

    @classmethod
    def in_use(cls, folder: Path, caller: Mapping[str, str]) -> "Ports":
        """Return the ports of the Tandem on `folder`: as asked for, or as it was started last."""
        if "TANDEM_PORT_SHIFT" in caller or not _note(folder).exists():
            return cls.chosen(caller)
        return cls.chosen({**caller, "TANDEM_PORT_SHIFT": _note(folder).read_text()})

    def remember(self, folder: Path) -> None:
        """Note for commands in other terminals where this Tandem listens."""
        write_private(_note(folder), str(self.shift).encode())

    def host(self, program: str) -> str:
        """Return the host on which a server or a service listens."""
        return program if self.by_name else HOST

    @property
    def postgres(self) -> int:
        """PostgreSQL's port."""
        return POSTGRES_PORT if self.by_name else 54320 + self.shift

    @property
    def kafka(self) -> int:
        """The port for Kafka's clients."""
        return KAFKA_PORT if self.by_name else 9192 + self.shift

    @property
    def kafka_controller(self) -> int:
        """The port that Kafka keeps for itself."""
        return 9193 + self.shift

    @property
    def smtp(self) -> int:
        """The mailbox's port."""
        return 2525 + self.shift

    def api(self, position: int) -> int:
        """Return the HTTP API's port of the service at `position`, counted from 0."""
        return 8101 + position + self.shift

    def internal(self, position: int) -> int:
        """Return the port for health and metrics of the service at `position`."""
        return 8201 + position + self.shift

    def all_of(self, services: tuple[str, ...]) -> dict[int, str]:
        """Return every port with what it is for."""
        ports = {
            self.postgres: "PostgreSQL",
            self.kafka: "Kafka",
            self.kafka_controller: "Kafka's controller",
            self.smtp: "the mailbox",
        }
        for position, service in enumerate(services):
            ports[self.api(position)] = f"the HTTP API of {service}"
            ports[self.internal(position)] = f"health and metrics of {service}"
        return ports


def _by_name(caller: Mapping[str, str]) -> bool:
    hosts = caller.get("TANDEM_HOSTS", "here")
    if hosts not in {"here", "by-name"}:
        raise CannotStart(f"TANDEM_HOSTS is here or by-name, not {hosts!r}.")
    return hosts == "by-name"


def _note(folder: Path) -> Path:
    return folder / "run" / "port-shift"


def service_environments(
    accepted: Mapping[str, frozenset[str]],
    *,
    ports: Ports,
    secrets: Secrets,
    caller: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Return each service's settings: those that place it here, then the caller's own.

    Args:
        accepted: The names of settings that each service knows; the order numbers the services.
        ports: Where everything listens.
        secrets: The installation's secrets.
        caller: The environment of `tandem up`, whose settings are passed on to who knows them.
    """
    environments = {}
    for position, (service, known_names) in enumerate(accepted.items()):
        names = known_names if service in OPENED_BY_LINKS else known_names - FORM_ISSUERS
        placed = _placed(service, position, ports, secrets)
        _refuse_ours(placed, caller)
        defaults = _shared(tuple(accepted), ports, secrets)
        if SIGNING_KEY in names:
            defaults[SIGNING_KEY] = _absolute(secrets.signing_key_file(service))
        own = {name: caller[name] for name in names if name in caller}
        known = {
            name: value
            for name, value in defaults.items()
            if name in names and name.removesuffix("_FILE") not in own
        }
        environments[service] = placed | known | own
    _refuse_unknown(accepted, caller)
    return environments


def _placed(service: str, position: int, ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Return what differs from service to service, and so cannot be set for all of them at once."""
    database = f"tandem_{service}"
    return {
        "TANDEM_DATABASE_URL": f"postgresql://{database}@{ports.host('postgres')}:{ports.postgres}/{database}",
        "TANDEM_DATABASE_PASSWORD_FILE": _absolute(secrets.database_password_file(service)),
        "TANDEM_KAFKA_BOOTSTRAP": f"{ports.host('kafka')}:{ports.kafka}",
        "TANDEM_KAFKA_USER": f"tandem-{service}",
        "TANDEM_KAFKA_PASSWORD_FILE": _absolute(secrets.kafka_password_file(service)),
        "TANDEM_API_PORT": str(ports.api(position)),
        "TANDEM_INTERNAL_PORT": str(ports.internal(position)),
        "TANDEM_ROLES": "api,consume,relay,schedule,work",
    }


def _shared(services: tuple[str, ...], ports: Ports, secrets: Secrets) -> dict[str, str]:
    """Return defaults that the caller may replace; a service gets those that it knows."""
    urls = {
        f"TANDEM_{service.upper()}_URL": f"http://{ports.host(service)}:{ports.api(position)}"
        for position, service in enumerate(services)
    }
    return urls | {
        "TANDEM_INSTALLATION": "local",
        "TANDEM_TOKEN_ISSUERS_FILE": _absolute(secrets.trust_file("token-issuers", SIGN_ACCESS)),
        "TANDEM_FORM_ISSUERS_FILE": _absolute(secrets.trust_file("form-issuers", SIGN_LINKS)),
        "TANDEM_SMTP_HOST": HOST,
        "TANDEM_SMTP_PORT": str(ports.smtp),
        "TANDEM_MAIL_FROM": "Tandem <tandem@localhost>",
        "TANDEM_STYLEGUIDE": "true",
    }


def _absolute(path: Path) -> str:
    return str(path.resolve())


def _refuse_unknown(accepted: Mapping[str, frozenset[str]], caller: Mapping[str, str]) -> None:
    known = OUR_OWN.union(*accepted.values())
    unknown = sorted(name for name in caller if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise CannotStart(f"{' and '.join(unknown)} is no setting of Tandem: correct or unset it.")


def _refuse_ours(placed: Mapping[str, str], caller: Mapping[str, str]) -> None:
    ours = sorted(name for name in caller if name in placed)
    if ours:
        raise CannotStart(
            f"`tandem up` gives {' and '.join(ours)} to each service itself: unset it "
            "(TANDEM_PORT_SHIFT moves all ports)."
        )
