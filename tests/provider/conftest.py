from pathlib import Path

import pytest

CANARY = "c4n4ry-value"
BROKEN = {
    "acme_needy": "import a_library_that_nobody_has",
    "acme_old": "from notifyhub.provider import Carrier",
    "acme_loud": f"raise RuntimeError({CANARY!r})",
    "acme_broken": "class = 1",
}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a made-up distribution with these entry points on the path; its modules are BROKEN, or in tests/data."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "data" / "plugins")
    for name, text in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    def install(distribution, **offers):
        info = tmp_path / distribution / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in offers.items())
        (info / "entry_points.txt").write_text(f"[notifyhub.providers]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path / distribution)

    return install
