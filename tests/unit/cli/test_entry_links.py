"""Links of the command line: for those who run programmes, not for those who take part."""

from pathlib import Path

import pytest

from deploy.cli.installation import Installation
from deploy.cli.main import app
from deploy.cli.output import CommandFailed
from deploy.up.environment import COMMAND_LINE, Ports
from shared.auth import Issuer, Role, TokenRefused, verify_entry_token, verify_token
from tests.support.keys import public_key_of


class TestALinkOfTheCommandLine:
    def test_carries_a_token_that_lets_in_and_opens_no_api(self, tmp_path: Path) -> None:
        installation = Installation(tmp_path, Ports(7))

        link = installation.entry_link({Role.COORDINATOR})

        page, _, token = link.rpartition("/")
        key = installation.servers.secrets.signing_key_file(COMMAND_LINE).read_text()
        trusted = {COMMAND_LINE: public_key_of(Issuer(COMMAND_LINE, key))}
        assert page == "http://127.0.0.1:8112/sign-in/with"
        assert verify_entry_token(token, trusted).roles == {Role.COORDINATOR}
        with pytest.raises(TokenRefused):
            verify_token(token, trusted)

    @pytest.mark.parametrize("roles", [["participant"], ["coordinator", "participant"]])
    def test_is_refused_to_participants_who_sign_in_by_mail(self, roles: list[str]) -> None:
        words = [word for role in roles for word in ("--role", role)]

        with pytest.raises(CommandFailed, match="participants sign in by mail"):
            app(["token", *words, "--link"], standalone_mode=False)
