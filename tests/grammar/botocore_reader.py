"""Reads files with botocore: a line of JSON with pairs of files in, a line with their content out.

The files' bytes come as text of Latin-1.
"""

import json
import os
import sys

import botocore.credentials
import botocore.exceptions
import botocore.session

CONFIG = os.path.expanduser("~/.aws/config")
CREDENTIALS = os.path.expanduser("~/.aws/credentials")


def write(path, text):
    with open(path, "wb") as file:
        file.write(text.encode("latin-1"))


def flat(value):
    """A nested value in a common form: sorted lines."""
    if isinstance(value, dict):
        return "".join(f"\n{key} = {text}" for key, text in sorted(value.items()))
    return value


def read(session, pair):
    write(CONFIG, pair[0])
    write(CREDENTIALS, pair[1])
    # A session reads the files only once, and a new session takes 20 ms.
    session._config = None
    try:
        full = session.full_config
        keys = None
        if "aws_access_key_id" in full["profiles"].get("default", {}):
            keys = botocore.credentials.SharedCredentialProvider(CREDENTIALS).load()
    except botocore.exceptions.ConfigParseError as error:
        return {"error": str(error)}
    except botocore.exceptions.PartialCredentialsError:
        keys = None
    endpoints = {}
    for name, services in full.get("services", {}).items():
        sts = services.get("sts")
        if isinstance(sts, dict) and "endpoint_url" in sts:
            endpoints[name] = sts["endpoint_url"]
    profiles = {
        name: {key: flat(value) for key, value in settings.items()}
        for name, settings in full["profiles"].items()
    }
    keys = keys and [keys.access_key, keys.secret_key, keys.token]
    return {"profiles": profiles, "sts_endpoints": endpoints, "keys_of_default": keys}


def main():
    session = botocore.session.Session()
    session.set_config_variable("config_file", CONFIG)
    session.set_config_variable("credentials_file", CREDENTIALS)
    for line in sys.stdin:
        print(json.dumps([read(session, pair) for pair in json.loads(line)]), flush=True)


main()
