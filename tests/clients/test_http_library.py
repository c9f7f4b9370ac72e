"""The HTTP client runs on httpx2 where it is installed, else on httpx.

This run uses one of the two. The other is not to be had in the same process, as modules are bound to it when they are
imported; so the tests of the client, and one provider's contract, run once more in a process that finds the other alone.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from notifyhub.clients import http_library
from tests.support.http_library import CORES, INSTALLED, LIBRARY, VARIABLE

ROOT = Path(__file__).parents[2]
OTHER = (CORES.keys() - {LIBRARY}).pop()
ON_BOTH = [
    *sorted({*Path(__file__).parent.glob("test_http*.py")} - {Path(__file__)}),
    ROOT / "tests/providers/test_sendgrid.py",
    f"{__file__}::test_this_run_uses_the_library_that_it_was_to_use",
]
CHOSEN = "from notifyhub.clients.http_library import httpcore, httpx; print(httpx.__name__, httpcore.__name__)"
needs_both = pytest.mark.skipif(set(CORES) != INSTALLED, reason="httpx and httpx2 are not both installed")


def run(code, *, without=()):
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in without)
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {hidden}{code}"], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_this_run_uses_the_library_that_it_was_to_use():
    assert (http_library.httpx.__name__, http_library.httpcore.__name__) == (LIBRARY, CORES[LIBRARY])


@needs_both
def test_on_the_other_library_the_client_and_a_provider_s_contract_hold_as_well():
    """Some ten seconds long: another process runs whole files of tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *map(str, ON_BOTH)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, VARIABLE: OTHER}, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stdout[-4000:]


@needs_both
@pytest.mark.parametrize(("without", "chosen"), [((), "httpx2 httpcore2"), (("httpx2",), "httpx httpcore")])
def test_httpx2_is_used_where_it_is_installed(without, chosen):
    done = run(CHOSEN, without=without)
    assert done.stdout.split() == chosen.split(), done.stderr


@needs_both
def test_an_httpx2_that_lacks_a_dependency_of_its_own_is_not_passed_over():
    """Otherwise a bundle that is not whole would quietly run on what nobody tested it with."""
    done = run(CHOSEN, without=["httpcore2"])
    assert "httpcore2" in done.stderr.splitlines()[-1]
    assert done.returncode != 0


def test_one_module_alone_names_the_library():
    names = re.compile(r"^\s*(import|from) (httpx|httpcore)2?\b", re.MULTILINE)
    sources = [path for folder in ("notifyhub", "providers") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in sources if names.search(path.read_text(encoding="utf-8"))] == ["http_library.py"]
