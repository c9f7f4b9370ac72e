"""What the documentation shows is run."""

import inspect
import json
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator
from typer.testing import CliRunner

from notifyhub import Observer
from notifyhub.cli.app import app
from notifyhub.errors import RecipientRejected, Undeliverable
from notifyhub.observability import emf as metrics_module
from notifyhub.settings.model import Settings
from notifyhub.settings.policy import Route
from notifyhub.settings.tables import Observability
from notifyhub.testing import forge_event
from tests.support.hub import Hub, signing_up

ROOT = Path(__file__).parents[2]


def blocks(file, language):
    text = (ROOT / file).read_text(encoding="utf-8")
    return [
        textwrap.dedent(found[1])
        for found in re.finditer(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    ]


def test_the_configuration_of_the_readme_passes_the_check(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    (config,) = blocks("README.md", "toml")
    (tmp_path / "notifyhub.toml").write_text(config, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "notifyhub.toml")])
    assert done.exit_code == 0, done.output


def test_the_own_event_of_the_readme_is_delivered_on_both_channels(tmp_path, monkeypatch):
    folder = tmp_path / "templates" / "OrderShipped"
    folder.mkdir(parents=True)
    for name in ("email.body.txt.j2", "sms.body.txt.j2"):
        (folder / name).write_text("Order {{ event.order_number }} is on its way", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notifyhub.toml").write_text(
        '[app]\nname = "Acme"\n[templates]\npath = "templates"\n[providers.all]\nuse = "file"\npath = "out"\n'
        '[[routes]]\nchannel = "email"\nproviders = ["all"]\n[[routes]]\nchannel = "sms"\nproviders = ["all"]\n',
        encoding="utf-8",
    )
    (example,) = [block for block in blocks("README.md", "python") if "OrderShipped" in block]
    exec(compile(example, "README.md", "exec"), {"__name__": "shop"})
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".eml", ".txt"]


def test_the_provider_of_the_guide_passes_its_contract(tmp_path):
    """Some seconds long: another process runs the whole contract."""
    code, test = blocks("docs/writing-a-provider.md", "python")
    (tmp_path / "notifyhub_pigeon.py").write_text(code, encoding="utf-8")
    (tmp_path / "pigeon").mkdir()
    (answers,) = blocks("docs/writing-a-provider.md", "json")
    (tmp_path / "pigeon" / "answers.json").write_text(answers, encoding="utf-8")
    (tmp_path / "test_pigeon.py").write_text(test, encoding="utf-8")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_pigeon.py"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout
    assert [count for count in re.findall(r"(\d+) passed", done.stdout) if int(count) > 10]


@pytest.mark.parametrize("section", [name for name in Settings.model_fields if name not in {"providers", "routes"}])
def test_every_key_of_the_configuration_is_documented(section):
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    annotation = Settings.model_fields[section].annotation
    fields = getattr(annotation, "model_fields", None) or {"lifetime": None}
    assert not [name for name in fields if f"`{name}`" not in text]


