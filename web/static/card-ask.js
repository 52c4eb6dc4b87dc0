"use strict";
// A bill that waits for the member's yes: asked on the open card, with the seconds that are left. ES5.
// Gives window.CardAsk.
(function () {
  var part = window.CardDraw.part;
  var say = window.CardDraw.say;
  var CLOSE_MS = 4000;
  var open = null;
  var ends_at = 0;
  var clock = 0;
  var texts = {};
  var over = "";

  function words(given) {
    texts = given;
    say("ask-title", texts.ask);
    say("ask-yes", texts.yes);
    say("ask-no", texts.no);
  }

  function left() { return Math.max(0, Math.ceil((ends_at - Date.now()) / 1000)); }

  function tick() {
    var seconds = left();
    say("ask-left", Math.floor(seconds / 60) + ":" + ("0" + (seconds % 60)).slice(-2));
  }

  function lines(spends) {
    part("ask-spends").textContent = "";
    (spends || []).forEach(function (line) {
      var item = document.createElement("li");
      item.textContent = line;
      part("ask-spends").appendChild(item);
    });
  }

  function show(waiting) {
    ends_at = Date.now() + waiting.seconds * 1000;
    if (open === waiting.id || over === waiting.id) { return; }
    open = waiting.id;
    say("ask-text", waiting.text);
    say("ask-said", "");
    lines(waiting.spends);
    can_answer(true);
    part("ask").className = "sheet";
    part("ask").hidden = false;
    part("ask-left").hidden = false;
    clearInterval(clock);
    clock = setInterval(tick, 250);
    tick();
    part("ask-no").focus(); // a key pressed by accident must not spend anything
    if (navigator.vibrate) { navigator.vibrate(200); }
  }

  function can_answer(can) {
    part("ask-yes").disabled = part("ask-no").disabled = !can;
  }

  function close(text) {
    over = open;
    open = null;
    clearInterval(clock);
    say("ask-said", text);
    part("ask-left").hidden = true;
    part("ask").className = "sheet over";
    can_answer(false);
    setTimeout(function () { if (!open) { part("ask").hidden = true; } }, CLOSE_MS);
  }

  function answer(yes) {
    var id = open;
    if (!id) { return; }
    can_answer(false);
    say("ask-said", "");
    window.CardLine.post("/card/answer", { id: id, yes: yes }, function (status, body) {
      if (open !== id) { return; }
      if (status === 200) {
        close(body.text);
        window.CardAsk.decided(body.state);
      } else if (window.CardLine.is_lost(status)) {
        say("ask-said", texts.no_line); // said twice it counts once: pressing again is safe
        can_answer(true);
      } else {
        close(body.detail);
      }
    });
  }

  // what the shop says waits now, or null
  function heard(waiting) {
    if (waiting) { show(waiting); } else if (open && !part("ask-yes").disabled) { close(texts.gone); }
  }

  part("ask-yes").addEventListener("click", function () { answer(true); });
  part("ask-no").addEventListener("click", function () { answer(false); });

  window.CardAsk = { words: words, heard: heard, decided: function () {} };
}());
