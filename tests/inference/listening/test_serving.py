from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from glassmaster.data.findings import Finding
from glassmaster.inference.listening.evaluating import Verdict, evaluate
from glassmaster.inference.listening.log import ListeningTest
from glassmaster.inference.listening.page import listening_page
from glassmaster.inference.listening.serving import (
    MOST_AT_ONCE,
    MOST_BODY_BYTES,
    ListeningServer,
    serving,
)
from glassmaster.inference.listening.session import Session
from glassmaster.inference.listening.statistics import size
from glassmaster.models.errors import OutputError

MakeTest = Callable[..., ListeningTest]
HOSTILE = '<script>alert("1")</script>\u202e.wav'


class Client:
    """A browser, as far as the server can tell."""

    def __init__(self, server: ListeningServer) -> None:
        self.server = server
        self.root = f"/{server.token}/"

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def get(self, name: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask("GET", self.root + name)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.get("state")[2])
        return state

    def answer(self, trial: int, answer: Any, **others: Any) -> tuple[int, dict[str, Any]]:
        given = {"trial": trial, "answer": answer, "switches": 2, "listened_s": 1.5, **others}
        status, _, body = self.ask(
            "POST",
            self.root + "answer",
            json.dumps(given).encode(),
            Content_Type="application/json",
        )
        return status, json.loads(body)


@pytest.fixture
def start(make_test: MakeTest) -> Iterator[Callable[..., tuple[Client, Session]]]:
    running = []

    def started(test: ListeningTest | None = None, **options: Any) -> tuple[Client, Session]:
        test = test or make_test(**options)
        session = Session(test, lambda _: None)
        server = ListeningServer(session, listening_page(test), lambda: "<p>told</p>")
        context = serving(server)
        context.__enter__()
        running.append(context)
        return Client(server), session

    yield started
    for context in running:
        context.__exit__(None, None, None)


Start = Callable[..., tuple[Client, Session]]


def test_a_test_from_start_to_end(start: Start) -> None:
    client, session = start(trials=5)
    trials = session.test.plan.all_trials()
    for number, trial in enumerate(trials):
        state = client.state()
        assert (state["trial"], state["trials"]) == (number, 5)
        for label, source in state["sources"].items():
            status, headers, body = client.get(f"audio/{source}")
            assert status == 200
            heard = session.test.heard[trial.played[label]]
            samples = np.frombuffer(body, "<f4").reshape(2, -1)
            assert np.array_equal(samples, heard)  # left, then right
            assert headers["Content-Length"] == str(heard.nbytes)
        assert client.get("result")[0] == 404
        status, after = client.answer(number, "B")
        assert (status, after["trial"]) == (200, number + 1)
    assert client.state()["sources"] == {}
    assert session.ended.is_set()
    assert not session.told.is_set()
    assert client.get("result")[2] == b"<p>told</p>"
    assert session.told.wait(5.0)
    assert [answer.answer for answer in session.test.answers] == ["B"] * 5
    assert session.test.answers[0].switches == 2


def test_nothing_tells_one_version_from_another(start: Start) -> None:
    client, session = start(trials=8, seed=987_654_321_987)
    seen: set[str] = set()
    lengths = set()
    for number in range(8):
        state = client.state()
        assert set(state) == {"trial", "trials", "sources"}
        assert list(state["sources"]) == ["A", "B", "X"]
        assert client.state() == state  # a reloaded page has the same
        fresh = set(state["sources"].values())
        assert len(fresh) == 3
        assert not fresh & seen
        for source in seen:
            assert client.get(f"audio/{source}")[0] == 404  # of a trial that is over
        seen |= fresh
        for source in fresh:
            status, headers, _ = client.get(f"audio/{source}")
            assert status == 200
            headers.pop("Date")
            lengths.add(json.dumps(headers, sort_keys=True))
        client.answer(number, "A")
    assert len(lengths) == 1  # no header differs
    page = client.get("")[2].decode()
    for path in session.test.versions.paths:
        assert path.stem not in page
    assert str(session.test.plan.seed) not in page


