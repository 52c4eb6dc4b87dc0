"use strict";
// Draws the square code, and the short way it still has to live. ES5. Gives window.CardDraw.
(function () {
  var SVG = "http://www.w3.org/2000/svg";
  var QUIET = 4;

  function part(id) { return document.getElementById(id); }

  function say(id, text) { part(id).textContent = text || ""; }

  function shape(name, facts) {
    var made = document.createElementNS(SVG, name);
    Object.keys(facts).forEach(function (key) { made.setAttribute(key, facts[key]); });
    return made;
  }

  function draw(modules) {
    var side = modules.length + 2 * QUIET;
    var path = "";
    for (var y = 0; y < modules.length; y += 1) {
      for (var x = 0; x < modules[y].length; x += 1) {
        if (modules[y].charAt(x) === "1") { path += "M" + (x + QUIET) + " " + (y + QUIET) + "h1v1h-1z"; }
      }
    }
    var svg = shape("svg", { viewBox: "0 0 " + side + " " + side, "shape-rendering": "crispEdges" });
    svg.appendChild(shape("rect", { width: side, height: side, fill: "#fff" }));
    svg.appendChild(shape("path", { d: path, fill: "#000" }));
    part("code").textContent = "";
    part("code").appendChild(svg);
  }

  // a reader says each digit, with a stop between the groups
  function aloud(digits) { return digits.split(" ").map(function (group) { return group.split("").join(" "); }).join(", "); }

  function digits(text) {
    say("digits", text);
    part("digits").setAttribute("aria-label", aloud(text));
  }

  window.CardDraw = { part: part, say: say, draw: draw, digits: digits };
}());
