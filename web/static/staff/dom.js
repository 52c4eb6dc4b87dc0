// Small pieces the page is built from: elements, icons, buttons, fields, what is said aloud.

export function h(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SHAPES = {
  scan: "M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2M7 12h10",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  ask: "M5 18.500V7a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H8.500zM9.500 9.500h5M9.500 12.500h3",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  back: "m14.500 5-7 7 7 7",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20c.6-3.700 3.600-5.500 7.500-5.500s6.900 1.800 7.500 5.500",
  people: "M9 11.500a3.300 3.300 0 1 0 0-6.600 3.300 3.300 0 0 0 0 6.600zM3 19c.5-3 2.900-4.700 6-4.700s5.500 1.700 6 4.700M15.500 5.200a3.300 3.300 0 0 1 0 6M17.500 14.600c2 .6 3.200 2.100 3.500 4.400",
  plus: "M12 5v14M5 12h14",
  find: "M11 17.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM16 16l4.500 4.500",
  camera: "M4 8.500A2.500 2.500 0 0 1 6.500 6H8l1.300-2h5.400L16 6h1.500A2.500 2.500 0 0 1 20 8.500v8a2.500 2.500 0 0 1-2.500 2.500h-11A2.500 2.500 0 0 1 4 16.500zM12 15.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400z",
  light: "M13 3 5 14h6l-1 7 8-11h-6z",
  erase: "M9 5.500h10a1.500 1.500 0 0 1 1.500 1.500v10a1.500 1.500 0 0 1-1.500 1.500H9L3.500 12zM11.500 9.500l5 5M16.500 9.500l-5 5",
  tick: "m5 12.500 4.500 4.500L19 7.500",
  cake: "M5 19v-6a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v6M4 19h16M9 11V8.500M15 11V8.500M12 11V8.500M9 5.800v.1M12 5.800v.1M15 5.800v.1",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 7.500V12l3 2",
  stop: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM6.500 6.500l11 11",
  undo: "M4.500 9.500h9a5 5 0 0 1 0 10H9M8.500 5.500l-4 4 4 4",
  wave: "M3.500 9.500a13 13 0 0 1 17 0M6.500 13a8.500 8.500 0 0 1 11 0M9.500 16.500a4 4 0 0 1 5 0M12 20h.01M4 4l16 16",
  pencil: "m5 19 .8-3.600L15.500 5.700a1.800 1.800 0 0 1 2.600 0l.2.2a1.800 1.800 0 0 1 0 2.600L8.600 18.200z",
  coin: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v8M9 11h6M9.200 14h5.600",
  gift: "M4.500 9.500h15v3h-15zM6 12.500h12V20H6zM12 9.500V20M12 9.500C9 9.500 7.500 8 8 6.300S11 4.900 12 9.500c1-4.600 3.500-4.900 4-3.200s-1 3.200-4 3.200z",
  shop: "M4.500 9.500 6 4.500h12l1.500 5M5.500 9.500V20h13V9.500M4.500 9.500h15M10 20v-5.500h4V20",
  key: "M15 13.500a4.500 4.500 0 1 0-4.300-3.200L4 17v3h3.500v-2.500H10V15l1.700-1.700a4.500 4.500 0 0 0 3.300.2zM15.800 8.200h.01",
  out: "M14 5h5v14h-5M10 8l-4 4 4 4M6 12h9",
  globe: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM3.500 12h17M12 3.500c2.300 2.300 3.500 5.200 3.500 8.500s-1.200 6.200-3.500 8.500c-2.300-2.300-3.500-5.200-3.500-8.500S9.700 5.800 12 3.500z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

export function button(facts, act, ...children) {
  return h("button", { type: "button", ...facts, on: { click: act } }, ...children);
}

// A labelled input; `note` stands below it and is read out with it.
export function field(label, facts, note = "") {
  const id = `field-${facts.name}`;
  const input = h(facts.tag || "input", { id, autocomplete: "off", "aria-describedby": note && `${id}-note`, ...facts, tag: null });
  const shown = h("div", { class: "field" }, h("label", { for: id }, label), input,
    note && h("p", { class: "soft", id: `${id}-note` }, note));
  return { shown, input };
}

export function form(send, ...children) {
  const shown = h("form", { class: "form", novalidate: true }, ...children);
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  return shown;
}

export function tick(label, checked, act, facts = {}) {
  const box = h("input", { type: "checkbox", checked, ...facts, on: { change: () => act(box.checked) } });
  return h("label", { class: "tick" }, box, h("span", { class: "tick-text" }, label));
}

// Brings what a tap brought about into sight, where the screen is small.
export function show(what) {
  document.querySelector(what)?.scrollIntoView({ block: "nearest" });
}

// What a screen reader says next; the same words again are said again.
export function aloud(text) {
  const place = document.getElementById("said");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}

let noticeEnds = 0;
export function notice(text, { lasting = false } = {}) {
  const place = document.getElementById("notice");
  clearTimeout(noticeEnds);
  place.textContent = text;
  place.classList.toggle("shown", Boolean(text));
  if (text && !lasting) noticeEnds = setTimeout(() => notice(""), 6000);
}

// A person's or shop's own text, which may run in either direction.
export function own(text, facts = {}) {
  return h("bdi", facts, text);
}
