from typing import Any


class SlackError(Exception):
    """An answer with `ok: false`.

    Args:
        code: Slack's own error code, e.g. `channel_not_found`.
        messages: What stands in `response_metadata.messages`.
        extra: Further keys of the answer.
    """

    def __init__(self, code: str, messages: tuple[str, ...] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body
