"use strict";
// Talks with the Telegram app around this page, as core.telegram.org/api/web-events describes it: our own few lines,
// because the shop's pages load nothing from elsewhere. ES5. Gives window.TelegramBridge; does nothing outside Telegram.
(function () {
  var told = parts(location.hash.slice(1));
  var listeners = {};
  var scanning = null;

  // "#TICKET", "#tgWebAppData=…&tgWebAppVersion=…" or, where a link had a part behind # already, "#TICKET?tgWebAppData=…"
  function parts(hash) {
    var found = { ticket: "", fields: {} };
    var mark = hash.indexOf("?");
    if (mark >= 0) { found.ticket = hash.slice(0, mark); hash = hash.slice(mark + 1); }
    if (hash.indexOf("=") < 0) { found.ticket = found.ticket || hash; return found; }
    hash.split("&").forEach(function (pair) {
      var equals = pair.indexOf("=");
      if (equals > 0) { found.fields[pair.slice(0, equals)] = decoded(pair.slice(equals + 1)); }
    });
    return found;
  }

  function decoded(text) {
    try { return decodeURIComponent(text.replace(/\+/g, "%20")); } catch (error) { return ""; }
  }

  function send(name, data) {
    if (window.TelegramWebviewProxy) {
      window.TelegramWebviewProxy.postEvent(name, JSON.stringify(data || {}));
    } else if (window.external && "notify" in window.external) {
      window.external.notify(JSON.stringify({ eventType: name, eventData: data || {} }));
    } else if (window.parent !== window) {
      window.parent.postMessage(JSON.stringify({ eventType: name, eventData: data || {} }), "*"); // says nothing secret
    }
  }

  function receive(name, data) {
    (listeners[name] || []).forEach(function (listener) { listener(data || {}); });
  }

  function on(name, listener) { listeners[name] = (listeners[name] || []).concat(listener); }

  function heard(event) {
    if (event.source !== window.parent || window.parent === window || typeof event.data !== "string") { return; }
    var said;
    try { said = JSON.parse(event.data); } catch (error) { return; }
    if (said && typeof said.eventType === "string") { receive(said.eventType, said.eventData); }
  }

  function colour(params) {
    var match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec((params && params.bg_color) || "");
    if (!match) { return; }
    var light = 0.299 * parseInt(match[1], 16) + 0.587 * parseInt(match[2], 16) + 0.114 * parseInt(match[3], 16);
    document.documentElement.setAttribute("data-theme", light < 128 ? "dark" : "light");
  }

  function is_at_least(major, minor) {
    var version = (told.fields.tgWebAppVersion || "0.0").split(".");
    return +version[0] > major || (+version[0] === major && +(version[1] || 0) >= minor);
  }

  // showScanQrPopup is there since 6.4, and only in the apps on phones
  function can_scan() {
    return is_at_least(6, 4) && /^(android|ios)/.test(told.fields.tgWebAppPlatform || "");
  }

  function finish(text) {
    var done = scanning;
    scanning = null;
    if (done) { done(text); }
  }

  // answers with the first text that was read, or null where the person closed the scanner
  function scan(hint) {
    finish(null);
    return new Promise(function (resolve) {
      if (!can_scan()) { resolve(null); return; }
      scanning = resolve;
      send("web_app_open_scan_qr_popup", hint ? { text: String(hint).slice(0, 64) } : {});
    });
  }

  on("qr_text_received", function (data) {
    if (!scanning) { return; }
    send("web_app_close_scan_qr_popup");
    finish(typeof data.data === "string" ? data.data : null);
  });
  on("scan_qr_popup_closed", function () { finish(null); });
  on("theme_changed", function (data) { colour(data.theme_params); });
  window.addEventListener("message", heard);
  // the apps on phones call in under these names
  window.Telegram = window.Telegram || {};
  window.Telegram.WebView = { receiveEvent: receive };
  window.TelegramGameProxy = { receiveEvent: receive };
  window.TelegramGameProxy_receiveEvent = receive;

  try { colour(JSON.parse(told.fields.tgWebAppThemeParams || "{}")); } catch (error) { /* the page's own colours */ }
  // neither the ticket nor the note shall stand in the address, where it is copied, photographed and remembered
  if (location.hash) { history.replaceState(null, "", location.pathname + location.search); }

  window.TelegramBridge = {
    ticket: function () { return told.ticket; },
    initData: function () { return told.fields.tgWebAppData || ""; },
    ready: function () {
      if (!told.fields.tgWebAppData) { return; }
      send("web_app_ready");
      send("web_app_expand");
    },
    canScan: can_scan,
    scan: scan,
    on: on
  };
}());
