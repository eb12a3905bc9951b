"""Errors of the World.

WorldError       the world, or the World, cannot answer honestly: a bug of the author or a missing operation
WorldFileError   a world file does not hold what it should: lists every problem with its path
HungError        the caller's patience ended before a hanging answer (a fault of the world)
AwsError         the answer *is* an AWS error, and goes over the wire as such
"""

from moto.core.exceptions import ServiceException


class WorldError(AssertionError):
    """The World would have to make something up: an unknown operation, or an answer that AWS would never send."""


class WorldFileError(ValueError):
    """A world file is wrong. `problems` are sentences of the form `path: what is wrong; what is allowed`."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))
        self.file = file
        self.problems = problems


class AwsError(ServiceException):
    """An error that AWS answers with: its code, its sentence, and the HTTP status where the model has none."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status


class HungError(Exception):
    """The answer did not come within the caller's patience; attachments turn it into their client's time-out."""
