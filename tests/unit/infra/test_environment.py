from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.environment import Environment, TopicParameter, load_environment, load_environments
from infra.problems import EnvironmentFileError
from lambdas.settings import Settings
from lambdas.triage.thresholds import BY_ID

ROOT = Path(__file__).parents[3]
MINIMAL = """
customer: acme
environment: production
account: "123456789012"
region: eu-west-1
slack: {secret: acme/slack}
"""


def write(folder: Path, text: str, name: str = "acme-production.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def problems(folder: Path, text: str, name: str = "acme-production.yaml") -> list[str]:
    path = write(folder, text, name)
    with pytest.raises(EnvironmentFileError) as raised:
        load_environment(path)
    assert str(raised.value) == "\n".join(raised.value.problems)
    assert all(problem.startswith(f"{path}:") and "\n" not in problem for problem in raised.value.problems)
    return [problem.removeprefix(f"{path}: ").removeprefix(f"{path}:") for problem in raised.value.problems]


def test_the_example_is_valid_and_shows_every_field() -> None:
    (example,) = [e for e in load_environments(ROOT / "environments") if e.name == "acme-production"]
    text = (ROOT / "environments" / "acme-production.yaml").read_text()
    assert [field for field in Environment.model_fields if f"{field}:" not in text] == []
    assert [trigger for trigger in BY_ID if trigger not in text] == []
    assert example.alarm_topics == ("create", TopicParameter(parameter="/acme/production/alarm-topic-arn"))
    assert [level for level, people in example.contacts.items() if people] == ["1", "2", "3"]


def test_defaults(tmp_path: Path) -> None:
    environment = load_environment(write(tmp_path, MINIMAL))
    assert environment.name == "acme-production"
    assert environment.dashboard_name == "acme-production-technical-dashboard"
    assert environment.alarm_topics == ("create",)
    assert (environment.time_zone, environment.slack.channel, environment.partition) == ("UTC", "#alerts", "aws")
    assert (environment.architecture, environment.keep_data, environment.account_alarms) == ("arm64", True, False)
    assert environment.operator_emails == ()


def test_settings_survive_the_way_into_the_function(tmp_path: Path) -> None:
    text = MINIMAL + (
        "contacts: {2: [{name: SRE, slack: U023BECGF}]}\n"
        "thresholds: {ecs.cpu.critical: 92}\n"
        "workloads: [{service: shop, tables: [t]}]\n"
    )
    settings = load_environment(write(tmp_path, text)).settings("incidents", "arn:secret", "queue-url")
    assert Settings.from_json(settings.to_json()) == settings
    assert (settings.table, settings.slack_secret, settings.queue) == ("incidents", "arn:secret", "queue-url")
    assert settings.thresholds == {"ecs.cpu.critical": 92.0}
    assert settings.contacts["2"][0].slack == "U023BECGF"
    assert settings.workloads[0].tables == ("t",)
    assert load_environment(write(tmp_path, MINIMAL)).settings("incidents").slack_secret == "acme/slack"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("customer: Acme", "customer: must be lower-case letters, digits and hyphens, at most 40; it says 'Acme'"),
        ("account: 123456789012", "account: write it in quotes: YAML reads the bare number otherwise"),
        ('account: "1234"', "account: must be twelve digits, in quotes; it says '1234'"),
        ("region: eu-wst-1", "region: 'eu-wst-1' is no AWS region; did you mean eu-west-1"),
        ("time_zone: Zurich", "time_zone: 'Zurich' is no IANA time zone such as Europe/Zurich"),
        ("slack: {}", "slack.secret: is required"),
        ("slack: {secret: s, channel: alerts}", "slack.channel: 'alerts' is no channel: write '#alerts' (in quotes)"),
        ("slak: {}", "slak: is not a known field; did you mean slack? Known: customer, environment"),
        ("slack: {secret: s, token: x}", "slack.token: is not a known field"),
        ("alarm_topics: [crate]", "alarm_topics[0]: must be 'create', {arn: <ARN of an SNS topic>} or {parameter:"),
        ("alarm_topics: [{arn: nope}]", "alarm_topics[0]: must be 'create', {arn: <ARN of an SNS topic>}"),
        (
            'alarm_topics: [{arn: "arn:aws:sns:us-east-1:123456789012:x"}]',
            "alarm_topics: arn:aws:sns:us-east-1:123456789012:x is not in eu-west-1",
        ),
        ("alarm_topics: [create, create]", "alarm_topics: 'create' stands more than once"),
        ("alarm_topics: []", "alarm_topics: needs at least one topic"),
        ("contacts: {1: [{name: x}]}", "contacts.1[0]: needs at least one of slack, email, phone"),
        ("contacts: {1: [{name: x, phone: '044 123'}]}", "contacts.1[0].phone: must be a number with its country"),
        ("contacts: {4: []}", "contacts.4.[key]: input should be '1', '2' or '3'"),
        (
            "thresholds: {ecs.cpu.crit: 5}",
            "thresholds: 'ecs.cpu.crit' is no trigger of the runbook; did you mean ecs.cpu",
        ),
        (
            "thresholds: {db.connections.critical: 0.9}",
            "thresholds: 'db.connections.critical' is in per cent, from 1 to 100 (the runbook's is 90), not 0.9",
        ),
        ("thresholds: {ecs.cpu.warning: high}", "thresholds.ecs.cpu.warning: must be a number"),
        ("thresholds: {ecs.cpu.warning: -1}", "thresholds.ecs.cpu.warning: input should be greater than or equal to 0"),
        ("architecture: arm", "architecture: input should be 'arm64' or 'x86_64'; it says 'arm'"),
        ("removal: never", "removal: input should be 'retain' or 'destroy'; it says 'never'"),
        ("log_retention_days: 42", "log_retention_days: CloudWatch Logs keeps 1, 3, 5"),
        ("operator_email: nobody", "operator_email: must be an e-mail address; it says 'nobody'"),
    ],
)
def test_problem_names_field_and_what_is_allowed(tmp_path: Path, change: str, expected: str) -> None:
    field = change.partition(":")[0]
    kept = "\n".join(line for line in MINIMAL.splitlines() if not line.startswith(f"{field}:"))
    (problem,) = problems(tmp_path, f"{kept}\n{change}\n")
    assert problem.startswith(expected)