def test_every_key_of_a_route_is_documented():
    for name in ("configuration.md", "routing.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert not [key for key in Route.model_fields if f"`{key}`" not in text], name


def test_the_configurations_of_the_guide_to_routing_pass_the_check(tmp_path, monkeypatch):
    """Some two seconds long: each is a whole `notifyhub check`, which renders every message."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    head, *examples = blocks("docs/routing.md", "toml")
    for example in examples:
        (tmp_path / "notifyhub.toml").write_text(f"{head}\n{example}", encoding="utf-8")
        done = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "notifyhub.toml")])
        assert [
            line for line in done.output.splitlines() if line.startswith("error") and "none takes every" not in line
        ] == []
        assert "never reached" not in done.output


def test_the_guide_to_routing_shows_what_the_command_prints(tmp_path):
    head, *_, routes = blocks("docs/routing.md", "toml")
    (tmp_path / "notifyhub.toml").write_text(f"{head}\n{routes}", encoding="utf-8")
    event = forge_event("CustomSMSSender_SignUp", bytes(32), attributes={"phone_number": "+447400123456"})
    command = ["route", "-", "--config", str(tmp_path / "notifyhub.toml")]
    done = CliRunner().invoke(app, command, input=json.dumps(event))
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip()
    (console,) = blocks("docs/routing.md", "console")
    assert shown in console
    assert done.exit_code == 0


DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").glob("*.md")),
]


def anchors(file):
    """What a link can lead to inside a document: its headings, in the spelling that GitHub gives them."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(file):
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", file.read_text(encoding="utf-8")):
        led_to = file.parent / target if target else file
        if not led_to.exists() or (anchor and anchor not in anchors(led_to)):
            yield f"{file.name}: {target}#{anchor}"


def test_every_link_between_documents_leads_somewhere():
    assert [link for file in DOCUMENTS for link in broken_links(file)] == []


def test_a_broken_link_is_found(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("# Here\n[a](#here) [b](#there) [c](page.md#here) [d](gone.md) [e](https://example.com)", "utf-8")
    assert list(broken_links(file)) == ["page.md: #there", "page.md: gone.md#"]


def test_every_command_of_make_that_the_documents_name_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for file in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", file.read_text(encoding="utf-8"))}
    assert len(named) > 5
    assert named - targets == set()


def test_the_readme_says_what_it_costs():
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## What it costs")[2].partition("\n## ")[0]
    for figure in ("cold start", "CPU per warm event", "peak memory", "a bare pooled httpx post"):
        assert re.search(rf"^\|.*{figure}.*\|.*\d.*\|.*\d", section, re.MULTILINE), figure


def test_every_metric_is_documented_and_no_other():
    source = (ROOT / "notifyhub" / "observability" / "emf.py").read_text(encoding="utf-8")
    metrics = {*re.findall(r'_Metric\(\s*"(\w+)"', source), *metrics_module._COUNTED.values()}
    table = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8").partition("## Metrics")[2]
    rows = re.findall(r"^\| (`.*?) \|", table.partition("## Traces")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == metrics


def test_every_method_of_an_observer_is_documented():
    text = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    for name in [name for name in vars(Observer) if name.startswith("on_")]:
        _, *parameters = inspect.signature(getattr(Observer, name)).parameters.values()
        bare = inspect.Signature([parameter.replace(annotation=parameter.empty) for parameter in parameters])
        assert f"| `{name}{bare}` |" in text


def test_the_alarms_of_the_guide_are_what_cloudwatch_takes():
    shape = (
        boto3.client("cloudwatch", region_name="eu-west-1")
        .meta.service_model.operation_model("PutMetricAlarm")
        .input_shape
    )
    (commands,) = [block for block in blocks("docs/observability.md", "console") if "put-metric-alarm" in block]
    for command in commands.replace("\\\n", " ").splitlines():
        options = shlex.split(command.removeprefix("$ aws cloudwatch put-metric-alarm "))
        named = [(pascal(name), value) for name, value in zip(options[::2], options[1::2], strict=True)]
        given = {name: CONVERTED.get(shape.members[name].type_name, str)(value) for name, value in named}
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()
        assert given["MetricName"] in metrics_module._COUNTED.values()
        assert given["Namespace"] == Observability().namespace


CONVERTED: dict[str, Any] = {"integer": int, "double": float, "list": lambda value: [value]}


def pascal(option):
    return "".join(part.capitalize() for part in option.removeprefix("--").split("-"))


def test_the_observer_of_the_guide_sees_what_is_undeliverable(capsys):
    _, example = blocks("docs/observability.md", "python")
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(example, "observability.md", "exec"), names)
    hub = Hub(observers=[names["SupportDesk"]()])
    hub.providers["mail"].fail_with(RecipientRejected)
    with pytest.raises(Undeliverable):
        hub.dispatcher.dispatch(signing_up())
    assert capsys.readouterr().out.endswith(" j***@e***.com recipient_rejected\n")


def test_the_tracing_of_the_guide_can_be_set_up():
    example, _ = blocks("docs/observability.md", "python")
    (ready,) = [line for line in example.splitlines() if line.startswith("trace.set_tracer_provider")]
    names: dict[str, Any] = {}
    exec(compile(example.replace(ready, ""), "observability.md", "exec"), names)  # a process can set one only once
    names["tracing"].shutdown()
