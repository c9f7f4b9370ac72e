"""What the libraries say of requests stays out of every log, whoever asked for it, and whenever.

Each case is a process of its own: a guard that another test has put up must not help.
"""

import subprocess
import sys

import pytest

from tests.support.http_library import CORES, INSTALLED

CANARY = "c4n4ry"

PREPARE = """
import io, logging, os
lines = io.StringIO()
logging.basicConfig(level=1, stream=lines, format="%(name)s %(message)s")
os.environ.update(AWS_ACCESS_KEY_ID="AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY="c4n4ry", AWS_REGION="eu-west-1", no_proxy="*",
                  AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
def ask_for_debug():
    for name in (*NAMES.split(), *(n for n in logging.root.manager.loggerDict if n.startswith(tuple(NAMES.split())))):
        logging.getLogger(name).setLevel(logging.DEBUG)
"""

HTTP = """
from notifyhub.deadline import Deadline
from notifyhub.clients.http import HttpTransport, ProviderHttp
def build():
    transport = HttpTransport()
    transport.open()
    return ProviderHttp("acme", transport)
def use(client, url):
    client.post(f"{url}/c4n4ry", deadline=Deadline.never(), json={"a": "c4n4ry"}, headers={"Authorization": "c4n4ry"})
"""
BARE_HTTP = """
from notifyhub.clients.http_library import httpx
def build(): return httpx.Client()
def use(client, url): client.post(f"{url}/c4n4ry")
"""
AWS = """
from notifyhub.clients.aws import AwsClients
def build(): return AwsClients().get("kms")
def use(client, url): client.decrypt(CiphertextBlob=b"c4n4ry", EncryptionContext={"a": "c4n4ry"})
"""
BARE_AWS = """
import boto3
def build(): return boto3.client("kms", region_name="eu-west-1")
def use(client, url): client.decrypt(CiphertextBlob=b"c4n4ry", EncryptionContext={"a": "c4n4ry"})
"""
RUN = """
import base64
from notifyhub.testing.vendor_server import VendorAnswer, VendorServer
with VendorServer().running() as vendor:
    os.environ["AWS_ENDPOINT_URL_KMS"] = vendor.url
    plaintext = base64.b64encode(b"c4n4ry").decode()
    vendor.answer = VendorAnswer(body={"Plaintext": plaintext, "a": "c4n4ry"}, headers={"X-Token": "c4n4ry"})
    if WHEN == "before": ask_for_debug()
    client = build()
    if WHEN == "after": ask_for_debug()
    use(client, vendor.url)
    if WHEN == "after the first": ask_for_debug()
    use(client, vendor.url)
needles = ("c4n4ry", plaintext, base64.b64encode(b"c4n4ry").decode(), "Signature=")
print(any(needle in lines.getvalue() for needle in needles))
"""
CASES = {
    "httpx": (HTTP, BARE_HTTP, "httpx httpcore"),
    "httpx2": (HTTP, BARE_HTTP, "httpx2 httpcore2"),
    "aws": (AWS, BARE_AWS, "boto3 botocore urllib3"),
}
"""Our client, the bare library, and the loggers of the library."""


@pytest.fixture(params=CASES)
def library(request):
    if request.param in CORES.keys() - INSTALLED:
        pytest.skip(f"{request.param} is not installed")
    return request.param


def leaks(library: str, code: str, when: str) -> bool:
    others = "".join(f"sys.modules[{name!r}] = None\n" for name in CORES if name != library)
    script = f"import sys\n{others}NAMES, WHEN = {CASES[library][2]!r}, {when!r}\n{PREPARE}{code}{RUN}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return {"True": True, "False": False}[done.stdout.strip()]


@pytest.mark.parametrize("when", ["never", "before", "after", "after the first"])
def test_nothing_of_a_request_is_logged_whenever_debug_was_asked_for(library, when):
    assert not leaks(library, CASES[library][0], when)


def test_without_the_guard_it_would_be(library):
    """The control: the search above can fail."""
    assert leaks(library, CASES[library][1], "never")
