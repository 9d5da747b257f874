"""docker-compose.yml says by hand what `tandem up` computes: these say that the two agree."""

import re
from pathlib import Path

import pytest

from deploy.compose.prepare import prepare
from deploy.embedded.postgres import SETTINGS
from deploy.services import SERVICES, settings_class
from deploy.up.environment import FORM_ISSUERS, OPENED_BY_LINKS, OUR_OWN, Ports

ROOT = Path(__file__).parents[3]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PLACED = {"listen_addresses", "unix_socket_directories"}


def _part(service: str) -> str:
    found = re.search(rf"^  {service}:.*?(?=^  \w|^\w)", COMPOSE, re.MULTILINE | re.DOTALL)
    assert found, service
    return found.group()


def _names(text: str) -> set[str]:
    return set(re.findall(r"^\s+(TANDEM_\w+):", text, re.MULTILINE))


class TestEachService:
    @pytest.mark.parametrize("service", SERVICES)
    def test_is_given_only_settings_that_it_knows(self, service: str) -> None:
        shared = COMPOSE[COMPOSE.index("x-settings:") : COMPOSE.index("\nservices:")]
        given = _names(shared) | _names(_part(service))

        assert len(given) > 10
        assert given <= settings_class(service).variables()
        assert bool(given & FORM_ISSUERS) == (service in OPENED_BY_LINKS)

    @pytest.mark.parametrize("service", SERVICES)
    def test_listens_where_the_command_line_looks_for_it(self, service: str) -> None:
        ports, position = Ports(by_name=True), SERVICES.index(service)

        assert f"TANDEM_API_PORT: {ports.api(position)}\n" in _part(service)
        assert f"TANDEM_INTERNAL_PORT: {ports.internal(position)}\n" in _part(service)

    @pytest.mark.parametrize("service", SERVICES)
    def test_is_handed_its_own_passwords_and_no_others(self, service: str) -> None:
        handed = set(re.findall(r"(\w+)-(\w+)\.password\b", _part(service)))

        assert handed == {("postgres", service), ("kafka", service)}


class TestTheSecrets:
    def test_that_are_handed_out_are_those_that_are_made(self, tmp_path: Path) -> None:
        prepare(tmp_path)

        made = {path.name for path in tmp_path.iterdir()} - {"kafka-controller.password"}
        declared = set(re.findall(r"^  ([\w.-]+): \{ file:", COMPOSE, re.MULTILINE))

        assert declared == made

    def test_are_kept_when_they_are_made_again(self, tmp_path: Path) -> None:
        prepare(tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

        prepare(tmp_path)

        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_lie_in_a_folder_that_only_its_owner_enters(self, tmp_path: Path) -> None:
        prepare(tmp_path / "secrets")

        assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0

    def test_are_not_in_what_is_copied_to_begin_with(self) -> None:
        assert not re.search(r"^[^#]*(PASSWORD|SECRET|KEY|TOKEN)\w*=", EXAMPLE, re.MULTILINE)


class TestPostgres:
    def test_has_the_settings_of_the_embedded_one(self) -> None:
        wanted = {f"-c{name}={value}" for name, value in SETTINGS.items() if name not in PLACED}

        assert set(re.findall(r"- (-c\S+)", _part("postgres"))) == wanted


class TestTheExample:
    def test_sets_only_what_the_compose_file_uses(self) -> None:
        names = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) - {"COMPOSE_PROFILES"}

        unused = {
            n for n in names if not re.search(rf"\$\{{{n}[:}}]|^\s+{n}:", COMPOSE, re.MULTILINE)
        }

        assert names
        assert not unused


class TestTheCommandLine:
    def test_finds_each_host_by_its_name(self, tmp_path: Path) -> None:
        ports = Ports.in_use(tmp_path, {"TANDEM_HOSTS": "by-name"})

        assert (ports.host("intake"), ports.postgres, ports.kafka) == ("intake", 5432, 9092)
        assert "TANDEM_HOSTS" in OUR_OWN
