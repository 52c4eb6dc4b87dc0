// Calls to the shop. Whatever has an effect is sent under one key until it is answered, so it happens once.

import { language } from "./texts.js";

const API = "/staff/api/";
const PATIENCE = 8000;
const PAUSES = [400, 800, 1600, 3000, 5000];
const BAD_GATEWAYS = new Set([502, 503, 504]);
const listeners = new Set();
let trying = 0;
let skew = 0;

// How many milliseconds the shop's clock is ahead of this device's.
export function clockSkew() { return skew; }

// A rule said no; `body` is the problem as the shop tells it.
export class Refused extends Error {
  constructor(status, body) {
    super(body.code || String(status));
    this.status = status;
    this.code = body.code || "";
    this.detail = body.detail || body.title || String(status);
    this.facts = body.facts || {};
  }
}

// The line is down and whoever asked has stopped waiting.
export class NoLine extends Error {}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Tells whether something is being repeated on a bad line.
export function onLine(act) { listeners.add(act); }

function tell(by) {
  const before = trying > 0;
  trying = Math.max(0, trying + by);
  if (before !== trying > 0) for (const act of listeners) act(trying === 0);
}

function pause(ms, signal) {
  return new Promise((settle) => {
    const end = setTimeout(settle, ms);
    const early = () => { clearTimeout(end); settle(); };
    signal?.addEventListener("abort", early, { once: true });
    window.addEventListener("online", early, { once: true });
  });
}

async function once(path, request, signal) {
  const stop = new AbortController();
  const end = setTimeout(() => stop.abort(), PATIENCE);
  const early = () => stop.abort();
  signal?.addEventListener("abort", early, { once: true });
  try {
    const answer = await fetch(API + path, { ...request, signal: stop.signal });
    if (BAD_GATEWAYS.has(answer.status)) return null;
    const date = Date.parse(answer.headers.get("Date"));
    if (Math.abs(date - Date.now()) > 2000) skew = date - Date.now();
    const text = await answer.text();
    const body = text ? JSON.parse(text) : {};
    if (answer.ok) return { status: answer.status, body };
    throw new Refused(answer.status, body);
  } catch (error) {
    if (error instanceof Refused) throw error;
    return null;  // cut off, too slow, or half an answer: nobody knows whether it was done, so it is asked again
  } finally {
    clearTimeout(end);
    signal?.removeEventListener("abort", early);
  }
}

// Sends until answered. `tries` ends it early with NoLine; `signal` lets the asker stop waiting.
async function send(path, request, { signal, tries = Infinity } = {}) {
  let told = false;
  try {
    for (let done = 1; ; done += 1) {
      const answer = await once(path, request, signal);
      if (answer) return answer;
      if (signal?.aborted || done >= tries) throw new NoLine(path);
      if (!told) { told = true; tell(1); }
      await pause(PAUSES[Math.min(done, PAUSES.length) - 1], signal);
    }
  } finally {
    if (told) tell(-1);
  }
}

function headers(more = {}) {
  return { "Accept-Language": language(), "X-Memberbot": "1", ...more };
}

export async function get(path, how = {}) {
  const answer = await send(path, { headers: headers() }, { tries: 3, ...how });
  return answer.body;
}

// Returns {status, body}. `key` names the deed: the same key is the same deed.
export async function deed(path, body, { key = newKey(), method = "POST", ...how } = {}) {
  const request = {
    method,
    headers: headers({ "Content-Type": "application/json", "Idempotency-Key": key }),
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  return send(path, request, how);
}

export async function post(path, body, how = {}) {
  return (await deed(path, body, how)).body;
}

// Returns what does one deed of a page. The same content goes under the same key until the shop has answered it: a yes or
// a no of its rules ends the key, so that what was refused, or declined by a second person, can be asked for again.
export function deedOf(path, { method = "POST" } = {}) {
  let last = "";
  let key = "";
  return async (content = {}) => {
    const text = JSON.stringify(content);
    if (!key || text !== last) { last = text; key = newKey(); }
    try {
      const answer = await post(path, content, { method, key });
      key = "";
      return answer;
    } catch (error) {
      if (isAnswer(error)) key = "";
      throw error;
    }
  };
}

// Tells a no that the shop keeps under the key from one that was said before it looked: then nobody knows what an earlier
// try has done whose answer was lost.
export function isAnswer(error) {
  return error instanceof Refused && error.status !== 401 && error.status !== 429 && error.status < 500;
}

export async function picture(blob) {
  const request = {
    method: "POST",
    headers: headers({ "Content-Type": blob.type || "image/jpeg", "Idempotency-Key": newKey() }),
    body: blob,
  };
  return (await send("photos", request, { tries: 3 })).body;
}
