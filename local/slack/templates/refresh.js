// Ask now and then whether anything changed; replace the panes only then, and keep what is being read in view.
(function () {
  "use strict";
  var tag = document.documentElement.dataset.tag;
  var pressed = false; // between a button's down and up nothing may move away from under the pointer
  document.addEventListener("pointerdown", function () { pressed = true; });
  document.addEventListener("pointerup", function () { pressed = false; });
  document.addEventListener("pointercancel", function () { pressed = false; });
  function atBottom(pane) {
    return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40;
  }
  function panes(root) {
    return Array.prototype.slice.call(root.querySelectorAll("[data-pane]"));
  }
  // What a person is filling in, choosing or asked to confirm is left alone.
  function same(pane, other) {
    if (pane.contains(document.activeElement) && document.activeElement.tagName === "SELECT") { return true; }
    var mine = pane.querySelector("[data-dialog]"), theirs = other.querySelector("[data-dialog]");
    return Boolean(mine && theirs && mine.dataset.dialog === theirs.dataset.dialog);
  }
  function refresh() {
    if (pressed) { return; }
    fetch(location.href, { headers: { "If-None-Match": tag }, cache: "no-store" })
      .then(function (answer) {
        document.body.classList.remove("gone");
        if (answer.status !== 200 || pressed) { return null; }
        tag = answer.headers.get("ETag");
        return answer.text();
      })
      .then(function (html) {
        if (!html) { return; }
        var fresh = new DOMParser().parseFromString(html, "text/html");
        panes(document).forEach(function (pane) {
          var other = fresh.querySelector('[data-pane="' + pane.dataset.pane + '"]');
          if (!other || same(pane, other)) { return; }
          var bottom = atBottom(pane), top = pane.scrollTop;
          pane.replaceChildren.apply(pane, Array.prototype.slice.call(other.childNodes));
          pane.scrollTop = bottom ? pane.scrollHeight : top;
        });
      })
      .catch(function () { document.body.classList.add("gone"); });
  }
  if (!location.hash) {
    var channel = document.querySelector('[data-pane="channel"]');
    channel.scrollTop = channel.scrollHeight;
  }
  setInterval(refresh, 1500);
  document.addEventListener("tocsin:acted", refresh);
}());
