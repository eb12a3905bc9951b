"""Redaction: what goes, what survives, and what holds for any text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.recorder.redact import redact, secret_name

SECRETS = [
    ("AKIA" + "IOSFODNN7EXAMPLE", "aws-key-id"),
    ("credentials ASIA" + "Y34FZKBOKMUTVV7A rejected", "aws-key-id"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws-secret"),
    ("postgres://app:s3cr3t!@orders.example.com:5432/orders", "password"),
    ("redis://:hunter2@cache:6379/0", "password"),
    ("Authorization: Bearer abc.def-123456", "bearer"),
    ("authorization=Basic dXNlcjpwYXNzd29yZA==", "bearer"),
    ("curl -H 'X-Api-Key: 0123456789abcdef'", "secret"),
    ("login failed for anna.muster+test@example.co.uk", "email"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "jwt"),
    ('{"level":"INFO","password":"correct horse"}', "secret"),
    (r"{\"db_password\": \"correct horse\"}", "secret"),
    ("DB_PASSWORD=hunter2 DB_HOST=orders", "secret"),
    ("client_secret=abcDEF123&grant_type=x", "secret"),
    ("GET /?X-Amz-Signature=ab12cd34ef&x=1", "signature"),
    ("xoxb" + "-1234567890-abcdefgh", "slack-token"),
    ("ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", "token"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAA\n-----END RSA PRIVATE KEY-----", "private-key"),
]


@pytest.mark.parametrize(("text", "kind"), SECRETS, ids=[kind for _, kind in SECRETS])
def test_what_looks_like_a_secret_goes(text: str, kind: str) -> None:
    clean, counted = redact(text)
    assert f"[redacted:{kind}:1]" in clean
    assert counted == {kind: 1}
    for word in ("s3cr3t", "hunter2", "correct horse", "anna", "abcDEF123", "0123456789abcdef", "EXAMPLEKEY", "MIIE"):
        assert word not in clean


SURVIVES = [
    "arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "t!2026-11-24T03:06:00+00:00",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/checkout@sha256:" + "ab12" * 16,
    "0123456789abcdef0123456789abcdef01234567",  # a commit, a digest of Performance Insights
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): no basic auth credentials",
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed",
    "failed to fetch secret arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db-password: ParameterNotFound",
    'FATAL: password authentication failed for user "app"',
    "User: arn:aws:sts::123456789012:assumed-role/exec/abc is not authorized to perform: ecr:GetAuthorizationToken",
    "connect ECONNREFUSED 10.0.3.12:5432 after 30000 ms",
    "app/public/50dc6c495c0c9188",
    "SELECT token, password FROM sessions WHERE id = ?",
    "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/checkout",
]


@pytest.mark.parametrize("text", SURVIVES)
def test_what_a_diagnosis_lives_on_survives(text: str) -> None:
    assert redact(text) == (text, {})


def test_environment_variables_go_by_their_names() -> None:
    container = {
        "environment": [
            {"name": "DB_PASSWORD", "value": "hunter2"},
            {"name": "LOG_LEVEL", "value": "debug"},
            {"name": "STRIPE_API_KEY", "value": "abc"},
        ],
        "secrets": [{"name": "API_TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/token"}],
    }
    clean, counted = redact(container)
    assert clean["environment"] == [
        {"name": "DB_PASSWORD", "value": "[redacted:secret:1]"},
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "STRIPE_API_KEY", "value": "[redacted:secret:2]"},
    ]
    assert clean["secrets"] == container["secrets"]
    assert counted == {"secret": 2}


def test_one_value_is_one_mark_everywhere() -> None:
    clean, counted = redact({"a": "from a@example.com", "b": ["to b@example.com", "cc a@example.com"]})
    assert clean == {
        "a": "from [redacted:email:1]",
        "b": ["to [redacted:email:2]", "cc [redacted:email:1]"],
    }
    assert counted == {"email": 3}


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *[
            (name, True)
            for name in ("DB_PASSWORD", "password", "apiKey", "SecretString", "AUTH_TOKEN", "client_secret")
        ],
        *[(name, False) for name in ("nextToken", "NextToken", "secretArn", "tokenType", "LOG_LEVEL", "keyId", "Key")],
    ],
)
def test_names_of_secrets(name: str, secret: bool) -> None:  # noqa: FBT001
    assert secret_name(name) is secret


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(held) for key, held in value.items()}
    if isinstance(value, list):
        return [shape(held) for held in value]
    return value if not isinstance(value, str) else "text"


@given(JSON)
def test_any_document_keeps_its_shape_and_once_is_enough(document: Any) -> None:
    clean, _ = redact(document)
    assert shape(clean) == shape(document)
    assert redact(clean) == (clean, {})


@given(
    secret=st.from_regex(r"[A-Za-z0-9_!*]{8,30}", fullmatch=True).filter(
        lambda s: not re.fullmatch(r"([A-Z][a-z]+)+", s)
    ),
    around=st.sampled_from(["password={}", '{{"password": "{}"}}', "mysql://root:{}@db:3306/x", "api_key: '{}'"]),
    before=st.text(alphabet="abc xyz.,", max_size=20),
)
def test_no_secret_in_a_known_place_gets_out(secret: str, around: str, before: str) -> None:
    if secret.isdigit() or secret.lower() in {"true", "false", "null", "none"}:
        return
    clean, _ = redact(f"{before} {around.format(secret)}")
    assert secret not in clean


@given(
    st.integers(0, 2**53),
    st.from_regex(r"arn:aws:[a-z]{2,8}:eu-west-1:\d{12}:[a-z]{2,9}/[a-z0-9-]{1,20}", fullmatch=True),
)
def test_numbers_and_arns_survive_anywhere(number: int, arn: str) -> None:
    document = {"n": number, "said": f"{arn} took {number} ms", "list": [number, arn]}
    assert redact(document) == (document, {})
