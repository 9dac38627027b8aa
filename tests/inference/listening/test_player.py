from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from queue import Queue
from typing import Any

import numpy as np
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

RATE = 48_000
HZ = 1_000.0
FADE = 960  # samples of 20 ms

SCRIPT = """
const rate = %(rate)d, frames = rate / 2;
const random = (n) => {
  const x = Math.sin(12.9898 * n) * 43758.5453;
  return x - Math.floor(x) - 0.5;
};
const tone = (n) => Math.sin(2 * Math.PI * %(hz)f * n / rate);
async function rendered(one, other, schedule) {
  const context = new OfflineAudioContext(2, 2 * frames, rate);
  const made = [one, other].map((signal) => {
    const samples = new Float32Array(2 * frames);
    for (let n = 0; n < frames; n++) { samples[n] = signal(n); samples[frames + n] = -signal(n); }
    return toBuffer(context, samples.buffer);
  });
  const player = new Player(context, { A: made[0], B: made[1] }, "A");
  schedule(player);
  const buffer = await context.startRendering();
  return [0, 1].map((channel) => buffer.getChannelData(channel));
}
const both = (player) => { for (const { fader } of player.versions) fader.fade(1, 0); };
const found = {};
const negated = (n) => -random(n);
const peak = (samples) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const peaks = async (...scene) => Math.max(...(await rendered(...scene)).map(peak));
const left = async (...scene) => [...(await rendered(...scene))[0]];
found.alone = await peaks(random, negated, (p) => p.play(0.03));
found.together = await peaks(random, negated, (p) => { both(p); p.play(0.03); });
found.moved = await peaks(random, negated, (p) => {
  both(p); p.play(0.03); p.seek(0.2, 0.1); p.loop(0.1, 0.3, 0.25); p.pause(0.5); p.play(0.6);
});
const opposite = (n) => -tone(n);
found.still = await left(tone, opposite, (p) => p.play(0));
found.right = [...(await rendered(tone, opposite, (p) => p.play(0)))[1]];
found.switched = await left(tone, opposite, (p) => { p.play(0); p.hear("B", 0.20025); });
found.hurried = await left(tone, opposite, (p) => {
  p.play(0); p.hear("B", 0.20025); p.hear("A", 0.20825); p.hear("B", 0.21325); p.hear("A", 0.21425);
});
found.sought = await left(tone, opposite, (p) => { p.play(0); p.seek(0.1005, 0.20025); });
found.repeated = await left(tone, opposite, (p) => { p.loop(0.1, 0.31025, 0); p.play(0.05); });
const context = new OfflineAudioContext(2, 1, rate);
const player = new Player(context, { A: toBuffer(context, new ArrayBuffer(8 * frames)) }, "A");
player.play(1);
found.positions = [1, 1.25, 1.6, 2.2].map((time) => player.position(time));
player.loop(0.1, 0.3, 2.2);
found.looped = [2.2, 2.22, 2.3, 2.35].map((time) => player.position(time));
await fetch("/", { method: "POST", body: JSON.stringify(found) });
"""


class Told(ThreadingHTTPServer):
    """Serves one page, and takes what it sends back."""

    daemon_threads = True

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = page.encode()
        self.answers: Queue[Any] = Queue()


class Handler(BaseHTTPRequestHandler):
    server: Told

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page)

    def do_POST(self) -> None:
        self.server.answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *values: Any) -> None:
        pass


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    assert CHROMIUM is not None
    player = (files("glassmaster.inference.listening") / "player.js").read_text("utf-8")
    script = SCRIPT % {"rate": RATE, "hz": HZ}
    page = f'<!DOCTYPE html><body><script type="module">{player}{script}</script></body>'
    profile = tmp_path_factory.mktemp("chromium")
    words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    with Told(page) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with subprocess.Popen(
            [CHROMIUM, *words, url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as browser:
            try:
                yield server.answers.get(timeout=60.0)
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
                server.shutdown()


def bend(samples: list[float]) -> float:
    """Return the largest second difference, where a click is seen."""
    return float(np.abs(np.diff(np.array(samples[1:]), 2)).max())


@needs_chromium
def test_versions_are_in_step_to_the_sample(found: dict[str, Any]) -> None:
    assert found["alone"] == pytest.approx(0.5, abs=0.01)
    assert found["together"] == 0.0  # opposite polarities cancel
    assert found["moved"] == 0.0  # also after seeking, pausing and repeating a part
    assert np.array_equal(found["right"], -np.array(found["still"]))


@needs_chromium
def test_switching_makes_no_click(found: dict[str, Any]) -> None:
    turn = 2.0 * np.pi * HZ / RATE
    own = turn**2
    # a gain that goes from 1 to -1 in 20 ms: its corner, and its slope times that of the tone
    largest = own + 2.0 / FADE + 2.0 * turn * 2.0 / FADE
    played = found["still"][FADE + 1 :]
    assert bend(played) == pytest.approx(own, rel=0.01)
    for name in ("switched", "hurried"):
        switched = found[name][FADE + 1 :]
        assert bend(switched) < largest
        assert 20.0 * np.log10(bend(switched) / own) < 1.5
    still, switched, hurried = (np.array(found[name]) for name in ("still", "switched", "hurried"))
    gain = np.interp(np.arange(len(still)), [9_612, 9_612 + FADE], [1.0, -1.0])
    inside = slice(FADE, 20_000)  # faded in, and not yet repeated
    assert np.abs(switched[inside] - (gain * still)[inside]).max() < 1e-5
    assert np.abs(hurried - still)[12_000:20_000].max() < 1e-6


@needs_chromium
def test_seeking_fades_out_and_in(found: dict[str, Any]) -> None:
    own = (2.0 * np.pi * HZ / RATE) ** 2
    assert 20.0 * np.log10(bend(found["sought"][FADE + 1 :]) / own) < 1.5


@needs_chromium
def test_what_is_repeated_has_no_click_at_its_seam(found: dict[str, Any]) -> None:
    own = (2.0 * np.pi * HZ / RATE) ** 2
    repeated = np.array(found["repeated"])
    assert np.abs(repeated[int(0.4 * RATE) :]).max() > 0.99  # it goes on
    assert 20.0 * np.log10(bend(found["repeated"][round(0.07 * RATE) + 1 :]) / own) < 1.5
    seam = round((0.05 + 0.21025) * RATE)
    assert abs(repeated[seam]) < 0.01


@needs_chromium
def test_positions_are_told(found: dict[str, Any]) -> None:
    assert found["positions"] == pytest.approx([0.0, 0.25, 0.1, 0.2])  # of half a second, repeated
    assert found["looped"] == pytest.approx([0.2, 0.2, 0.28, 0.13])