def test_all_problems_of_a_file_come_together(tmp_path: Path) -> None:
    assert len(problems(tmp_path, MINIMAL + "removal: x\narchitecture: y\ncolour: red\n")) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer: [acme\nregion: x", " line 2, column 7: expected ',' or ']'"),
        (MINIMAL + "region: eu-west-2\n", " line 7, column 1: 'region' stands twice"),
        ("a: \x07", " unacceptable character"),
        ("", "must be a mapping of fields (customer: …), and is empty"),
        ("- a", "must be a mapping of fields (customer: …), and is a list"),
        ("!!python/object/apply:os.system ['true']", " line 1, column 1: could not determine a constructor"),
    ],
)
def test_broken_yaml_says_where(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(expected) or f" {problem}".startswith(expected)


def test_file_is_named_after_its_environment(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MINIMAL, "other.yaml")
    assert problem == "the file's name must be acme-production.yaml, after its customer and environment"


def test_a_file_that_is_no_text_or_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "acme-production.yaml"
    with pytest.raises(EnvironmentFileError, match="cannot be read"):
        load_environment(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EnvironmentFileError, match="is not UTF-8 text"):
        load_environment(path)


def test_a_folder_is_read_whole_with_all_its_problems(tmp_path: Path) -> None:
    write(tmp_path, MINIMAL)
    write(tmp_path, MINIMAL.replace("production", "staging"), "acme-staging.yaml")
    assert [e.name for e in load_environments(tmp_path)] == ["acme-production", "acme-staging"]
    write(tmp_path, "- a", "b.yaml")
    write(tmp_path, "- a", "c.yml")
    with pytest.raises(EnvironmentFileError) as raised:
        load_environments(tmp_path)
    assert len(raised.value.problems) == 2
    with pytest.raises(EnvironmentFileError, match="no such folder"):
        load_environments(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-central-2", "aws")]
)
def test_every_partition(tmp_path: Path, region: str, partition: str) -> None:
    environment = load_environment(write(tmp_path, MINIMAL.replace("eu-west-1", region)))
    assert environment.partition == partition
    topic = {"arn": f"arn:{partition}:sns:{region}:123456789012:alarms"}
    raw = yaml.safe_load(MINIMAL) | {"region": region, "alarm_topics": [topic]}
    assert Environment.model_validate(raw).alarm_topics


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("email: {from: Tocsin}", "channels.email.from: must be an e-mail address; it says 'Tocsin'"),
        ("email: {}", "channels.email.from: is required"),
        ("email: {from: a@b.ch, levels: {4: [1]}}", "channels.email.levels[4]"),
        ("email: {from: a@b.ch, levels: {1: [7]}}", "channels.email.levels[1][0]: input should be 1, 2 or 3"),
        ("sms: {from: '+41441234567'}", "channels.sms.from: must be the ARN of a phone-number, pool or sender-id"),
        (
            "call: {url: 'http://pager.example.com', secret: s}",
            "channels.call.url: must be an address that",
        ),
        ("call: {url: 'https://user:pw@pager.example.com', secret: s}", "channels.call.url: must be an address that"),
        ("call: {url: 'https://pager.example.com'}", "channels.call.secret: is required"),
        ("event_bus: 'my bus'", "channels.event_bus: 'my bus' is no event bus: write 'create', a bus's name"),
        (
            "event_bus: 'arn:aws:sns:eu-west-1:123456789012:x'",
            "channels.event_bus: 'arn:aws:sns:eu-west-1:1234",
        ),
        (
            "customer: {contacts: [a@b.ch]}",
            "channels: customer: is told by e-mail, so channels.email must",
        ),
        (
            "email: {from: a@b.ch}, customer: {contacts: []}",
            "channels.customer.contacts: tuple should have at least",
        ),
        ("email: {from: a@b.ch}, customer: {contacts: [a@b.ch], send: now}", "channels.customer.send: input should be"),
        ("pager: {}", "channels.pager: is not a known field"),
    ],
)
def test_a_wrong_channel_names_the_file_the_field_and_what_is_allowed(
    tmp_path: Path, written: str, expected: str
) -> None:
    (problem,) = problems(tmp_path, MINIMAL + f"channels: {{{written}}}\n")
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("person", "channels", "missing"),
    [
        ("email: a@b.ch", "{}", "channels.email"),
        ('phone: "+41441234567"', "{email: {from: a@b.ch}}", "channels.sms or channels.call"),
        ("email: a@b.ch", "{email: {from: a@b.ch}}", ""),
        ('phone: "+41441234567"', "{sms: {}}", ""),
        ("slack: U023BECGF", "{}", ""),
    ],
)
def test_nobody_is_named_who_would_never_be_told(tmp_path: Path, person: str, channels: str, missing: str) -> None:
    text = MINIMAL + f"contacts: {{1: [{{name: Ann, {person}}}]}}\nchannels: {channels}\n"
    if not missing:
        assert load_environment(write(tmp_path, text)).contacts["1"][0].name == "Ann"
        return
    assert problems(tmp_path, text) == [f"contacts: Ann would never be told: configure {missing}, or add their slack"]