def test_answers_are_taken_once(start: Start) -> None:
    client, session = start(trials=5)
    assert client.answer(0, "A")[1]["trial"] == 1
    assert client.answer(0, "B")[1]["trial"] == 1  # sent again: the first one holds
    assert client.answer(2, "B")[0] == 409
    assert [answer.answer for answer in session.test.answers] == ["A"]
    threads = [threading.Thread(target=client.answer, args=(1, "B")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.answer for answer in session.test.answers] == ["A", "B"]
    for number in (2, 3, 4):
        client.answer(number, "A")
    assert client.answer(5, "A")[0] == 409
    assert client.answer(4, "B")[1]["trial"] == 5


@pytest.mark.parametrize(
    "given",
    [
        *({"answer": each} for each in ("X", "a", None, 1, ["A"], {})),
        *({"trial": each} for each in (-1, 1.0, True, "0", None, 10**30)),
        *({"switches": each} for each in (-1, 0.5, "2", None, True, 10**9)),
        *({"listened_s": each} for each in (-1, "2", None, float("nan"), float("inf"), 1e9)),
        {"more": 1},
    ],
)
def test_what_is_no_answer_is_refused(start: Start, given: Any) -> None:
    client, session = start()
    status, told = client.answer(**{"trial": 0, "answer": "A", **given})
    assert status == 409
    assert told["error"]
    assert session.test.answers == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 4000])
def test_what_is_no_json_is_refused(start: Start, body: bytes) -> None:
    client, session = start()
    path = client.root + "answer"
    status, _, told = client.ask("POST", path, body, Content_Type="application/json")
    assert status in (400, 409)
    assert json.loads(told)["error"]
    assert session.test.answers == ()
    assert client.answer(0, "A")[0] == 200


def test_bodies_have_a_limit_and_a_length(start: Start) -> None:
    client, session = start()
    path = client.root + "answer"
    kind = {"Content_Type": "application/json"}
    large = b" " * (MOST_BODY_BYTES + 1)
    assert client.ask("POST", path, large, **kind)[0] == 413
    for length in ("9" * 40, "-1", "1e3", "٣", "abc"):
        told = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{client.server.port}\r\n"
        told += f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        assert _raw(client, told.encode()) in (b"413", b"411")
    told = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{client.server.port}\r\n"
    told += "Content-Type: application/json\r\n\r\n"
    assert _raw(client, told.encode()) == b"411"
    assert client.ask("POST", path, b"{}", Content_Type="text/plain")[0] == 415
    assert session.test.answers == ()
    assert client.state()["trial"] == 0


