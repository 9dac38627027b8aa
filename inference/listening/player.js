// Versions of one passage, played in step; what is heard is chosen by gains alone.
//
// All buffers start at one moment of one clock and stay there, so that switching moves nothing. The
// versions are alike, so that gains that add up to one make no dip: a linear fade of 20 ms is
// quieter than the click of a shorter one.

export const FADE_S = 0.02;
const SEAMS = 2000; // that are made without a click: a quarter of an hour of half a second
const AHEAD_S = 0.01; // a moment that has passed would cut a fade short

/** Return a buffer of what the server sends: all of the left channel, then all of the right. */
export function toBuffer(context, bytes) {
  const frames = bytes.byteLength / 8;
  const buffer = context.createBuffer(2, frames, context.sampleRate);
  for (let channel = 0; channel < 2; channel++) {
    buffer.copyToChannel(new Float32Array(bytes, 4 * channel * frames, frames), channel);
  }
  return buffer;
}

/** A gain that fades, and whose value is known at every moment without asking the audio thread. */
class Fader {
  constructor(context, value) {
    this.node = context.createGain();
    this.node.gain.setValueAtTime(value, 0);
    this.from = value;
    this.to = value;
    this.begun = -1;
  }

  at(time) {
    const done = Math.min(1, Math.max(0, (time - this.begun) / FADE_S));
    return this.from + (this.to - this.from) * done;
  }

  fade(value, time) {
    const from = this.at(time);
    const gain = this.node.gain;
    gain.cancelScheduledValues(time);
    gain.linearRampToValueAtTime(from, time); // what is left of a fade under way
    gain.linearRampToValueAtTime(value, time + FADE_S);
    this.from = from;
    this.to = value;
    this.begun = time;
  }
}

export class Player {
  /** Buffers by label, all of one length; the one with the label `heard` is heard first. */
  constructor(context, buffers, heard) {
    this.context = context;
    this.heard = heard;
    this.length = Object.values(buffers)[0].duration;
    this.low = 0;
    this.high = this.length;
    this.offset = 0; // where it begins when it plays next, or began
    this.started = null; // when it began
    this.sources = [];
    this.master = new Fader(context, 0);
    this.seam = context.createGain();
    this.master.node.connect(this.seam).connect(context.destination);
    this.versions = Object.entries(buffers).map(([label, buffer]) => {
      const fader = new Fader(context, label === heard ? 1 : 0);
      fader.node.connect(this.master.node);
      return { label, buffer, fader };
    });
  }

  get playing() {
    return this.started !== null;
  }

  soon() {
    return this.context.currentTime + AHEAD_S;
  }

  /** Start all versions at one moment. */
  play(time = this.soon()) {
    if (this.playing) return;
    this.sources = this.versions.map(({ buffer, fader }) => {
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.loop = true;
      source.loopStart = this.low;
      source.loopEnd = this.high;
      source.connect(fader.node);
      source.start(time, this.offset);
      return source;
    });
    this.started = time;
    this.fadeSeams(time);
    this.master.fade(1, time);
  }

  /** Fade out and in where a part that is repeated begins anew; all of it has fades of its own. */
  fadeSeams(time) {
    const gain = this.seam.gain;
    gain.cancelScheduledValues(time);
    gain.setValueAtTime(1, time);
    const length = this.high - this.low;
    if (length === this.length) return;
    let seam = time + this.high - this.offset;
    for (let left = SEAMS; left > 0; left--, seam += length) {
      gain.setValueAtTime(1, Math.max(time, seam - FADE_S / 2));
      gain.linearRampToValueAtTime(0, seam);
      gain.linearRampToValueAtTime(1, seam + FADE_S / 2);
    }
  }

  pause(time = this.soon()) {
    if (!this.playing) return;
    this.offset = this.position(time);
    this.started = null;
    this.master.fade(0, time);
    for (const source of this.sources) source.stop(time + FADE_S);
    this.sources = [];
  }

  /** Let another version be heard. */
  hear(label, time = this.soon()) {
    this.heard = label;
    for (const version of this.versions) version.fader.fade(version.label === label ? 1 : 0, time);
  }

  /** Go to a position; versions are started anew, all at one moment. */
  seek(position, time = this.soon()) {
    const wasPlaying = this.playing;
    this.pause(time);
    this.offset = Math.min(Math.max(position, this.low), this.high - FADE_S);
    if (wasPlaying) this.play(time + FADE_S);
  }

  /** Play nothing but what lies between two positions, again and again. */
  loop(low, high, time = this.soon()) {
    const position = this.position(time);
    this.low = low;
    this.high = high;
    this.seek(position, time);
  }

  /** Return where it is in the passage. */
  position(time = this.context.currentTime) {
    if (!this.playing) return this.offset;
    const passed = this.offset + Math.max(0, time - this.started);
    if (passed < this.high) return passed;
    return this.low + ((passed - this.low) % (this.high - this.low));
  }

  close() {
    this.pause();
    const master = this.master.node;
    setTimeout(() => master.disconnect(), 1000 * (AHEAD_S + FADE_S) + 50);
  }
}
