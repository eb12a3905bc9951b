// What a person presses, chooses, submits or types goes to this server, which signs it and sends it to the app.
(function () {
  "use strict";
  var ask = document.getElementById("ask"), trouble = document.getElementById("trouble"), hide = 0;
  function say(text) {
    clearTimeout(hide);
    trouble.textContent = text;
    trouble.hidden = !text;
    if (text) { hide = setTimeout(function () { trouble.hidden = true; }, 8000); }
  }
  function act(what, body) {
    var sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    return fetch("/act/" + what, sent)
      .then(function (answer) { return answer.ok ? answer.json() : { trouble: "Not understood.", errors: {} }; })
      .catch(function () { return { trouble: "The embedded Slack is not there any more.", errors: {} }; })
      .then(function (shown) {
        document.dispatchEvent(new Event("tocsin:acted"));
        return shown;
      });
  }
  function press(element, option) {
    var data = element.dataset;
    var body = { channel: data.channel, ts: data.ts, block: data.block, action: data.action, option: option };
    element.classList.add("busy");
    act("press", body).then(function (shown) {
      element.classList.remove("busy");
      say(shown.trouble);
    });
  }
  function make(tag, classes, text) {
    var made = document.createElement(tag);
    made.className = classes;
    made.textContent = text;
    return made;
  }
  // Slack's confirmation dialog, built from text alone.
  function confirmed(element, then) {
    var data = element.dataset;
    if (!data.confirmTitle) { then(); return; }
    var box = make("form", "dialog", ""), head = make("header", "", ""), foot = make("footer", "", "");
    var no = make("button", "button", data.confirmNo), yes = make("button", "button", data.confirmYes);
    yes.classList.add(data.confirmStyle === "danger" ? "danger" : "primary");
    no.type = "button";
    head.append(make("h2", "", data.confirmTitle));
    foot.append(no, yes);
    box.append(head, make("div", "fill", data.confirmText), foot);
    box.setAttribute("role", "alertdialog");
    no.addEventListener("click", done);
    box.addEventListener("submit", function (event) { event.preventDefault(); done(); then(); });
    function done() { ask.replaceChildren(); ask.hidden = true; element.focus(); }
    ask.replaceChildren(box);
    ask.hidden = false;
    yes.focus();
  }
  function errors(form, shown) {
    form.querySelectorAll("[data-input]").forEach(function (label) {
      label.querySelector(".error").textContent = shown.errors[label.dataset.input] || "";
    });
    form.querySelector("footer .error").textContent = shown.trouble;
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-action]");
    if (button) { confirmed(button, function () { press(button, -1); }); }
    if (event.target.closest("[data-close]")) { act("close", {}); }
  });
  document.addEventListener("change", function (event) {
    var select = event.target.closest("select[data-action]"), option = select ? Number(select.value) : -1;
    if (select && option >= 0) {
      select.value = "-1";
      select.blur();
      confirmed(select, function () { press(select, option); });
    }
    if (event.target.id === "me") {
      document.cookie = "me=" + event.target.value + "; path=/; SameSite=Strict";
      location.reload();
    }
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    event.preventDefault();
    if (form.id === "say") {
      var field = form.elements.text;
      if (!field.value.trim()) { return; }
      act("say", { channel: form.dataset.channel, text: field.value }).then(function (shown) { say(shown.trouble); });
      field.value = "";
    }
    if (form.dataset.dialog) {
      var values = {};
      form.querySelectorAll("[name]").forEach(function (field) { values[field.name] = field.value; });
      act("submit", { values: values }).then(function (shown) { errors(form, shown); });
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    var no = ask.querySelector("button[type=button]");
    if (no) { no.click(); } else if (document.querySelector("[data-dialog]")) { act("close", {}); }
  });
}());
