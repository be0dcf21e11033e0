"""rocrate-validator without a network: the context of RO-Crate 1.1 is the file that RO_CRATE_CONTEXT names, and
there is nothing else."""

import os
import sys

import requests

ADDRESS = "https://w3id.org/ro/crate/1.1/context"


def send(session, request, **options):
    if request.url != ADDRESS:
        raise requests.ConnectionError(request.url)
    response = requests.Response()
    response.status_code, response.url, response.request = 200, request.url, request
    response.headers["Content-Type"] = "application/ld+json"
    with open(os.environ["RO_CRATE_CONTEXT"], "rb") as f:
        response._content = f.read()
    return response


requests.Session.send = send

from rocrate_validator.cli import cli  # which makes sessions

sys.exit(cli())
