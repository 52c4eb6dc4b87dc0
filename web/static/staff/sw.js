// Keeps the page's own files, so that it opens without a line. Answers of the shop are never kept here.

const SHELL = "memberbot-staff-2";
const PAGE = "/staff";
const PATIENCE = 3000;
const FILES = [
  ...["amount", "app", "approvals", "decoder", "dom", "done", "enrol", "find", "kept", "keypad", "member", "member_pin", "more", "net", "offline", "pages",
    "pass_visit", "passes", "people", "products", "questions", "quote", "reading", "ready", "sale", "scanner", "shift", "signin", "texts", "today", "top_up", "typed", "waiting",
    "qr/decode", "qr/index"].map((name) => `/static/staff/${name}.js`),
  ...["staff", "counter", "pages"].map((name) => `/static/staff/${name}.css`),
  "/staff/manifest.webmanifest", "/static/mark.svg", "/static/telegram-bridge.js",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll([PAGE, ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = async () => Promise.all((await caches.keys()).filter((name) => name !== SHELL).map((name) => caches.delete(name)));
  event.waitUntil(old().then(() => self.clients.claim()));
});

// The newest where there is a good line; what was kept where there is none.
async function fresh(request, name) {
  const shell = await caches.open(SHELL);
  const found = await shell.match(name);
  const answer = fetch(request).then(async (got) => {
    if (got.ok) await shell.put(name, got.clone());
    return got;
  });
  if (!found) return answer;
  const late = new Promise((settle) => { setTimeout(() => settle(found), PATIENCE); });
  return Promise.race([answer.catch(() => found), late]);
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(fresh(event.request, PAGE));
  else if (FILES.includes(pathname)) event.respondWith(fresh(event.request, pathname));
});
