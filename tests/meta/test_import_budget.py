"""What a cold start loads until the first mail is delivered: a set of modules, as milliseconds lie."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from aws_encryption_sdk.key_providers.kms import KMSMasterKey

from notifyhub.testing import VendorAnswer, VendorServer
from notifyhub.testing.forge import forge_event
from tests.support.http_library import INSTALLED, LIBRARY

CONFIG = """
[app]
name = "Acme"
[decryption]
key_arns = ["{arn}"]
[providers.mail]
use = "sendgrid"
api_key = "SG.key"
sender = "no-reply@acme.example"
base_url = "{url}"
[providers.backup]
use = "ses"
sender = "no-reply@acme.example"
[[routes]]
channel = "email"
providers = ["mail", "backup"]
"""


def named(text):
    """The dotted names of lines such as `package: module module`; the package counts too."""
    names = set()
    for line in text.strip().replace("\n    ", " ").splitlines():
        package, _, modules = line.partition(":")
        names |= {package, *(f"{package}.{module}" for module in modules.split())}
    return names


NOTIFYHUB = named("""
notifyhub: channels clock deadline dispatcher distribution errors hooks lazy locales messages outcomes pipeline
    receipts secret workers
notifyhub.aws_lambda: cognito
notifyhub.clients: aws http http_library reply sockets
notifyhub.decryption: decryptor encryption_sdk factory failures
notifyhub.delivery: attempts backoff cooldown expiry factory failover request scrubbing
notifyhub.events: base cognito notification parsing triggers
notifyhub.ledger: base claims factory memory
notifyhub.observability: factory observer reporter tracing
notifyhub.provider: contract instances registry toolkit
notifyhub.recipients: factory resolver
notifyhub.redaction: escapes library_logs masking showable tracebacks validation_errors
notifyhub.rendering: durations environment factory index renderer
notifyhub.routing: conditions router
notifyhub.settings: fields loading model policy references runtime section tables
notifyhub_providers: _aws_codes sendgrid ses
""")
THIRD_PARTY = {
    "annotated_types", "anyio", "attr", "aws_encryption_sdk", "boto3", "botocore", "certifi", "cryptography", "dateutil",
    "h11", "idna", "jinja2", "jmespath", "markupsafe", "pydantic", "pydantic_core", "s3transfer", "six",
    "typing_extensions", "typing_inspection", "urllib3", "wrapt",
}  # fmt: skip
HTTP_LIBRARIES = {"httpx": {"httpcore", "httpx"}, "httpx2": {"httpcore2", "httpx2", "truststore"}}
"""What comes with either library that the HTTP client runs on; h11, anyio and idna come with both, and botocore loads certifi, which comes with httpx."""
UNWANTED = {"difflib", "http.server", "notifyhub.rendering.html_text", "smtplib", "sqlite3", "unittest", "xmlrpc"}


OBSERVED = {
    "METRICS=emf": ({"notifyhub.observability.emf"}, set()),
    "TRACES=otel": ({"notifyhub.observability.otel"}, {"opentelemetry"}),
}


@pytest.fixture(scope="module", params=HTTP_LIBRARIES)
def library(request):
    if request.param not in INSTALLED:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture(scope="module")
def loaded(moto, tmp_path_factory, library):
    return cold_start(moto, tmp_path_factory.mktemp("cold"), library)


def cold_start(moto, folder, library, **variables):
    """The modules of a process that finds this HTTP library alone, after its first mail."""
    with pytest.MonkeyPatch.context() as patch, VendorServer().running() as vendor:
        for name in [name for name in os.environ if name.startswith(("AWS_", "COV", "COVERAGE", "NOTIFYHUB"))]:
            patch.delenv(name)
        environ = {
            "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": moto, "AWS_EC2_METADATA_DISABLED": "true", **variables,
        }  # fmt: skip
        for name, value in environ.items():
            patch.setenv(name, value)
        vendor.answer = VendorAnswer(status=202, headers={"X-Message-Id": "1"})
        client = boto3.client("kms")
        arn = client.create_key()["KeyMetadata"]["Arn"]
        event = forge_event("CustomEmailSender_SignUp", KMSMasterKey(key_id=arn, client=client))
        (folder / "event.json").write_text(json.dumps(event))
        (folder / "notifyhub.toml").write_text(CONFIG.format(arn=arn, url=vendor.url))
        patch.setenv("NOTIFYHUB_CONFIG", str(folder / "notifyhub.toml"))
        absent = HTTP_LIBRARIES.keys() - {library}
        worker = [sys.executable, Path(__file__).parent / "cold_worker.py", folder / "event.json", *absent]
        done = subprocess.run(worker, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert len(vendor.requests) == 1
    return set(json.loads(done.stdout.splitlines()[-1]))


def own_of(loaded):
    return {name for name in loaded if name.partition(".")[0] in {"notifyhub", "notifyhub_providers"}}


def others_of(loaded):
    """The packages of other people."""
    top = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    found = {name for name in top if not name.startswith("_")} - {"notifyhub", "notifyhub_providers", "__main__"}
    return found - {"cffi", "pyexpat", "sitecustomize", "a1_coverage"}


def test_of_notifyhub_only_what_the_first_mail_needs_is_loaded(loaded):
    own = own_of(loaded)
    assert own - NOTIFYHUB == set(), "new on the path to the first message: does it have to be there?"
    assert NOTIFYHUB - own == set(), "not loaded any more: take it off the list"


def test_of_other_packages_only_the_expected_are_loaded(loaded, library):
    assert others_of(loaded) - THIRD_PARTY == HTTP_LIBRARIES[library]


@pytest.mark.parametrize("setting", OBSERVED)
def test_who_observes_pays_for_that_alone(setting, moto, tmp_path):
    name, _, value = setting.partition("=")
    loaded = cold_start(moto, tmp_path, LIBRARY, **{f"NOTIFYHUB__OBSERVABILITY__{name}": value})
    others = others_of(loaded) - THIRD_PARTY - HTTP_LIBRARIES[LIBRARY]
    assert (own_of(loaded) - NOTIFYHUB, others) == OBSERVED[setting]


def test_nothing_is_loaded_that_only_errors_and_tools_need(loaded):
    assert loaded & UNWANTED == set()


def test_the_budget_can_fail(loaded):
    assert (loaded | {"notifyhub.cli"}) - NOTIFYHUB
