"""Slack's blocks as its reference documents them, as data for the walker in `schema.py`.

Blocks that the product does not use (video, card, carousel, plan …) are left out: they are refused as unknown, loudly.
"""

from typing import Final

from local.slack.schema import Anything, Flag, Kind, Many, Number, Shape, Spec, Str, Text

REFERENCE: Final = "https://docs.slack.dev/reference/block-kit"
BLOCKS: Final = f"{REFERENCE}/blocks"
ELEMENTS: Final = f"{REFERENCE}/block-elements"
OBJECTS: Final = f"{REFERENCE}/composition-objects"

PLAIN: Final = ("plain_text",)
ID: Final = Str(255)
URL: Final = Str(3000, pattern=r"https?://\S+")

CONFIRM: Final = Shape(
    f"{OBJECTS}/confirmation-dialog-object",
    {
        "title": Text(100, PLAIN),
        "text": Text(300),
        "confirm": Text(30, PLAIN),
        "deny": Text(30, PLAIN),
        "style": Str(20, choices=("primary", "danger")),
    },
    ("title", "text", "confirm", "deny"),
)
OPTION: Final = Shape(
    f"{OBJECTS}/option-object",
    {"text": Text(75), "value": Str(150), "description": Text(75), "url": URL},
    ("text", "value"),
)
SLACK_FILE: Final = Shape(
    f"{OBJECTS}/slack-file-object", {"id": Str(40), "url": URL}, one_of=("id", "url"), exclusive=("id", "url")
)

_IMAGE: Final[dict[str, Spec]] = {"alt_text": Str(2000), "image_url": URL, "slack_file": SLACK_FILE}
_PICTURE: Final = ("image_url", "slack_file")
IMAGE_ELEMENT: Final = Shape(f"{ELEMENTS}/image-element", _IMAGE, ("alt_text",), _PICTURE, _PICTURE)

BUTTON: Final = Shape(
    f"{ELEMENTS}/button-element",
    {
        "text": Text(75, PLAIN),
        "action_id": ID,
        "url": URL,
        "value": Str(2000),
        "style": Str(20, choices=("primary", "danger")),
        "confirm": CONFIRM,
        "accessibility_label": Str(75),
    },
    ("text",),
)
OVERFLOW: Final = Shape(
    f"{ELEMENTS}/overflow-menu-element",
    {"action_id": ID, "options": Many(OPTION, 5), "confirm": CONFIRM},
    ("options",),
)
SELECT: Final = Shape(
    f"{ELEMENTS}/select-menu-element",
    {
        "placeholder": Text(150, PLAIN),
        "action_id": ID,
        "options": Many(OPTION, 100),
        "initial_option": OPTION,
        "confirm": CONFIRM,
        "focus_on_load": Flag(),
    },
    ("options",),
)
USERS_SELECT: Final = Shape(
    f"{ELEMENTS}/select-menu-element#users_select",
    {"placeholder": Text(150, PLAIN), "action_id": ID, "initial_user": Str(40), "confirm": CONFIRM},
)
TEXT_INPUT: Final = Shape(
    f"{ELEMENTS}/plain-text-input-element",
    {
        "action_id": ID,
        "initial_value": Str(3000, low=0),
        "multiline": Flag(),
        "min_length": Number(0, 3000, whole=True),
        "max_length": Number(1, 3000, whole=True),
        "placeholder": Text(150, PLAIN),
        "focus_on_load": Flag(),
    },
)
INTERACTIVE: Final = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "static_select": SELECT,
    "users_select": USERS_SELECT,
}

_RICH: Final = f"{BLOCKS}/rich-text-block"
_STYLE: Final = Shape(_RICH, {name: Flag() for name in ("bold", "italic", "strike", "underline", "code")})
_RICH_PIECE: Final = Kind(
    {
        "text": Shape(_RICH, {"text": Str(12000), "style": _STYLE}, ("text",)),
        "link": Shape(_RICH, {"url": URL, "text": Str(3000), "style": _STYLE, "unsafe": Flag()}, ("url",)),
        "user": Shape(_RICH, {"user_id": Str(40), "style": _STYLE}, ("user_id",)),
        "usergroup": Shape(_RICH, {"usergroup_id": Str(40), "style": _STYLE}, ("usergroup_id",)),
        "channel": Shape(_RICH, {"channel_id": Str(40), "style": _STYLE}, ("channel_id",)),
        "emoji": Shape(_RICH, {"name": Str(100), "unicode": Str(60)}, ("name",)),
        "broadcast": Shape(_RICH, {"range": Str(20, choices=("here", "channel", "everyone"))}, ("range",)),
    }
)
_RICH_SECTION: Final = Shape(_RICH, {"elements": Many(_RICH_PIECE, 1000, low=0)}, ("elements",))
_RICH_BORDERED: Final = Shape(
    _RICH, {"elements": Many(_RICH_PIECE, 1000, low=0), "border": Number(0, 1, whole=True)}, ("elements",)
)
_RICH_LIST: Final = Shape(
    _RICH,
    {
        "style": Str(10, choices=("bullet", "ordered")),
        "elements": Many(Kind({"rich_text_section": _RICH_SECTION}), 1000),
        "indent": Number(0, 8, whole=True),
        "offset": Number(0, 10000, whole=True),
        "border": Number(0, 1, whole=True),
    },
    ("style", "elements"),
)
RICH_TEXT: Final = Shape(
    _RICH,
    {
        "block_id": ID,
        "elements": Many(
            Kind(
                {
                    "rich_text_section": _RICH_SECTION,
                    "rich_text_list": _RICH_LIST,
                    "rich_text_preformatted": _RICH_BORDERED,
                    "rich_text_quote": _RICH_BORDERED,
                }
            ),
            1000,
        ),
    },
    ("elements",),
)

