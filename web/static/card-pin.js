"use strict";
// Setting or changing the member's PIN: six digits, twice. ES5. Gives window.CardPin.
(function () {
  var part = window.CardDraw.part;
  var say = window.CardDraw.say;
  var CLOSE_MS = 2500;
  var texts = {};
  var has = false;

  function words(given) {
    texts = given;
    say("pin-hint", texts.pin_hint);
    say("pin-one-label", texts.pin);
    say("pin-two-label", texts.pin_again);
    say("pin-keep", texts.keep);
    say("pin-leave", texts.leave);
  }

  function label(has_pin) {
    has = has_pin;
    say("pin-open", has ? texts.change_pin : texts.set_pin);
    say("pin-title", has ? texts.change_pin : texts.set_pin);
  }

  function open() {
    part("pin-one").value = part("pin-two").value = "";
    say("pin-said", "");
    part("pin-keep").disabled = false;
    part("pin").hidden = false;
    part("pin-one").focus();
  }

  function close() {
    part("pin").hidden = true;
    part("pin-open").focus();
  }

  function keep(event) {
    event.preventDefault();
    var pin = part("pin-one").value;
    if (pin !== part("pin-two").value) { say("pin-said", texts.pin_differs); return; }
    part("pin-keep").disabled = true;
    say("pin-said", "");
    window.CardLine.post("/card/pin", { pin: pin }, function (status, body) {
      part("pin-keep").disabled = false;
      if (status !== 200) { say("pin-said", window.CardLine.is_lost(status) ? texts.no_line : body.detail); return; }
      part("pin-one").value = part("pin-two").value = "";
      say("pin-said", body.text);
      part("pin-keep").disabled = true;
      label(true);
      setTimeout(close, CLOSE_MS);
    });
  }

  part("pin-open").addEventListener("click", open);
  part("pin-leave").addEventListener("click", close);
  part("pin").addEventListener("submit", keep);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !part("pin").hidden) { close(); }
  });

  window.CardPin = { words: words, label: label };
}());
