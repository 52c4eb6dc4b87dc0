// The page's own words: each key with English, simplified and traditional Chinese. What the shop says comes from the shop.

import { WORDS } from "./words.js";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文" };
const ORDER = Object.keys(LANGUAGES);

function hinted() {
  for (const wish of navigator.languages ?? []) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(wish)) return "zh-Hant";
    if (/^zh\b/i.test(wish)) return "zh-Hans";
    if (/^en\b/i.test(wish)) return "en";
  }
  return "en";
}

let chosen = null;
export function language() {
  if (chosen) return chosen;
  let kept = null;
  try {
    kept = localStorage.getItem("memberbot.language");
  } catch {
    kept = null;
  }
  chosen = ORDER.includes(kept) ? kept : hinted();
  return chosen;
}

export function chooseLanguage(code) {
  try {
    localStorage.setItem("memberbot.language", code);
  } catch {
    // Without memory the choice lasts until the page is opened again.
  }
}

// An error without words of its own gets the general apology; any other key without words is found by a test.
export function t(key, facts = {}) {
  const words = WORDS[key] ?? (key.startsWith("error.") ? WORDS["error.failed"] : null);
  const text = words ? words[ORDER.indexOf(language())] : key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
}
