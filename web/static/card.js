"use strict";
// The ticket came behind the "#": browsers never send that part, so it stands in no log. ES5: old phones open this page.
(function () {
  var ticket = location.hash.slice(1);
  var timer = 0;
  var SVG = "http://www.w3.org/2000/svg";
  var QUIET = 4;
  var RETRY_SECONDS = 5;

  function part(id) { return document.getElementById(id); }

  function say(id, text) { part(id).textContent = text || ""; }

  function draw(modules) {
    var side = modules.length + 2 * QUIET;
    var path = "";
    for (var y = 0; y < modules.length; y += 1) {
      for (var x = 0; x < modules[y].length; x += 1) {
        if (modules[y].charAt(x) === "1") { path += "M" + (x + QUIET) + " " + (y + QUIET) + "h1v1h-1z"; }
      }
    }
    var svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 " + side + " " + side);
    svg.setAttribute("shape-rendering", "crispEdges");
    var white = document.createElementNS(SVG, "rect");
    white.setAttribute("width", side);
    white.setAttribute("height", side);
    white.setAttribute("fill", "#fff");
    var dark = document.createElementNS(SVG, "path");
    dark.setAttribute("d", path);
    dark.setAttribute("fill", "#000");
    svg.appendChild(white);
    svg.appendChild(dark);
    var box = part("code");
    box.textContent = "";
    box.appendChild(svg);
  }

  function show(card) {
    document.documentElement.lang = card.lang;
    document.title = card.shop;
    document.body.className = "";
    part("said").hidden = true;
    draw(card.modules);
    part("code").setAttribute("aria-label", card.digits);
    say("shop", card.shop);
    say("name", card.name);
    say("tier", card.tier);
    say("digits", card.digits);
    say("until", card.valid_until);
    say("points", card.points);
    say("hint", card.hint);
  }

  function refuse(text) {
    part("code").textContent = "";
    document.body.className = "stale";
    part("said").hidden = false;
    say("said", text);
  }

  function again(seconds) {
    clearTimeout(timer);
    timer = setTimeout(ask, seconds * 1000);
  }

  function answered(request) {
    var body;
    try { body = JSON.parse(request.responseText); } catch (error) { body = {}; }
    if (request.status === 200) {
      show(body);
      again(body.renew);
    } else if (request.status >= 400 && request.status < 500) {
      refuse(body.detail);
    } else {
      document.body.className = "stale";
      again(RETRY_SECONDS);
    }
  }

  function ask() {
    var request = new XMLHttpRequest();
    request.open("POST", "/card/code");
    request.setRequestHeader("Content-Type", "application/json");
    request.onload = function () { answered(request); };
    request.onerror = function () { document.body.className = "stale"; again(RETRY_SECONDS); };
    request.send(JSON.stringify({ ticket: ticket }));
  }

  // a page that slept shows an old code: ask at once when it is looked at again
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) { clearTimeout(timer); } else { ask(); }
  });
  ask();
}());
