// While an extractor types: ask the server what the form comes to, and say it above the button. Nothing is stored; without it the button does.
"use strict";

(() => {
  const form = document.querySelector('form[action*="/effects/"]');
  const place = document.getElementById("preview");
  if (!form || !place) return;
  let waiting, asked = 0;

  const show = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== asked) return;
      const effect = page.querySelector(".effect");
      const missing = page.querySelectorAll("#problem li").length;
      place.textContent = effect ? effect.textContent.replace(/\s+/g, " ").trim()
        : missing ? `${missing} to be filled in or mended before it can be computed.` : "";
    } catch {
      if (mine === asked) place.textContent = "No connection just now. What you typed is still here.";
    }
  };

  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 600); });
})();
