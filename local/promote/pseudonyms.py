"""Account ids, host names, public addresses and people's names, each replaced by one stand-in throughout. Pure.

Names of resources stay: a diagnosis names them, and rules never key on them. Rename them by hand where they tell who
the customer is.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

_ACCOUNT = re.compile(r"(?<![\w.-])\d{12}(?![\w.-])")
_IN_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")
_IMAGE = re.compile(r"\b(\d{12})\.dkr\.ecr\.")
_ENDPOINT = re.compile(r"\.(?P<id>(?:cluster-(?:ro-|custom-)?)?[a-z0-9]{8,14})\.(?=[a-z0-9-]+\.rds\.amazonaws\.com)")
_HOST = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,62}\.)+(?:com|net|org|io|dev|app|cloud|eu|de|ch|uk|fr|info|co)\b"
)
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d./])")
_EMAIL = re.compile(r"\[redacted:email:(\d+)\]")
_USER = re.compile(r":(?:user|assumed-role/[\w+=,.@-]+)/(?P<name>[\w+=,.@-]+)")
_MACHINE = re.compile(
    r"(?i)^(?:aws|ecs|rds|lambda|autoscaling|root$|i-[0-9a-f]+$|[0-9a-f]{16,}$|\d+$)|amazonaws|service"
)
_OURS = ("amazonaws.com", "amazonaws.com.cn", "amazon.com", "example.com", "api.aws")
_PERSON_KEYS = frozenset({"Username", "userName", "user_name"})


def pseudonymised(document: Any, account: str) -> Any:
    """A copy with stand-ins. `account`: the alert's own, which becomes 111122223333."""
    people = sorted(_people(document), key=len, reverse=True)
    names = {name: f"person-{number}" for number, name in enumerate(sorted(people), 1)}
    words = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, people))})(?![\w-])") if people else None
    accounts = {account: "111122223333"}
    known = {
        account,
        *(found for text in _texts(document) for find in (_IN_ARN, _IMAGE) for found in find.findall(text)),
    }
    hosts: dict[str, str] = {}
    addresses: dict[str, str] = {}

    def host(match: re.Match[str]) -> str:
        if match[0].endswith(_OURS):
            return match[0]
        return hosts.setdefault(match[0], f"host-{len(hosts) + 1}.example.com")

    def address(match: re.Match[str]) -> str:
        try:
            public = ipaddress.ip_address(match[0]).is_global
        except ValueError:
            return match[0]
        return addresses.setdefault(match[0], f"203.0.113.{len(addresses) % 254 + 1}") if public else match[0]

    def stand_in(found: str) -> str:
        return accounts.setdefault(found, f"{222233334443 + len(accounts)}") if found in known else found

    def text(value: str) -> str:
        value = _ACCOUNT.sub(lambda match: stand_in(match[0]), value)
        value = _IMAGE.sub(lambda match: f"{stand_in(match[1])}.dkr.ecr.", value)
        value = _ENDPOINT.sub(".c0example000.", value)
        value = _HOST.sub(host, value)
        value = _ADDRESS.sub(address, value)
        value = _EMAIL.sub(r"person-\1@example.com", value)
        return words.sub(lambda match: names[match[0]], value) if words else value

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        if isinstance(value, dict):
            return {text(key) if isinstance(key, str) else key: walk(held) for key, held in value.items()}
        return [walk(held) for held in value] if isinstance(value, list) else value

    return walk(document)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    held = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in held for text in _texts(one)]


def _people(value: Any, key: str = "") -> set[str]:
    """Names of IAM users and of sessions, where they are no service's."""
    if isinstance(value, str):
        found = set(_USER.findall(value)) | ({value} if key in _PERSON_KEYS else set())
        return {name for name in found if len(name) >= 4 and not _MACHINE.search(name) and "[redacted" not in name}
    if isinstance(value, dict):
        return {name for one, held in value.items() for name in _people(held, one)}
    return {name for held in value for name in _people(held, key)} if isinstance(value, list) else set()
