#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
In the place of QEMU: a machine that says one line, and is off before it is asked for its memory:
both events of its end come before the answer.
"""
import json
import re
import socket
import sys
import time


def events(*names):
    data = {"guest": True, "reason": "guest-shutdown"}
    return "".join(json.dumps({"event": name, "data": data, "timestamp": {}}) + "\n"
                   for name in names)


def answer(command):
    """What the monitor sends when it is asked for something."""
    if command == "cont":
        print("it is off soon", flush=True)
    if command == "pmemsave":
        return events("SHUTDOWN", "STOP") + json.dumps({"error": {"desc": "no"}}) + "\n"
    return json.dumps({"return": {}}) + "\n"


def main():
    control = re.search(r"unix:([^,]*control),", " ".join(sys.argv))[1]
    server = socket.socket(socket.AF_UNIX)
    server.bind(control)
    server.listen()
    connection, _ = server.accept()
    connection.sendall(b'{"QMP": {}}\n')
    command = ""
    while command != "quit":
        # The tool waits for each answer.
        command = json.loads(connection.recv(4096))["execute"]
        connection.sendall(answer(command).encode())
    time.sleep(0.1)


if __name__ == "__main__":
    main()
