"use strict";
// The member's live card: signs in by what it was opened with, shows a fresh code every half minute, keeps the one it
// has while the line is gone, and asks at once when it is looked at again. ES5: old phones open this page.
(function () {
  var part = window.CardDraw.part;
  var say = window.CardDraw.say;
  var line = window.CardLine;
  var bridge = window.TelegramBridge;
  var texts = {};
  var pay = false;
  var take = true;
  var runs_out_at = 0;
  var clock = 0;
  var lock = null;

  var codes = new line.Asking(function (answered) {
    var asked_at = Date.now();
    var taking = take;
    line.post("/card/code", { take: taking, pay: pay }, answered(function (status, body) {
      if (status === 200) {
        if (taking) { take = false; }
        show(body, asked_at);
        codes.at(body.renew);
        states.now();
      } else if (line.is_lost(status)) {
        lost();
        codes.again();
      } else {
        stop(body.detail, body.code === "shown_elsewhere");
        if (body.code === "signed_out") { way_in(); }
      }
    }));
  });

  var states = new line.Asking(function (answered) {
    line.get("/card/state", answered(function (status, body) {
      if (status === 200) {
        window.CardAsk.heard(body.waiting);
        if (body.elsewhere) { stop(texts.elsewhere, true); }
        states.at(body.again);
      } else if (line.is_lost(status)) {
        states.again();
      }
    }));
  });

  function words(given, language) {
    texts = given;
    document.documentElement.lang = language;
    say("member-code", texts.member_code);
    say("pay-code", texts.pay_code);
    say("here", texts.here);
    part("code").setAttribute("aria-label", texts.member_code);
    window.CardAsk.words(texts);
    window.CardPin.words(texts);
  }

  function show(card, asked_at) {
    if (card.texts) { words(card.texts, card.lang); }
    document.title = card.shop;
    document.body.className = card.pay ? "pay" : "";
    part("said").hidden = part("here").hidden = true;
    say("line", "");
    window.CardDraw.draw(card.modules);
    window.CardDraw.digits(card.digits);
    ["shop", "name", "tier", "points", "coupons", "stored", "hint"].forEach(function (id) { say(id, card[id]); });
    say("until", card.valid_until);
    window.CardPin.label(card.has_pin);
    part("member-code").setAttribute("aria-pressed", String(!card.pay));
    part("pay-code").setAttribute("aria-pressed", String(card.pay));
    // counted from the asking: the phone's clock may be wrong, and the answer took its time
    runs_out_at = asked_at + card.seconds * 1000;
    clearInterval(clock);
    clock = setInterval(function () { tick(card.seconds); }, 500);
    tick(card.seconds);
  }

  function tick(seconds) {
    var share = Math.max(0, Math.min(1, (runs_out_at - Date.now()) / (seconds * 1000)));
    part("life").firstChild.style.width = (100 * share).toFixed(1) + "%";
    if (share === 0) { run_out(); }
  }

  function run_out() {
    clearInterval(clock);
    document.body.className = "stale";
    if (part("line").textContent) { say("line", texts.run_out); }
  }

  function lost() {
    if (texts.offline) { say("line", Date.now() < runs_out_at ? texts.offline : texts.run_out); }
  }

  // no code here: because of a refusal, or because it is shown on another screen by now
  function stop(text, may_take) {
    codes.stop();
    if (!part("said").hidden && part("said").textContent === text) { return; } // said already: not read out again
    if (!may_take) { states.stop(); }
    clearInterval(clock);
    runs_out_at = 0;
    part("code").textContent = "";
    window.CardDraw.digits("");
    document.body.className = texts.here ? "stopped" : "stopped empty";
    say("line", "");
    say("said", text);
    part("said").hidden = false;
    part("here").hidden = !may_take;
  }

  function choose(paying) {
    pay = paying;
    take = true;
    codes.now();
  }

  // in WeChat, where the account may, the shop tells a way to sign in without a link; it is gone once
  function way_in() {
    line.post("/card/session", {}, function (status, body) {
      if (body.way && mark("mb_way")) { location.replace(body.way); }
    });
  }

  function mark(name) {
    try {
      if (sessionStorage.getItem(name)) { return false; }
      sessionStorage.setItem(name, "1");
      return true;
    } catch (error) { return false; }
  }

  function unmark(name) {
    try { sessionStorage.removeItem(name); } catch (error) { /* nothing is kept here */ }
  }

  var opening = new line.Asking(function (answered) {
    var sent = bridge.initData() ? { init_data: bridge.initData() } : { ticket: bridge.ticket() };
    line.post("/card/session", sent, answered(function (status, body) {
      if (line.is_lost(status)) { opening.again(); return; }
      if (status === 200) { unmark("mb_way"); }
      if (status !== 200 && bridge.initData()) { stop(body.detail, false); return; }
      codes.now(); // a used ticket: perhaps this browser is signed in from before
    }));
  });

  function wake() {
    if (document.hidden || !navigator.wakeLock || lock) { return; }
    navigator.wakeLock.request("screen").then(function (given) {
      lock = given;
      given.addEventListener("release", function () { lock = null; });
    }, function () { /* the phone says no: the screen dims as always */ });
  }

  // a page that slept shows an old code: ask at once when it is looked at again, unless it was stopped
  function seen() {
    var stopped = document.body.className.indexOf("stopped") >= 0;
    if (document.hidden) { codes.stop(); states.stop(); return; }
    wake();
    if (!stopped) { codes.now(); } else if (!part("here").hidden) { states.now(); }
  }

  part("member-code").addEventListener("click", function () { choose(false); });
  part("pay-code").addEventListener("click", function () { choose(true); });
  part("here").addEventListener("click", function () { choose(pay); });
  document.addEventListener("visibilitychange", function () { if (texts.here) { seen(); } });
  window.addEventListener("online", function () { if (texts.here) { seen(); } else { opening.now(); } });
  window.CardAsk.decided = function () { choose(false); };

  bridge.ready();
  wake();
  if (bridge.initData() || bridge.ticket()) { opening.now(); } else { codes.now(); }
}());
