from notifyhub.rendering.factory import make_renderer
from notifyhub.rendering.index import find_built_in_root
from tests.support.configured import refused, settings


def test_the_own_folder_of_templates_comes_before_the_built_in_one(tmp_path):
    renderer = make_renderer(settings(TEMPLATES__PATH=str(tmp_path), TRIGGERS__SIGNUP__LIFETIME="5m"))
    assert renderer.index.roots == (tmp_path, find_built_in_root())
    assert make_renderer(settings()).index.roots == (find_built_in_root(),)


def test_an_own_folder_that_is_not_there_is_refused(tmp_path):
    error = refused(make_renderer, settings(TEMPLATES__PATH=str(tmp_path / "absent")))
    assert error.path == "templates.path"
