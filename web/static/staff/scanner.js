// The camera: frames as fast as they can be read and no faster, the light, and the quiet after a code.

import { drawn, makeReader, onePerText } from "./reading.js";

const WANTED = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
};
const SIDE = 960;
const NEAR_SIDE = 720;
const NEAR_PART = 0.55;
const QUIET_MS = 4000;
const SHORTEST_MS = 60;
const SLEEP_MS = 60000;

export class Scanner {
  // `found` gets the codes of one frame and the canvas they stand on, never the same code twice in a row.
  constructor(found) {
    this.found = found;
    this.video = document.createElement("video");
    this.video.setAttribute("playsinline", "");
    this.video.muted = true;
    this.video.setAttribute("aria-hidden", "true");
    this.canvas = document.createElement("canvas");
    this.stream = null;
    this.running = false;
    this.round = 0;
    this.seen = new Map();
    this.sleep = 0;
  }

  static possible() { return Boolean(navigator.mediaDevices?.getUserMedia) && window.isSecureContext; }

  // Throws what getUserMedia throws: NotFoundError, NotAllowedError …
  async start() {
    clearTimeout(this.sleep);
    if (!this.stream?.active) {
      this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
      this.video.srcObject = this.stream;
      const [track] = this.stream.getVideoTracks();
      if (track?.getCapabilities?.().focusMode?.includes("continuous")) {
        track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
      }
    }
    this.read = await makeReader();
    await this.video.play().catch(() => {});
    if (!this.running) {
      this.running = true;
      this.turn();
    }
  }

  // The picture stops being read; the camera itself goes to sleep a while later, as starting it takes a second.
  pause() {
    this.running = false;
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => this.stop(), SLEEP_MS);
  }

  stop() {
    this.running = false;
    clearTimeout(this.sleep);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  hasLight() { return Boolean(this.stream?.getVideoTracks()[0]?.getCapabilities?.().torch); }

  async light(on) {
    await this.stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on }] }).catch(() => {});
  }

  // A code that was just refused may be tried again at once.
  forget() { this.seen.clear(); }

  async turn() {
    while (this.running) {
      const began = performance.now();
      if (this.video.readyState >= 2 && this.video.videoWidth) await this.look();
      const took = performance.now() - began;
      await new Promise((settle) => { setTimeout(settle, Math.max(SHORTEST_MS, took)); });
    }
  }

  // Every other frame looks closer at the middle, where a small code far away is held. The middle alone never decides
  // between several codes: what it finds is taken together with what the whole picture shows.
  async look() {
    const { videoWidth: width, videoHeight: height } = this.video;
    this.round += 1;
    const side = Math.min(width, height) * NEAR_PART;
    const middle = { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
    const near = this.round % 2 === 0 ? await this.part(middle, NEAR_SIDE) : [];
    if (this.round % 2 === 0 && !near.length) return;
    const whole = await this.part({ x: 0, y: 0, width, height }, SIDE);
    const codes = onePerText([...near, ...whole]);
    if (!this.running || !codes.length) return;
    const now = performance.now();
    const fresh = codes.some(({ text }) => now - (this.seen.get(text) ?? -Infinity) > QUIET_MS);
    for (const { text } of codes) this.seen.set(text, now);
    if (fresh) this.found(codes, this.canvas);
  }

  // Returns the codes of a part of the frame; their places are fractions of the whole frame.
  async part(part, side) {
    const canvas = drawn(this.canvas, this.video, part, side);
    const { videoWidth: width, videoHeight: height } = this.video;
    return (await this.read(canvas)).map(({ text, x, y }) => ({
      text,
      x: (part.x + (x / canvas.width) * part.width) / width,
      y: (part.y + (y / canvas.height) * part.height) / height,
    }));
  }
}

let sounds;

export function beep() {
  navigator.vibrate?.(60);
  try {
    sounds ??= new AudioContext();
    if (sounds.state !== "running") { sounds.resume(); return; }
    const tone = sounds.createOscillator();
    const loud = sounds.createGain();
    loud.gain.value = 0.12;
    tone.frequency.value = 1320;
    tone.connect(loud).connect(sounds.destination);
    tone.start();
    tone.stop(sounds.currentTime + 0.09);
  } catch { /* no sound here */ }
}
