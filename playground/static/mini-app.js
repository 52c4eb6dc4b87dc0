// What Telegram does for a Mini App: hears the page's events and answers them (core.telegram.org/api/web-events).

import { world } from "./world.js";

export function miniApp(phone, frame) {
  const answer = (eventType, eventData = {}) => frame.contentWindow?.postMessage(JSON.stringify({ eventType, eventData }), "*");

  const acts = {
    web_app_open_scan_qr_popup: () => world.camera.open(phone, {
      key: "app",
      tell: (text) => (text === null ? answer("scan_qr_popup_closed") : answer("qr_text_received", { data: text })),
    }),
    web_app_close_scan_qr_popup: () => answer("scan_qr_popup_closed"),
    web_app_close: () => phone.screen.querySelector(".cover")?.remove(),
  };

  function hear(event) {
    if (!frame.isConnected) return void window.removeEventListener("message", hear);
    if (event.source !== frame.contentWindow || typeof event.data !== "string") return;
    let said = {};
    try {
      said = JSON.parse(event.data);
    } catch {
      return;
    }
    acts[said?.eventType]?.();
  }
  window.addEventListener("message", hear);
}
