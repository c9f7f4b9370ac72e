"""What is built and installed is what a user gets."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.install, pytest.mark.timeout(300), pytest.mark.xdist_group("distribution")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(build, check=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_three_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "notifyhub", "notifyhub_providers", "notifyhub_templates",
    }  # fmt: skip
    assert wheel.name.startswith("notifyhub_core-")
    assert {"notifyhub/py.typed", "notifyhub_providers/py.typed", "notifyhub/cli/pages/demo.html.j2"} <= set(names)


def test_the_wheel_holds_every_module_and_every_template(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for root in (ROOT / "notifyhub", ROOT / "providers/notifyhub_providers", ROOT / "templates/notifyhub_templates"):
        expected = {
            str(path.relative_to(root.parent))
            for path in root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert expected
        assert expected <= names


@pytest.mark.slow
def test_a_plain_install_in_a_fresh_environment_runs_the_demo(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-c", ROOT / "constraints.txt", f"{wheel}[cli]"], check=True, cwd=tmp_path)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_", "COVERAGE"))}
    done = subprocess.run(
        [tmp_path / "env" / "bin" / "notifyhub", "demo", "--out", "shown"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "15 of 15 events delivered" in done.stdout
    assert len(list((tmp_path / "shown").glob("*.eml"))) == 8
    assert len(list((tmp_path / "shown").glob("*.txt"))) == 7
    assert (tmp_path / "shown" / "index.html").stat().st_size > 10_000


def test_without_the_extra_the_command_says_which_to_install(wheel, tmp_path):
    """The base install has neither typer nor rich; a module path entry that hides them stands for it."""
    hide = "import sys; sys.modules['typer'] = None; from notifyhub.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", hide], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "notifyhub-core[cli]"' in done.stderr
