"""Structured logs: one JSON object a line, with ids and codes, never personal data."""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict


def configure_logs(service: str, level: str) -> None:
    """Send this process's logs to standard output as JSON lines that name the service."""
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(message)s", force=True)
    for name in ("aiokafka", "faststream", "uvicorn", "asyncio"):
        logging.getLogger(name).handlers = [_Structured(service)]
        logging.getLogger(name).propagate = False
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.upper()),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def _trace_without_values(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Say what was raised and where, never its message: that may quote personal data."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["trace"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return line


class _Structured(logging.Handler):
    """Carries the log lines of libraries into ours."""

    def __init__(self, service: str) -> None:
        super().__init__(logging.WARNING)
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library.said",
            service=self._service,
            library=record.name,
            text=str(record.msg).split("\n", 1)[
                0
            ],  # the words alone: what they are filled with may be personal
            exc_info=record.exc_info,
        )
