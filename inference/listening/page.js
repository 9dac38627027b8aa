// The page of a listening test: fetches a trial, plays it, sends the answer, and goes on.
//
// It is told nothing of what it plays: audio comes by names drawn anew for every trial.

import { Player, toBuffer } from "./player.js";

const SEEK_S = 2;
const SHORTEST_LOOP_S = 0.5;

const find = (name) => document.getElementById(name);
const versionButtons = [...document.querySelectorAll("[data-version]")];
const answerButtons = [...document.querySelectorAll("[data-answer]")];
const { rate } = document.querySelector("main").dataset;

let context = null;
let player = null;
let state = null;
let region = null; // what is repeated, kept from trial to trial
let chosen = null;
let heard = new Set();
let switches = 0;
let listened = 0;
let since = null;
let busy = false;

function show(part) {
  for (const name of ["start", "trial", "end"]) find(name).hidden = name !== part;
}

function tell(problem) {
  find("problem").textContent = problem;
  find("problem").hidden = problem === "";
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error(
      "The program has ended, or is out of reach. Answers so far are kept: give the same command again to go on.",
    );
  }
  if (!response.ok) {
    const reason = await response.json().catch(() => ({}));
    throw new Error(`This did not work: ${reason.error ?? response.status}. Reload the page.`);
  }
  return response;
}

/** Do one thing at a time, and say what went wrong. */
async function alone(work) {
  if (busy) return;
  busy = true;
  refresh();
  try {
    await work();
    tell("");
  } catch (error) {
    tell(error.message);
  } finally {
    busy = false;
    refresh();
  }
}

async function openTrial() {
  if (state.trial >= state.trials) {
    show("end");
    location.assign("result");
    return;
  }
  const entries = Object.entries(state.sources);
  const buffers = await Promise.all(
    entries.map(async ([label, source]) => {
      const response = await ask(`audio/${source}`);
      return [label, toBuffer(context, await response.arrayBuffer())];
    }),
  );
  player = new Player(context, Object.fromEntries(buffers), entries[0][0]);
  if (region !== null) player.loop(...region);
  chosen = null;
  heard = new Set([player.heard]);
  switches = 0;
  listened = 0;
  show("trial");
  play();
}

function begin() {
  return alone(async () => {
    state = await (await ask("state")).json();
    if (context === null) {
      try {
        context = new AudioContext({ sampleRate: Number(rate) });
      } catch {
        throw new Error(`This browser cannot play at ${rate} Hz; open the page in another.`);
      }
    }
    await context.resume();
    await openTrial();
  });
}

function confirmAnswer() {
  if (!ready() || chosen === null) return undefined;
  return alone(async () => {
    pause();
    const answer = { trial: state.trial, answer: chosen, switches, listened_s: listened };
    const response = await ask("answer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(answer),
    });
    region = [player.low, player.high];
    player.close();
    player = null;
    state = await response.json();
    await openTrial();
  });
}

function ready() {
  return player !== null && !busy;
}

function play() {
  player.play();
  since = performance.now();
  refresh();
}

function pause() {
  if (!player.playing) return;
  player.pause();
  listened += (performance.now() - since) / 1000;
  refresh();
}

function hear(label) {
  if (!ready() || !player.versions.some((version) => version.label === label)) return;
  if (label !== player.heard) switches += 1;
  player.hear(label);
  heard.add(label);
  if (!player.playing) play();
  refresh();
}

function choose(answer) {
  if (!ready() || !allHeard()) return;
  chosen = answer;
  refresh();
}

function allHeard() {
  return player.versions.every((version) => heard.has(version.label));
}

function loopFrom() {
  const low = player.position();
  if (player.high - low >= SHORTEST_LOOP_S) player.loop(low, player.high);
}

function loopTo() {
  const high = player.position();
  if (high - player.low >= SHORTEST_LOOP_S) player.loop(player.low, high);
}

const actions = {
  play: () => (player.playing ? pause() : play()),
  back: () => player.seek(player.position() - SEEK_S),
  on: () => player.seek(player.position() + SEEK_S),
  from: loopFrom,
  to: loopTo,
  whole: () => player.loop(0, player.length),
};

function act(name) {
  if (!ready()) return;
  actions[name]();
  refresh();
}

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

function refresh() {
  if (player === null) return;
  find("number").textContent = `Trial ${state.trial + 1} of ${state.trials}`;
  find("progress").value = state.trial / state.trials;
  for (const button of versionButtons) {
    const label = button.dataset.version;
    button.setAttribute("aria-pressed", String(player.heard === label));
    button.classList.toggle("unheard", !heard.has(label));
    button.disabled = busy;
  }
  for (const button of answerButtons) {
    button.setAttribute("aria-pressed", String(chosen === button.dataset.answer));
    button.disabled = busy || !allHeard();
  }
  find("confirm").disabled = busy || chosen === null;
  find("hint").hidden = allHeard();
  find("play").textContent = player.playing ? "Pause" : "Play";
  follow();
}

/** Show where it is. */
function follow() {
  if (player === null) return;
  const bar = find("position");
  if (document.activeElement !== bar) bar.value = player.position() / player.length; // else dragged
  const whole = player.low === 0 && player.high === player.length;
  const range = whole ? "all of it" : `${clock(player.low)} to ${clock(player.high)}`;
  find("time").textContent = `${clock(player.position())}, repeating ${range}`;
}

const keys = {
  " ": () => act("play"),
  ArrowLeft: () => act("back"),
  ArrowRight: () => act("on"),
  i: () => act("from"),
  o: () => act("to"),
  p: () => act("whole"),
  1: () => choose("A"),
  2: () => choose("B"),
  Enter: confirmAnswer,
};
for (const button of versionButtons) {
  const label = button.dataset.version;
  keys[label.toLowerCase()] = () => hear(label);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // what has the focus because it was reached by the keyboard answers to Enter and space itself
  const isOnButton = event.target instanceof HTMLButtonElement;
  if (isOnButton && (key === "Enter" || key === " ")) return;
  if (!find("start").hidden && key === "Enter") {
    begin();
  } else if (!find("trial").hidden && key in keys) {
    event.preventDefault();
    keys[key]();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button === null) return;
  if (event.detail > 0) button.blur(); // clicked: keys are for the whole page again
  const { version, answer, action } = button.dataset;
  if (button.id === "begin") begin();
  else if (button.id === "confirm") confirmAnswer();
  else if (version) hear(version);
  else if (answer) choose(answer);
  else if (action) act(action);
});

find("position").addEventListener("change", (event) => {
  if (ready()) player.seek(event.target.value * player.length);
  event.target.blur();
});
setInterval(follow, 100);
show("start");
ask("state")
  .then((response) => response.json())
  .then(({ trial, trials }) => {
    if (trial > 0) find("begin").textContent = `Go on with trial ${trial + 1} of ${trials}`;
  })
  .catch((error) => tell(error.message));