def test_channels_survive_the_way_into_the_function(tmp_path: Path) -> None:
    text = MINIMAL + (
        "channels:\n"
        "  email: {from: a@b.ch}\n"
        "  sms: {levels: {1: [1, 2], 2: []}}\n"
        "  call: {url: 'https://pager.example.com/x', secret: pager}\n"
        "  event_bus: create\n"
        "  customer: {contacts: [c@d.ch], send: automatic}\n"
    )
    settings = load_environment(write(tmp_path, text)).settings("incidents", bus="the-bus")
    assert Settings.from_json(settings.to_json()) == settings
    assert settings.channels.email == {"1": (1, 2, 3), "2": (1, 2, 3), "3": (1, 2, 3)}
    assert (settings.channels.sms, settings.channels.call) == ({"1": (1, 2)}, {"1": (2, 3)})
    assert (settings.channels.bus, settings.channels.automatic) == ("the-bus", True)
    assert "channels" not in load_environment(write(tmp_path, MINIMAL)).settings("incidents").to_json()


APPROVER = "people: {approve: [U023BECGF]}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("remedies: {allow: [scale_out]}\n", "nobody could approve them: name somebody under people.approve"),
        (
            APPROVER + "remedies: {allow: [scale_out], approvals_severity_1: 2}\n",
            "takes 2 different people, and people.approve names 1",
        ),
        (APPROVER + "remedies: {allow: [scale_in]}\n", "'scale_in' is no remedy; did you mean scale_out"),
        (APPROVER + "remedies: {allow: []}\n", "remedies.allow"),
        (APPROVER + "remedies: {}\n", "remedies.allow"),
        (APPROVER + "remedies: {allow: [scale_out], tag: nothing}\n", "remedies.tag"),
        (APPROVER + "remedies: {allow: [scale_out], max_tasks: 0}\n", "remedies.max_tasks"),
        (APPROVER + "remedies: {allow: [scale_out], approvals_severity_1: 3}\n", "remedies.approvals_severity_1"),
    ],
)
def test_remedies_that_could_not_work_are_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(problems(tmp_path, MINIMAL + text))


