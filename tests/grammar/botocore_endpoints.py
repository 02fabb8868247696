"""Where botocore sends calls to STS: a line of JSON with a config file in, a line with the address, or null, out.
"""

import json
import os
import sys

import botocore.exceptions
import botocore.session

# Loading STS's description takes longer than all else: once for all.
LOADER = botocore.session.Session().get_component("data_loader")


def address():
    session = botocore.session.Session(profile="a")
    session.register_component("data_loader", LOADER)
    try:
        client = session.create_client("sts", aws_access_key_id="A", aws_secret_access_key="S")
        # The request itself: without a configured address the client knows only the usual one.
        addresses = []
        client.meta.events.register("before-send", lambda request, **_: addresses.append(request.url) or stop())
        try:
            client.get_caller_identity()
        except StopIteration:
            pass
        return addresses[0].rstrip("/")
    except botocore.exceptions.BotoCoreError:
        return None


def stop():
    raise StopIteration


def main():
    for line in sys.stdin:
        with open(os.path.expanduser("~/.aws/config"), "w") as file:
            file.write(json.loads(line))
        print(json.dumps(address()), flush=True)


main()
