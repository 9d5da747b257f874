"""The tests of the spine and of a service hold on PostgreSQL and Kafka in containers."""

import subprocess
import sys

from tests.containers.engine import ROOT, Engine

LONGEST_SECONDS = 540
CHOSEN = [
    "tests/integration/bus/test_spine.py", "tests/integration/bus/test_access.py",
    "tests/integration/checkins",
]  # fmt: skip
"""The spine with Kafka going away, who may do what, and a service: minutes, not all of them."""


class TestTheIntegrationTests:
    def test_hold_on_servers_in_containers(self, engine: Engine) -> None:
        environment = engine.environment | {
            "TANDEM_TEST_SERVERS": "containers",
            "TANDEM_TEST_POSTGRES_IMAGE": "tandem-postgres:local",
            "TANDEM_TEST_KAFKA_IMAGE": "tandem-kafka:local",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

        done = subprocess.run(
            [*command, *CHOSEN], env=environment,
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS,
        )  # fmt: skip

        assert done.returncode == 0, done.stdout[-6000:]
        assert " passed" in done.stdout