def test_remedies_reach_the_function_with_their_limits(tmp_path: Path) -> None:
    text = APPROVER + "remedies: {allow: [roll_back, scale_out], tag: 'team=ops', max_tasks: 6}\nsupport_case: true\n"
    written = load_environment(write(tmp_path, MINIMAL + text)).settings("table", "secret")
    read = Settings.from_json(written.to_json())
    assert read.remedies is not None
    assert (read.remedies.allowed, read.remedies.max_tasks) == (("roll_back", "scale_out"), 6)
    assert (read.remedies.tag_key, read.remedies.tag_value, read.support_case) == ("team", "ops", True)
    assert load_environment(write(tmp_path, MINIMAL)).settings("table", "secret").remedies is None


def test_maintenance_windows_reach_the_function_in_the_environments_time(tmp_path: Path) -> None:
    text = MINIMAL + (
        "time_zone: Europe/Zurich\n"
        "maintenance:\n"
        "  - {name: Patching, every: First Saturday of the month, from: '02:00', until: '06:00', services: [batch*]}\n"
        "  - {name: Upgrade, start: 2026-12-24T22:00:00, end: 2026-12-25T02:00:00, time_zone: UTC, severity_1: true}\n"
    )
    settings = load_environment(write(tmp_path, text)).settings(table="t")
    assert Settings.from_json(settings.to_json()) == settings
    patching, upgrade = settings.windows
    assert (patching.every, patching.zone, patching.services) == (
        "first saturday of the month",
        "Europe/Zurich",
        ("batch*",),
    )
    assert (upgrade.zone, upgrade.start, upgrade.severity_1) == ("UTC", "2026-12-24T22:00:00", True)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("{name: w, every: first sunny day, from: '02:00', until: '06:00'}", "is no rule such as"),
        ("{name: w, every: sunday, from: 12:00, until: '06:00'}", "write the time in quotes"),
        ("{name: w, every: sunday}", "needs 'from' and 'until'"),
        ("{name: w, start: 2026-12-25T02:00, end: 2026-12-24T22:00}", "ends before it starts"),
        ("{name: w, every: day, from: '02:00', until: '03:00', time_zone: Mars}", "no IANA time zone"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(tmp_path: Path, window: str, said: str) -> None:
    assert any(said in problem for problem in problems(tmp_path, MINIMAL + f"maintenance: [{window}]\n"))