_TABLE: Final = f"{BLOCKS}/table-block"
_CELL: Final = Kind(
    {
        "raw_text": Shape(_TABLE, {"text": Str(12000)}, ("text",)),
        "rich_text": RICH_TEXT,
    }
)
_COLUMN: Final = Shape(_TABLE, {"align": Str(10, choices=("left", "center", "right")), "is_wrapped": Flag()})

_CHART: Final = f"{BLOCKS}/data-visualization-block"
_POINT: Final = Shape(_CHART, {"label": Str(20), "value": Number()}, ("label", "value"))
_SERIES: Final = Shape(_CHART, {"name": Str(20), "data": Many(_POINT, 20)}, ("name", "data"))
_AXES: Final = Shape(
    _CHART, {"series": Many(_SERIES, 6), "axis_config": Anything("titles only")}, ("series", "axis_config")
)

MESSAGE: Final[dict[str, Shape]] = {
    "actions": Shape(
        f"{BLOCKS}/actions-block", {"elements": Many(Kind(INTERACTIVE), 25), "block_id": ID}, ("elements",)
    ),
    "context": Shape(
        f"{BLOCKS}/context-block",
        {
            "elements": Many(
                Kind(
                    {
                        "image": IMAGE_ELEMENT,
                        "mrkdwn": Shape(f"{OBJECTS}/text-object", {"text": Str(3000), "verbatim": Flag()}, ("text",)),
                        "plain_text": Shape(f"{OBJECTS}/text-object", {"text": Str(3000), "emoji": Flag()}, ("text",)),
                    }
                ),
                10,
            ),
            "block_id": ID,
        },
        ("elements",),
    ),
    "data_visualization": Shape(
        _CHART,
        {
            "title": Str(50),
            "chart": Kind(
                {
                    "line": _AXES,
                    "bar": _AXES,
                    "area": _AXES,
                    "pie": Shape(_CHART, {"segments": Many(_POINT, 6)}, ("segments",)),
                }
            ),
            "block_id": ID,
        },
        ("title", "chart"),
    ),
    "divider": Shape(f"{BLOCKS}/divider-block", {"block_id": ID}),
    "header": Shape(f"{BLOCKS}/header-block", {"text": Text(150, PLAIN), "block_id": ID}, ("text",)),
    "image": Shape(
        f"{BLOCKS}/image-block",
        {**_IMAGE, "title": Text(2000, PLAIN), "block_id": ID},
        ("alt_text",),
        _PICTURE,
        _PICTURE,
    ),
    "markdown": Shape(f"{BLOCKS}/markdown-block", {"text": Str(12000), "block_id": ID}, ("text",)),
    "rich_text": RICH_TEXT,
    "section": Shape(
        f"{BLOCKS}/section-block",
        {
            "text": Text(3000),
            "fields": Many(Text(2000), 10),
            "accessory": Kind({**INTERACTIVE, "image": IMAGE_ELEMENT}),
            "expand": Flag(),
            "block_id": ID,
        },
        one_of=("text", "fields"),
    ),
    "table": Shape(
        _TABLE,
        {"rows": Many(Many(_CELL, 20), 100), "column_settings": Many(_COLUMN, 20), "block_id": ID},
        ("rows",),
    ),
}

VIEW: Final[dict[str, Shape]] = {
    **{kind: shape for kind, shape in MESSAGE.items() if kind not in ("table", "data_visualization", "markdown")},
    "alert": Shape(
        f"{BLOCKS}/alert-block",
        {
            "text": Text(3000),
            "level": Str(20, choices=("default", "info", "warning", "error", "success")),
            "block_id": ID,
        },
        ("text",),
    ),
    "input": Shape(
        f"{BLOCKS}/input-block",
        {
            "label": Text(2000, PLAIN),
            "element": Kind({"plain_text_input": TEXT_INPUT, "static_select": SELECT, "users_select": USERS_SELECT}),
            "hint": Text(2000, PLAIN),
            "optional": Flag(),
            "dispatch_action": Flag(),
            "block_id": ID,
        },
        ("label", "element"),
    ),
}
