"""How botocore logs in to the profile `a`: a line of JSON with a pair of files in, a line with the keys that it
ends up with, or its error, out.

The files are in HOME. AWS_ENDPOINT_URL_STS says where STS is.
"""

import json
import os
import sys

import botocore.exceptions
import botocore.session

# Loading STS's description takes longer than all else: once for all.
LOADER = botocore.session.Session().get_component("data_loader")


def log_in():
    session = botocore.session.Session(profile="a")
    session.register_component("data_loader", LOADER)
    providers = session.get_component("credential_provider")
    providers.get_provider("assume-role")._prompter = lambda _: "123456"
    try:
        credentials = session.get_credentials()
        if credentials is None:
            return {"error": "no credentials"}
        return {"key": credentials.get_frozen_credentials().access_key}
    except botocore.exceptions.BotoCoreError as error:
        return {"error": str(error)}


def main():
    for line in sys.stdin:
        for name, text in zip(("config", "credentials"), json.loads(line)):
            with open(os.path.expanduser(f"~/.aws/{name}"), "w") as file:
                file.write(text)
        print(json.dumps(log_in()), flush=True)


main()
