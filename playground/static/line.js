// The line to the rehearsal: wishes go out as JSON, changes come in as one stream of events.

import { notice } from "./dom.js";
import { t } from "./texts.js";

export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export async function send(path, wish = {}, method = "POST") {
  let answer;
  try {
    answer = await fetch(`api/${path}`, {
      method,
      headers: method === "GET" ? {} : { "Content-Type": "application/json" },
      body: method === "GET" || method === "DELETE" ? undefined : JSON.stringify(wish),
    });
  } catch {
    throw new Refused("no_line");
  }
  const facts = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(facts.error ?? "failed");
  return facts;
}

// Send a wish and tell the person in a sentence when it could not be granted.
export async function wish(path, facts, method) {
  try {
    return await send(path, facts, method);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notice(t(`error.${error.code}`), "bad");
    return null;
  }
}

export function deed(person, name, facts = {}) {
  return wish(`people/${encodeURIComponent(person.id)}/${name}`, facts);
}

export async function sendPhoto(person, blob) {
  const answer = await fetch(`api/people/${encodeURIComponent(person.id)}/photo`, {
    method: "POST", headers: { "Content-Type": blob.type || "image/jpeg" }, body: blob,
  }).catch(() => null);
  if (!answer?.ok) notice(t("error.bad_picture"), "bad");
}

export function listen(hear) {
  const source = new EventSource("api/events");
  for (const [name, act] of Object.entries(hear)) {
    if (name !== "open" && name !== "lost") source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  }
  source.addEventListener("open", () => hear.open?.());
  source.addEventListener("error", () => hear.lost?.());
  return source;
}
