// The words of the page come from the shop's catalogues; here they are kept, filled with facts, and numbers are written.

const LANGUAGE = "memberbot.language";
const TEXTS = "memberbot.texts";
const shop = { symbol: "", exponent: 2, zone: undefined };
let held = { language: "en", languages: {}, texts: {} };

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* a private window remembers nothing, and works all the same */ }
}

export async function load(wanted = remembered(LANGUAGE) || "") {
  try {
    const answer = await fetch(`/staff/api/texts?lang=${encodeURIComponent(wanted)}`, { headers: { "X-Memberbot": "1" } });
    if (!answer.ok) throw new TypeError(String(answer.status));
    held = await answer.json();
    remember(TEXTS, JSON.stringify(held));
  } catch (error) {
    const kept = remembered(TEXTS);
    if (!kept) throw error;
    held = JSON.parse(kept);
  }
  document.documentElement.lang = held.language;
}

export async function choose(language) {
  remember(LANGUAGE, language);
  await load(language);
}

export function chosen() { return remembered(LANGUAGE) || ""; }

export function language() { return held.language; }

export function languages() { return held.languages; }

export function t(key, facts = {}) {
  const text = held.texts[`page.staff.${key}`] ?? key;
  return text.replace(/\{([a-z_]+)\}/g, (place, name) => (name in facts ? facts[name] : place));
}

export function settle(me) {
  shop.symbol = me.symbol ?? "";
  shop.exponent = me.exponent ?? 2;
  shop.zone = me.zone || undefined;
}

export function exponent() { return shop.exponent; }

// Money is a whole number of the smallest coin; it becomes a fraction only as text.
export function money(minor) {
  const digits = String(Math.abs(minor)).padStart(shop.exponent + 1, "0");
  const whole = Number(digits.slice(0, digits.length - shop.exponent)).toLocaleString(held.language);
  const rest = shop.exponent ? `.${digits.slice(-shop.exponent)}` : "";
  return `${minor < 0 ? "\u2212" : ""}${shop.symbol}${whole}${rest}`;
}

export function count(number) { return Number(number).toLocaleString(held.language); }

// English days as the chat writes them: the day, then the month.
const days = (language) => (language === "en" ? "en-GB" : language);

export function time(iso) {
  const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: shop.zone };
  return new Intl.DateTimeFormat(days(held.language), how).format(new Date(iso));
}

export function day(iso) {
  const date = iso.length === 10 ? new Date(`${iso}T12:00:00Z`) : new Date(iso);
  const how = { month: "short", day: "numeric", timeZone: iso.length === 10 ? "UTC" : shop.zone };
  return new Intl.DateTimeFormat(days(held.language), how).format(date);
}

// "9:05": how long something still lasts.
export function left(seconds) {
  const rest = Math.max(0, Math.round(seconds));
  return `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`;
}