def _raw(client: Client, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", client.server.port), timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65_536).split(b" ", 2)[1]


def test_only_the_address_that_was_told_leads_in(start: Start) -> None:
    client, _ = start()
    token = client.server.token
    assert len(token) >= 22  # 128 bits
    other = ("A" if token[0] != "A" else "B") + token[1:]
    outside = ("/", "/state", "/audio/", "/favicon.ico", "/../", "/%2e%2e/", "*")
    guessed = (f"/{token}", f"/{other}/", f"/{token[:-1]}/", f"/{token}x/", f"/{token}/../{token}/")
    inside = ("audio", "audio/", "audio/..", f"audio/{token}", "../page.py", "page.py", "./page.js")
    missing = ("listening.json", "x.js", "result", "answer", "/", "state/")
    named = (f"/{token}/{name}" for name in (*inside, *missing))
    paths = (*outside, *guessed, *named)
    for path in paths:
        status, _, body = client.ask("GET", path)
        assert status == 404, path
        assert token.encode() not in body
    assert client.ask("POST", client.root + "state", b"{}")[0] == 404
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert client.ask(method, client.root)[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1", "[::1]:{}", ""])
def test_another_site_under_its_own_name_is_refused(start: Start, host: str) -> None:
    client, _ = start()
    named = host.format(client.server.port)
    assert client.ask("GET", client.root, Host=named)[0] == 403
    assert client.ask("GET", client.root, Host=f"localhost:{client.server.port}")[0] == 200


def test_it_listens_to_this_machine_alone(start: Start) -> None:
    client, _ = start()
    assert client.server.server_address[0] == "127.0.0.1"


def test_every_answer_has_the_headers_that_protect_it(start: Start) -> None:
    client, _ = start()
    for name in ("", "page.js", "player.js", "state", "nothing"):
        _, headers, _ = client.get(name)
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Access-Control-Allow-Origin" not in headers
        assert "Python" not in headers["Server"]
    assert client.get("page.js")[1]["Content-Type"].startswith("text/javascript")


def test_hostile_names_do_nothing(start: Start, make_test: MakeTest) -> None:
    test = make_test()
    finding = Finding("odd", HOSTILE)
    versions = replace(test.versions, findings=(finding,))
    client, _ = start(replace(test, versions=versions))
    page = client.get("")[2].decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_silent_connections_keep_nobody_out_for_long(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassmaster.inference.listening import serving as module

    monkeypatch.setattr(module._Handler, "timeout", 0.5)
    client, _ = start()
    waiting = [
        socket.create_connection(("127.0.0.1", client.server.port)) for _ in range(MOST_AT_ONCE)
    ]
    for connection in waiting:
        connection.sendall(b"GET /")
    time.sleep(1.5)
    assert client.get("state")[0] == 200
    for connection in waiting:
        connection.close()


def test_more_connections_than_there_is_room_for_are_hung_up_on(start: Start) -> None:
    client, _ = start()
    waiting = [
        socket.create_connection(("127.0.0.1", client.server.port)) for _ in range(MOST_AT_ONCE)
    ]
    for connection in waiting:
        connection.sendall(b"GET /")
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        try:
            client.get("state")
        except (ConnectionError, http.client.HTTPException):
            break
    else:
        pytest.fail("there was room for more")
    for connection in waiting:
        connection.close()


def test_what_cannot_be_kept_is_not_taken_and_ends_the_test(make_test: MakeTest) -> None:
    test = make_test()

    def full(_: ListeningTest) -> None:
        raise OutputError("x.json: cannot be written: the disk is full", code="disk_full")

    session = Session(test, full)
    server = ListeningServer(session, "", lambda: "")
    with serving(server):
        client = Client(server)
        status, told = client.answer(0, "A")
        assert status == 500
        assert "the disk is full" in told["error"]
        assert client.get("result")[0] == 404
    assert session.ended.is_set()
    assert session.failure is not None
    assert session.test.answers == ()


def test_a_port_that_is_taken_is_named(start: Start, make_test: MakeTest) -> None:
    client, session = start()
    with pytest.raises(OutputError, match=f"port {client.server.port} cannot be had"):
        ListeningServer(session, "", lambda: "", client.server.port)


def test_random_clickers_through_the_interface(start: Start) -> None:
    """Some of the clickers whose plans are simulated elsewhere, through every layer there is."""
    rng = random.Random(11)
    verdicts: Counter[Verdict] = Counter()
    for seed in range(40):
        client, session = start(trials=5, seed=seed)
        for number in range(5):
            assert client.answer(number, rng.choice("AB"))[0] == 200
        test = session.test
        answers = [answer.answer for answer in test.answers]
        verdicts[evaluate(test.plan, answers).pairs[0].verdict] += 1
    low, high = binom.interval(0.999, 40, float(size(5)))
    assert low <= verdicts[Verdict.SHOWN] <= high


def test_the_page_names_only_what_is_served(start: Start, tmp_path: Path) -> None:
    client, _ = start()
    page = client.get("")[2].decode()
    assert 'src="page.js"' in page
    assert page.count("<script") == 1
    assert "http://" not in page
    assert "https://" not in page
    assert './player.js"' in client.get("page.js")[2].decode()
