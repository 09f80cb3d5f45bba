// Where there is no connection, say so instead of leaving the page; what was chosen and typed stays in it. Forms that take longer are also kept
// in this tab (data-keep), should it be left. Without this script a form is sent as ever.
"use strict";

(() => {
  const forms = [...document.querySelectorAll("form[data-keep]")];
  const key = form => `kept ${new URL(form.action).pathname}`;
  const mine = new Set(forms.map(key));
  const fields = form => [...form.elements].filter(one => one.name && !["hidden", "file", "submit", "button"].includes(one.type));

  // What was sent from another page has arrived, or this page would not be here.
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("kept ") && !mine.has(name) && JSON.parse(sessionStorage[name]).sent) sessionStorage.removeItem(name);
  }

  for (const form of document.querySelectorAll("form[method=post]")) {
    if (!form.matches("[data-keep]")) {
      sendOnlyIfConnected(form, () => {});
      continue;
    }
    const keep = sent => sessionStorage.setItem(key(form), JSON.stringify({
      sent, values: fields(form).filter(one => !["radio", "checkbox"].includes(one.type) || one.checked).map(one => [one.name, one.value]) }));
    const kept = sessionStorage[key(form)];
    if (kept) {
      for (const [name, value] of JSON.parse(kept).values) {
        for (const one of fields(form).filter(field => field.name === name)) {
          if (["radio", "checkbox"].includes(one.type)) {
            if (one.value === value && !fields(form).some(other => other.name === name && other.checked)) one.checked = true;
          } else if (!one.value) one.value = value;
        }
      }
      for (const one of fields(form)) if (one.value && one.closest("details") && one.tagName === "TEXTAREA") one.closest("details").open = true;
    }
    form.addEventListener("input", () => keep(false));
    sendOnlyIfConnected(form, keep);
  }

  function sendOnlyIfConnected(form, keep) {
    form.addEventListener("submit", async event => {
      event.preventDefault();
      keep(true);
      const button = event.submitter;
      if (button) button.disabled = true;
      try {
        await fetch(location.pathname, { method: "HEAD", cache: "no-store" });
      } catch {
        keep(false);
        if (button) button.disabled = false;
        say(form, "No connection just now. Nothing was sent; what you chose and typed is kept here. Send it again when you are back.");
        return;
      }
      if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
      form.submit();
    });
  }

  function say(form, words) {
    let place = form.querySelector(".unsent");
    if (!place) {
      place = Object.assign(document.createElement("p"), { className: "notice bad unsent" });
      place.setAttribute("role", "alert");
      form.append(place);
    }
    place.textContent = words;
  }
})();
