// What the browser knows of the rehearsal now, and small things every part asks: the time, the names, the memory of choices.

import { language } from "./texts.js";

export const world = {
  people: [],
  screens: new Map(),
  calls: [],
  faults: [],
  account: "service",
  zone: "UTC",
  now: new Date(),
  camera: null,
};

export function person(id) {
  return world.people.find((one) => one.id === id);
}

function written(moment, facts) {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return String(moment ?? "");
  return new Intl.DateTimeFormat(language(), { timeZone: world.zone, ...facts }).format(date);
}

export const hour = (moment) => written(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const second = (moment) => written(moment, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const day = (moment) => written(moment, { day: "numeric", month: "long" });
export const whole = (moment) => written(moment, { weekday: "short", year: "numeric", month: "short", day: "numeric" });

export function remember(name, value) {
  try {
    localStorage.setItem(`memberbot.${name}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works; it only forgets the choice.
  }
}

export function recall(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`memberbot.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

const HUES = 8;
export function hue(text) {
  let sum = 0;
  for (const sign of String(text)) sum = (sum * 31 + sign.codePointAt(0)) % 9973;
  return sum % HUES;
}

export function initial(name) {
  return [...String(name).trim()][0]?.toUpperCase() ?? "?";
}
