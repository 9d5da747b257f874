"""How matching starts."""

import subprocess
import sys


class TestStart:
    def test_the_service_starts_without_numpy_and_scipy(self) -> None:
        program = "import sys, services.matching.app; print({'numpy', 'scipy'} & set(sys.modules))"

        loaded = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )

        assert loaded.stdout.strip() == "set()"
