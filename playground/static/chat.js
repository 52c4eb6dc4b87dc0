// A chat's bubbles: kept in order, painted once, repainted only when they changed, so that the eye and the focus stay.

import { h, button, icon } from "./dom.js";
import { world, day } from "./world.js";
import { t } from "./texts.js";

const NEAR_END = 90;

// `paint(bubble)` gives the element of one bubble; `divider(before, bubble)` a text to stand between two, or "".
export function chatLog({ paint, divider, label }) {
  const log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": label, tabindex: "0" });
  const shown = new Map();
  // Who has scrolled up is reading; everybody else stays at the newest bubble.
  let stuck = true;

  function place(key, print, make, next) {
    let entry = shown.get(key);
    if (!entry || entry.print !== print) {
      const fresh = make();
      if (entry) {
        const held = heldPlace(entry.element);
        entry.element.replaceWith(fresh);
        if (held >= 0) (focusable(fresh)[held] ?? log).focus();
      }
      entry = { element: fresh, print };
      shown.set(key, entry);
    }
    if (log.children[next] !== entry.element) log.insertBefore(entry.element, log.children[next] ?? null);
  }

  function show(bubbles) {
    const keys = new Set();
    let before = null;
    let next = 0;
    for (const bubble of bubbles) {
      const text = divider(before, bubble);
      if (text) {
        keys.add(`before ${bubble.id}`);
        place(`before ${bubble.id}`, text, () => h("div", { class: "divider" }, text), next++);
      }
      keys.add(bubble.id);
      place(bubble.id, JSON.stringify(bubble), () => paint(bubble), next++);
      before = bubble;
    }
    for (const [key, entry] of shown) {
      if (keys.has(key)) continue;
      entry.element.remove();
      shown.delete(key);
    }
    if (stuck) toEnd();
  }

  function toEnd() {
    stuck = true;
    log.scrollTop = log.scrollHeight;
  }

  for (const moved of ["wheel", "touchmove", "keyup", "pointerup"]) {
    log.addEventListener(moved, () => requestAnimationFrame(() => {
      stuck = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    }), { passive: true });
  }
  // A picture that arrives late makes its bubble taller; a keyboard that opens makes the log shorter.
  log.addEventListener("load", () => stuck && toEnd(), true);
  new ResizeObserver(() => stuck && toEnd()).observe(log);

  return { element: log, show, toEnd };
}

const focusable = (element) => [...element.querySelectorAll("button, a[href]")];
const heldPlace = (element) => focusable(element).indexOf(document.activeElement);

export function newDay(before, bubble) {
  const today = day(bubble.at);
  return before && day(before.at) === today ? "" : today;
}

// Text with its marked parts. Offsets count characters as people do, not UTF-16 units.
export function richText(bubble, { onWord, onLink }) {
  const signs = [...bubble.text];
  const spans = bubble.spans ?? [];
  const edges = new Set([0, signs.length]);
  for (const [offset, length] of spans) edges.add(offset).add(offset + length);
  const sorted = [...edges].filter((edge) => edge <= signs.length).sort((a, b) => a - b);
  return sorted.slice(0, -1).map((from, place) => {
    const piece = signs.slice(from, sorted[place + 1]).join("");
    const kinds = spans.filter(([offset, length]) => offset <= from && from < offset + length);
    return kinds.reduce((inner, [, , kind, value]) => wrap(kind, value, inner, { onWord, onLink }), document.createTextNode(piece));
  });
}

function wrap(kind, value, inner, { onWord, onLink }) {
  if (kind === "bold") return h("strong", {}, inner);
  if (kind === "italic") return h("em", {}, inner);
  if (kind === "code") return h("code", {}, inner);
  if (kind === "word") return button({ class: "word", on: { click: () => onWord(value) } }, inner);
  if (kind === "link") return button({ class: "word", role: "link", title: value, on: { click: () => onLink(value) } }, inner);
  return inner;
}

// A picture in a chat: a tap enlarges it, or is what another phone's camera looks at.
export function picture(phone, bubble, className = "") {
  const image = h("img", { src: bubble.image, alt: bubble.text || bubble.title || t("picture"), draggable: "false" });
  return button({
    class: `picture ${className}`,
    data: { person: phone.person.id, bubble: bubble.id },
    "aria-label": t("picture.open", { name: phone.person.name }),
    on: { click: () => (world.camera?.sees(phone.person, bubble) ? world.camera.shoot(phone.person, bubble) : phone.enlarge(bubble)) },
  }, image);
}

export function documentLink(bubble) {
  return h("a", { class: "document", href: bubble.document, download: bubble.title || true },
    h("span", { class: "document-mark" }, icon("file")), h("span", {}, bubble.title || t("document")));
}
