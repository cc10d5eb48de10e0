// Comfort only: every form and link of the desk works without this file.
"use strict";

document.documentElement.classList.add("js");

const live = document.getElementById("live");

function announce(text) {
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 50);
}

// A page's new content in place of the old one, without losing the reader's place or focus.
function exchange(html, address) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = next.getElementById("main");
  if (!main) { window.location.href = address; return; }
  const frame = document.querySelector("#mail iframe");
  const stays = frame && next.querySelector(`#mail iframe[src="${frame.getAttribute("src")}"]`);
  const focused = document.activeElement && pathTo(document.activeElement);
  const top = window.scrollY;
  document.getElementById("main").replaceWith(main);
  document.title = next.title;
  window.scrollTo({ top, behavior: "instant" });
  const again = focused && document.querySelector(focused);
  if (again) again.focus({ preventScroll: true });
  if (stays) main.querySelector("#mail iframe")?.addEventListener("load", () => {}, { once: true });
  const said = main.querySelector(".notice");
  if (said) announce(said.textContent.trim());
  begin();
}

// The same control on the new page: by its form's address, or its own.
function pathTo(element) {
  if (element.matches('input[name="sentence"]')) return `input[name="sentence"][value="${element.value}"]`;
  const form = element.closest("form");
  if (form) return `form[action="${CSS.escape(form.getAttribute("action")).replace(/\\/g, "\\\\") && form.getAttribute("action")}"] ${element.localName}`;
  return element.id ? `#${CSS.escape(element.id)}` : null;
}

async function submitQuietly(form) {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  exchange(await response.text(), response.url);
  if (response.redirected) window.history.replaceState(null, "", response.url.split("#")[0]);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  submitQuietly(form).catch(() => form.submit());
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sentences]");
  if (form) form.requestSubmit();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-open]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const response = await fetch(link.href);
  exchange(await response.text(), link.href);
  window.history.replaceState(null, "", link.href);
  const post = document.querySelector(new URL(link.href).hash);
  if (post) {
    post.querySelector("a[data-open]").focus({ preventScroll: true });
    post.scrollIntoView({ block: "start" });
  }
});

// How far sending is, every second, until it is over; then the whole page, for what can be done next.
function begin() {
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.poll) return;
  window.setTimeout(async () => {
    try {
      const html = await (await fetch(progress.dataset.poll)).text();
      const next = new DOMParser().parseFromString(html, "text/html").getElementById("progress");
      progress.replaceWith(next);
      if (next.dataset.poll) begin(); else window.location.reload();
    } catch {
      begin();
    }
  }, 1000);
}

begin();
