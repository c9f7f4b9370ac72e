import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.chaos.conditions import CONNECTION_FAULTS, PRIMARY, SECONDARY, Conditions, Fault
from benchmarks.chaos.history import History
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.vendors import Record

ROOT = Path(__file__).parents[2]
NUMBERS = re.compile(r"^ *([^\d\n]+?) +(\d+) +(\d+)\b", re.MULTILINE)


def ran(*options):
    """What a run prints, and its exit code."""
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("providers", "templates"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )
    assert process.stderr == ""
    return process.stdout, process.returncode


def rows(table):
    """Name of each row, and its figures: healthy and chaos, or primary and secondary."""
    return {name: (int(left), int(right)) for name, left, right in NUMBERS.findall(table)}


def tally(accepted, *, events=2, conditions=None, faults=None, wrong=0, **history):
    """A run in which the messages of those events were accepted, a second after they were handed out."""
    return Tally(
        events=events,
        conditions=conditions or Conditions(seed=1),
        history=History(handed_out=dict.fromkeys(range(events), 10.0), **history),
        record=Record(accepted=[(number, 11.0) for number in accepted], faults=Counter(faults or {}), wrong=wrong),
    )


def assert_whole(table, code, *, events):
    """Nothing is lost, every duplicate is explained, and that says something as faults came."""
    assert code == 0, table
    figures = rows(table)
    assert figures["events"] == figures["delivered"] == (events, events)
    assert figures["lost"] == figures["unexplained"] == (0, 0)
    assert figures["duplicates"][1] > 0
    return figures


class TestRun:
    """The whole thing, small; each run takes some seconds, for Lambda's waits between retries are real ones."""

    def test_nothing_is_lost_and_each_duplicate_is_explained(self):
        table, code = ran("--quick")
        figures = assert_whole(table, code, events=240)
        assert sum(figures[fault][0] for fault in ("dripping body", "slow first byte", "accepted, then reset")) > 0
        assert re.search(r"SIGKILL: 4 workers, [2-4] of them in mid-send", table)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_nothing_is_lost_at_full_size(self):
        """Two minutes and more: 5,000 events."""
        assert_whole(*ran(), events=5000)

    @pytest.mark.slow
    def test_it_fails_without_a_ledger(self):
        table, code = ran("--quick", "--without", "ledger")
        assert code == 1, table
        assert re.search(r"FAILED: chaos: \d+ duplicates are explained by nothing", table)

    @pytest.mark.slow
    def test_it_fails_when_nobody_tries_again(self):
        table, code = ran("--quick", "--events", "60", "--without", "redelivery")
        assert code == 1, table
        assert re.search(r"FAILED: chaos: \d+ events are lost", table)


class TestTally:
    def test_an_event_that_no_vendor_accepted_is_lost(self):
        assert tally([0]).problems() == ["1 events are lost"]
        assert tally([0, 1]).problems() == []

    def test_a_duplicate_needs_a_cause_in_its_own_events_history(self):
        assert tally([0, 0, 1]).problems()[0] == "1 duplicates are explained by nothing"
        assert tally([0, 0, 1], unknown=Counter({1: 5})).problems() == ["1 duplicates are explained by nothing"]

    @pytest.mark.parametrize(
        ("cause", "name"),
        [("unknown", "outcome unknown"), ("killed", "killed in mid-send"), ("ledger", "ledger failed")],
    )
    def test_each_doubt_kill_or_failure_of_the_ledger_is_good_for_one(self, cause, name):
        injected = Counter({("ledger", "claim"): cause == "ledger"})
        once = tally([0, 0, 1], **{cause: Counter({0: 1})}, injected=injected)
        assert (once.problems(), once.duplicates) == ([], Counter({name: 1}))
        twice = tally([0, 0, 0, 1], **{cause: Counter({0: 1})})
        assert twice.duplicates == Counter({name: 1, "unexplained": 1})

    def test_a_message_with_anothers_code_fails_the_run(self):
        assert tally([0, 1], wrong=1).problems() == ["1 messages do not show their user's code"]

    def test_a_ledger_that_fails_by_itself_fails_the_run(self):
        """Duplicates would be explained by it, and nobody would look further."""
        made = Counter({("ledger", "claim"): 2})
        assert tally([0, 1], ledger=Counter({0: 2}), injected=made).problems() == []
        failed = tally([0, 1], ledger=Counter({0: 3}), injected=made)
        assert failed.problems() == ["the ledger failed 1 times by itself"]

    def test_waits_end_with_the_first_acceptance(self):
        run = tally([0, 1], killed=Counter({1: 1}))
        run.record.accepted += [(1, 14.0)]
        assert (run.wait_ms(0.5), run.wait_ms(0.99)) == (1000, 1000)
        run.record.accepted[:] = [(0, 11.0), (1, 13.0)]
        run = tally([0], killed=Counter({1: 1}))
        run.record.accepted += [(1, 13.0)]
        assert (run.wait_ms(0.99), run.wait_ms(0.99, killed=False)) == (3000, 1000)


