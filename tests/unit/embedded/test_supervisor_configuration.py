from pathlib import Path

from deploy.up.supervision import section, socket_path


class TestTheSupervisorsConfiguration:
    def test_doubles_every_percent_sign(self) -> None:
        assert section("program:x", command="/data/100%/run") == (
            "[program:x]\ncommand=/data/100%%/run\n"
        )

    def test_keeps_the_control_socket_in_the_data_folder(self) -> None:
        assert socket_path(Path("/data/run")) == Path("/data/run/supervisor.sock")

    def test_moves_the_control_socket_when_its_path_is_too_long(self) -> None:
        path = socket_path(Path("/data") / ("x" * 100) / "run")

        assert len(str(path)) < 100
        assert path.parent.stat().st_mode & 0o077 == 0
        path.parent.rmdir()
