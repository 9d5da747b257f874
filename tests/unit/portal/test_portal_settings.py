"""The portal's own settings."""

from ipaddress import ip_network

import pytest

from services.portal.settings import Settings
from shared.settings import WrongSettings
from tests.unit.shared.test_settings import ENOUGH

PORTALS = {
    **ENOUGH,
    "TANDEM_PORTAL_URL": "https://portal.example",
    "TANDEM_SIGNING_KEY": "a key",
    **{
        f"TANDEM_{name}_URL": "http://127.0.0.1:1"
        for name in ("INTAKE", "MATCHING", "CHECKINS", "NOTIFICATIONS")
    },
}


class TestTrustedProxies:
    def test_are_none_unless_named(self) -> None:
        assert Settings.load(PORTALS).trusted_proxies == ()

    def test_are_networks_or_single_addresses(self) -> None:
        settings = Settings.load({**PORTALS, "TANDEM_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})

        assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))

    @pytest.mark.parametrize("value", ["everybody", "10.0.0.0/33", "10.0.0.0/8;::1"])
    def test_that_are_no_networks_are_refused(self, value: str) -> None:
        with pytest.raises(WrongSettings, match="TANDEM_TRUSTED_PROXIES"):
            Settings.load({**PORTALS, "TANDEM_TRUSTED_PROXIES": value})
