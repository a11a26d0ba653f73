#!/usr/bin/env python3
"""The gateway's page in headless Chromium: the form sends a mail, the list shows it, and nothing in a mail becomes a part of the page.

  gateway_page.py --rest PORT --profile DIR --shots DIR

Chromium is driven by its DevTools protocol through two pipes; nothing but Python is needed for that.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import time

from gateway_common import arguments, check, miss, Rest, TOKEN


def main():
    args = arguments(__doc__, "rest", profile=pathlib.Path, shots=pathlib.Path)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        return miss("the page in Chromium", "chromium is missing: run tests/interop/install.sh chromium")
    browser = Browser(program, args.profile)
    try:
        drive(browser, args)
    except Exception as error:  # noqa: BLE001
        miss("the page in Chromium", repr(error))
    finally:
        browser.close()
    return None


def drive(browser, args):
    browser.go(f"http://127.0.0.1:{args.rest}/")
    shown = browser.js("[document.getElementById('inside').hidden, document.getElementById('door').hidden]")
    check("the page shows nothing without the token", shown == [True, False], shown)
    browser.js("document.getElementById('token').value = 'wrong'; document.querySelector('#enter button').click()")
    refusal = browser.wait("document.getElementById('refusal').textContent")
    check("a wrong token is told", "not known" in refusal, refusal)
    # As a stranger may name himself.
    evil = "<img src=x onerror=window.hit=1>"
    Rest(args.rest).send({"recipient": f"\"{evil}\"@b.example", "from": f"\"{evil}\"@a.example", "text": "x"})
    browser.js(f"document.getElementById('token').value = '{TOKEN}'; document.querySelector('#enter button').click()")
    browser.wait("!document.getElementById('inside').hidden")
    fill = {"recipients": "john@example.com, jane@example.com", "from": "Info <info@example.com>", "subject": "From the page", "text": "Hello."}
    for name, value in fill.items():
        browser.js(f"document.getElementById({json.dumps(name)}).value = {json.dumps(value)}")
    browser.js("document.querySelector('#mail button').click()")
    answer = browser.wait("/^\\d/.test(document.getElementById('answer').textContent) && document.getElementById('answer').textContent")
    check("the form sends a mail", answer.startswith("200") and "jane@example.com" in answer, answer)
    first = browser.wait("document.querySelectorAll('#list li').length >= 2 && document.querySelector('#list li').textContent")
    check("the list shows it", "info@example.com, 2 of 2 recipients, by REST" in first and "250" in first, first)
    parts = browser.js("[window.hit === undefined, document.querySelectorAll('#list img').length, document.body.textContent.includes('onerror')]")
    check("nothing in a mail becomes a part of the page", parts == [True, 0, True], parts)
    address = browser.js("location.href")
    browser.go(f"http://127.0.0.1:{args.rest}/#token={TOKEN}", "about:blank")
    browser.wait("!document.getElementById('inside').hidden")
    address = browser.js("location.href")
    check("the token does not stay in the address", TOKEN not in address, address)
    shots = []
    for name, width, height, phone in (("desk", 1280, 900, False), ("phone", 390, 844, True)):
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        overflow = browser.js("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        check(f"nothing stands out of a {name}'s width", overflow <= 0, overflow)
        octets = base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])
        file = args.shots / f"gateway-{name}.png"
        file.write_bytes(octets)
        shots.append(len(octets))
    check("screenshots", all(octets > 5000 for octets in shots), shots, f"{args.shots}")
    faults = [event for event in browser.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
    # The refusal of the wrong token is logged by the browser itself.
    faults = [fault for fault in faults if "401" not in json.dumps(fault)]
    check("the browser has nothing to complain of", not faults, faults)


class Browser:
    def __init__(self, program, profile):
        commands, self.commands = os.pipe()
        self.replies, replies = os.pipe()

        def pipes():
            # The protocol's pipes are 3 and 4. First out of the way, since they may have just these numbers.
            a, b = os.dup(commands), os.dup(replies)
            os.dup2(a, 3)
            os.dup2(b, 4)

        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe"]
        self.process = subprocess.Popen(
            [program, *options, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pipes, close_fds=False,
        )
        os.close(commands)
        os.close(replies)
        self.number, self.waiting, self.events, self.session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.waiting:
                if not select.select([self.replies], [], [], 120)[0]:
                    raise RuntimeError(f"{method}: the browser does not answer")
                octets = os.read(self.replies, 65536)
                if not octets:
                    raise RuntimeError("the browser has ended")
                self.waiting += octets
            text, self.waiting = self.waiting.split(b"\0", 1)
            reply = json.loads(text)
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]
            if "method" in reply:
                self.events.append(reply)

    def js(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        """The expression's value, once it has one that is true."""
        end = time.monotonic() + seconds
        while True:
            try:
                value, why = self.js(expression), "never true"
            except RuntimeError as error:
                # The document that was asked is being left.
                value, why = None, error
            if value:
                return value
            if time.monotonic() > end:
                raise RuntimeError(f"{why}: {expression}")
            time.sleep(0.1)

    def go(self, *addresses):
        for address in reversed(addresses):
            self.call("Page.navigate", url=address)
            # The document before may be there for a moment yet, and is complete, too.
            place = address.split("#")[0]
            self.wait(f"document.readyState === 'complete' && location.href.split('#')[0] === {json.dumps(place)}")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except Exception:  # noqa: BLE001
            self.process.kill()


if __name__ == "__main__":
    main()
