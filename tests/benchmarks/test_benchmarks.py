import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Aim, Figure, only_notifyhub_loads
from benchmarks.handler_process import Run
from benchmarks.laboratory import BARE_POST, NOTIFYHUB, OWN_EVENT, REFERENCE, Subject, laboratory

ROOT = Path(__file__).parents[2]


def figure(**given):
    return Figure(name="cold start, ms", reference=[100.0, 200.0, 50.0], notifyhub=[120.0, 260.0, 50.0], **given)


def run(imports):
    return Run(init_ms=1, first_ms=1, cold_ms=2, cold_cpu_ms=2, modules=list(imports), imports=imports)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What the benchmark printed, and the figures that it wrote."""
    file = tmp_path_factory.mktemp("benchmark") / "figures.json"
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("providers", "templates"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, json.loads(file.read_text())


@pytest.fixture(scope="module")
def lab():
    with laboratory(events=1) as lab:
        lab.keep_payload()
        yield lab


@pytest.mark.slow
class TestQuickRun:
    """The whole benchmark, once, with as few events as there can be."""

    def test_the_table_compares_every_figure_and_says_whether_its_aim_is_reached(self, ran):
        table, _ = ran
        for name, aim in {
            "cold start, ms": "aim <= 1.30: ",
            "INIT, ms": "",
            "first event, ms": "",
            "CPU per warm event, ms": "aim <= 1.10: ",
            "peak memory, MiB": "aim <= +12 MiB: ",
            "CPU per event, ms": "aim <= 2.00: ",
        }.items():
            row = next(line for line in table.splitlines() if line.strip().startswith(name))
            assert row.count(" - ") == 3, f"two spreads and that of the comparison: {row}"
            assert aim in row
            assert row.rstrip().endswith("reached") == bool(aim)

    def test_both_handlers_delivered_the_same_number_of_mails_with_their_codes(self, ran):
        """The run itself fails when a mail lacks the code of the user that it goes to."""
        _, figures = ran
        delivered = figures["delivered"]
        assert delivered["reference"] == delivered["notifyhub"] > 0
        assert delivered["bare_post"] > 0
        assert delivered["own_event"] > 0

    def test_every_figure_is_written_to_the_file(self, ran):
        _, figures = ran
        assert all(len(figure["reference"]) == 1 for figure in figures["handlers"].values())
        assert figures["own_event"]["ratio"][0] > 0
        assert figures["engine"]["difference"][0] > 0
        assert figures["handlers"]["peak memory, MiB"]["difference"][0] > 0

    def test_it_says_which_imports_only_notifyhub_needs(self, ran):
        _, figures = ran
        packages = {cost["package"] for cost in figures["only_notifyhub_loads"]}
        assert {"notifyhub", "pydantic", "jinja2"} <= packages
        assert packages.isdisjoint({"boto3", "botocore", "httpx", "aws_encryption_sdk"})


class TestFigures:
    def test_a_ratio_belongs_to_a_pair(self):
        assert figure().compared == [1.2, 1.3, 1.0]

    def test_memory_is_compared_as_a_difference(self):
        assert figure(as_difference=True).compared == [20.0, 60.0, 0.0]

    def test_the_median_decides_whether_an_aim_is_reached(self):
        assert figure(aim=Aim(limit=1.2, text="")).reached is True
        assert figure(aim=Aim(limit=1.19, text="")).reached is False
        assert figure().reached is None

    def test_import_times_add_up_by_package_without_what_both_load(self):
        costs = only_notifyhub_loads(
            [(run({"httpx": 5.0}), run({"httpx": 4.0, "pydantic": 1.0, "pydantic.main": 2.0}))]
        )
        assert [(cost.package, cost.modules, cost.import_ms) for cost in costs] == [("pydantic", 2, 3.0)]


class TestLaboratory:
    def test_a_handler_whose_mails_lack_the_code_fails_the_run(self, lab):
        """A figure of a handler that does not do the job would be worthless."""
        payload = lab._folder / "payload"
        whole = payload.read_text()
        payload.write_text(whole.replace("700000", "000000"))
        with pytest.raises(RuntimeError, match="not each of 1 mails arrived with its code"):
            lab.cold(BARE_POST)
        payload.write_text(whole)

    @pytest.mark.slow
    def test_a_handler_that_fails_shows_its_error(self, lab):
        with pytest.raises(RuntimeError, match="No module named 'no_such_handler'"):
            lab.cold(Subject("broken", "no_such_handler", "orders"))

    @pytest.mark.parametrize(
        "subject",
        [NOTIFYHUB, *(pytest.param(subject, marks=pytest.mark.slow) for subject in (REFERENCE, OWN_EVENT))],
        ids=lambda subject: subject.name,
    )
    def test_handlers_see_what_a_bundle_holds_and_nothing_else_that_is_installed(self, lab, subject):
        """httpx would import click, rich and pygments where they are installed, and both sides would pay for them."""
        loaded = {module.partition(".")[0] for module in lab.cold(subject).modules}
        assert "httpx" in loaded
        assert loaded.isdisjoint({"click", "rich", "pygments", "typer", "site", "coverage", "pytest", "moto"})

    def test_the_reference_decrypts_and_sends_without_any_of_notifyhub(self, lab):
        loaded = {module.partition(".")[0] for module in lab.cold(REFERENCE).modules}
        assert {"aws_encryption_sdk", "boto3", "httpx"} <= loaded
        assert loaded.isdisjoint({"notifyhub", "pydantic", "jinja2"})
