"use strict";
// The card's line to the shop: one question after another, each tried again with growing pauses where it must arrive.
// ES5, for old phones. Gives window.CardLine.
(function () {
  var PAUSES = [1, 2, 4, 8, 15];
  var TIMEOUT_MS = 10000;

  // done(status, body); status 0 where no answer came
  function send(method, path, body, done) {
    var request = new XMLHttpRequest();
    request.open(method, path);
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("X-Memberbot", "1");
    if (body !== null) { request.setRequestHeader("Content-Type", "application/json"); }
    request.onload = function () {
      var answer;
      try { answer = JSON.parse(request.responseText); } catch (error) { answer = {}; }
      done(request.status, answer);
    };
    request.onerror = request.ontimeout = function () { done(0, {}); };
    request.send(body === null ? null : JSON.stringify(body));
  }

  function post(path, body, done) { send("POST", path, body, done); }

  function get(path, done) { send("GET", path, null, done); }

  // asks until there is an answer worth having; the newest asking takes the place of one that waits
  function Asking(ask) {
    this.ask = ask;
    this.tries = 0;
    this.timer = 0;
    this.turn = 0;
  }

  Asking.prototype.now = function () { this.tries = 0; this.at(0); };

  Asking.prototype.again = function () {
    this.at(PAUSES[Math.min(this.tries, PAUSES.length - 1)]);
    this.tries += 1;
  };

  Asking.prototype.at = function (seconds) {
    var asking = this;
    var turn = (asking.turn += 1);
    clearTimeout(asking.timer);
    asking.timer = setTimeout(function () {
      asking.ask(function (heard) {
        return function (status, body) {
          if (turn !== asking.turn) { return; } // somebody asked anew meanwhile
          if (status !== 0) { asking.tries = 0; }
          heard(status, body);
        };
      });
    }, seconds * 1000);
  };

  Asking.prototype.stop = function () {
    this.turn += 1;
    clearTimeout(this.timer);
  };

  // no answer at all, the shop's server in trouble, or too many at once: worth trying again
  function is_lost(status) { return status === 0 || status >= 500 || status === 429; }

  window.CardLine = { post: post, get: get, Asking: Asking, is_lost: is_lost };
}());