class TestFailuresThatWereMeantToBe:
    """A run that injects nothing would find nothing, and pass."""

    conditions = Conditions(seed=1, primary=0.3, secondary=0.05, ledger=0.01, kills=10)
    faults = {(PRIMARY, fault): 25 for fault in Fault if fault not in CONNECTION_FAULTS} | {
        (SECONDARY, Fault.CUT_BODY): 50
    }
    injected = {(PRIMARY, fault): 25 for fault in CONNECTION_FAULTS} | {("ledger", "claim"): 20}

    def run(self, *, faults=(), injected=(), kills=((1, 4),) * 10):
        history = {"injected": Counter({**self.injected, **dict(injected)}), "kills": list(kills)}
        run = tally(
            range(1000), events=1000, conditions=self.conditions, faults={**self.faults, **dict(faults)}, **history
        )
        run.record.requests.update({PRIMARY: 900, SECONDARY: 1000})
        return run.problems()

    def test_all_of_them_pass(self):
        assert self.run() == []

    @pytest.mark.parametrize("fault", Fault)
    def test_none_of_one_kind_fails(self, fault):
        where = "injected" if fault in CONNECTION_FAULTS else "faults"
        problems = self.run(**{where: {(PRIMARY, fault): 0}})
        assert len(problems) == 1
        assert problems[0].startswith(f"{fault} of the primary: 0 were injected")

    def test_a_healthy_secondary_fails(self):
        assert self.run(faults={(SECONDARY, Fault.CUT_BODY): 0}) == [
            "failures of the secondary: 0 were injected, about 50 are expected"
        ]

    def test_a_healthy_ledger_fails(self):
        assert self.run(injected={("ledger", "claim"): 0}) == [
            "failures of the ledger: 0 were injected, about 20 are expected"
        ]

    def test_kills_that_did_not_come_or_met_nobody_fail(self):
        assert self.run(kills=[(0, 4)] * 10) == ["0 of 10 workers were killed in mid-send"]
        assert "kills: 0 were injected, about 10 are expected" in self.run(kills=[])


class TestFaults:
    def test_the_same_seed_draws_the_same_faults_and_another_one_others(self):
        def drawn(seed):
            conditions = Conditions(seed=seed, primary=0.3)
            return [conditions.reply_fault(PRIMARY, (seed, number), mail=False) for number in range(200)]

        assert drawn(1) == drawn(1) != drawn(2)

    def test_all_faults_together_are_as_frequent_as_the_conditions_say(self):
        conditions = Conditions(seed=1, primary=0.3)
        faults = [conditions.reply_fault(PRIMARY, number, mail=False) for number in range(4000)]
        share = sum(fault is not None for fault in faults) / len(faults)
        assert share == pytest.approx(0.3 * 10 / 12, abs=0.03)
        assert set(faults) == {None, *Fault} - set(CONNECTION_FAULTS)

    def test_healthy_vendors_never_fail(self):
        assert not any(Conditions(seed=1).reply_fault(PRIMARY, number, mail=True) for number in range(500))
        assert not any(Conditions(seed=1).connection_fault(PRIMARY, number) for number in range(500))
