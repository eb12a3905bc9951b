"""The errors of the product, as one tree.

TocsinError                 anything this package raises on purpose
├── SettingsError           the function's environment is incomplete or wrong: says which variable
├── PayloadError            an event that is not understood: posted as such and kept, never dropped
├── Refused                 a request that claims to come from Slack and is not answered: carries the HTTP status
├── BudgetSpent             a diagnosis has made all the AWS calls that it may make
├── StoreError              the incident table refused or contended beyond its retries
│   ├── Duplicate           this event is already on the timeline: nothing to do
│   └── Contended           somebody else moved the incident in between: reload and reduce again
├── ChannelError            another channel (e-mail, SMS, call, bus) refused or could not be reached: `again` says which
├── Unsettled               a notice waits for the other addresses before it is said how it went
├── RemedyError             a remedy cannot be done as it was approved: says why, and nothing was changed
├── RemedyLater             AWS takes no change of the resource at this moment: try again
├── ChartError              CloudWatch drew something that is no picture for a thread
├── NoTable                 a review looks for incidents where there is no incident table
├── NoAnswer                CloudWatch answered a request, and not for one of its series
├── ReviewUnfinished        a review ran out of time: what it has is kept, and the next attempt continues
└── SlackError              Slack answered `ok: false` or could not be reached
    └── SlackBusy           Slack asked to wait (HTTP 429): `retry_after` seconds
"""


class TocsinError(Exception):
    """Anything this package raises on purpose."""


class SettingsError(TocsinError):
    """The function's environment is incomplete or wrong."""


class PayloadError(TocsinError):
    """An event that is not understood."""


class Refused(TocsinError):
    """A request that claims to come from Slack and is not answered. The message holds nothing of it."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


class BudgetSpent(TocsinError):
    """A diagnosis has made all the AWS calls that it may make; what is left is a gap, shown to people."""


class StoreError(TocsinError):
    """The incident table refused, or contended beyond the retries."""


class Duplicate(StoreError):
    """The event is already on the timeline."""


class Contended(StoreError):
    """Somebody else moved the incident between our read and our write."""


class ChannelError(TocsinError):
    """A channel outside Slack did not take what was to be sent. `again`: whether another try may help."""

    def __init__(self, why: str, *, again: bool) -> None:
        self.again = again
        super().__init__(why)


class Unsettled(TocsinError):
    """A notice waits for its other addresses."""


class RemedyError(TocsinError):
    """A remedy cannot be done as it was approved. The message is for people; nothing was changed."""


class RemedyLater(TocsinError):
    """AWS takes no change of the resource at this moment."""


class ChartError(TocsinError):
    """CloudWatch answered something that is no picture for a thread."""


class NoTable(TocsinError):
    """A review looks for incidents where there is no incident table: an account that is only read."""


class NoAnswer(TocsinError):
    """CloudWatch answered a request, and not for one of its series."""


class ReviewUnfinished(TocsinError):
    """A review ran out of time; its finished sections are kept, and the next attempt continues."""


class SlackError(TocsinError):
    """Slack answered `ok: false`, or could not be reached."""

    def __init__(self, method: str, code: str, detail: str = "") -> None:
        self.method, self.code, self.detail = method, code, detail
        super().__init__(f"{method}: {code}" + (f" ({detail})" if detail else ""))


class SlackBusy(SlackError):
    """Slack asked to wait."""

    def __init__(self, method: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(method, "ratelimited", f"retry after {retry_after:g} s")
