// Every form and link of the desk works without this file.
"use strict";

document.documentElement.classList.add("js");

const live = document.getElementById("live");
const WHOLE = ["#main"];
const ARTICLE = ["#mail .tabs", ".work"];
const PREFLIGHT = ["#preflight", "#approval"];

function announce(text) {
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 50);
}

// How to find the same control on the new page: by sentence, by its form's action, or by id.
function selectorOf(element) {
  const quoted = (value) => `"${CSS.escape(value)}"`;
  if (element.name === "sentence") return `input[value=${quoted(element.value)}]`;
  const form = element.closest("form");
  if (form && element.type === "submit") return `form[action=${quoted(form.getAttribute("action"))}] button`;
  return element.id ? `#${CSS.escape(element.id)}` : "";
}

// Replace the page's content without losing scroll position or focus. Opening and closing an article leaves the frame
// with the mail as it is: it would be loaded again and scroll to its top.
function exchange(html, address, parts) {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.getElementById("main")) {
    window.location.assign(address);
    return;
  }
  const selector = document.activeElement ? selectorOf(document.activeElement) : "";
  const article = document.querySelector(".text");
  const scrolled = { page: window.scrollY, article: article ? article.scrollTop : 0 };
  const chosen = parts.every((part) => document.querySelector(part) && next.querySelector(part)) ? parts : WHOLE;
  for (const part of chosen) document.querySelector(part).replaceWith(next.querySelector(part));
  document.getElementById("main").removeAttribute("aria-busy");
  document.title = next.title;
  window.scrollTo({ top: scrolled.page, behavior: "instant" });
  const newArticle = document.querySelector(".text");
  if (newArticle && article) newArticle.scrollTop = scrolled.article;
  const focused = selector && document.querySelector(selector);
  if (focused) focused.focus({ preventScroll: true });
  const notice = chosen === WHOLE && document.querySelector("#main .notice");
  if (notice) announce(notice.textContent.trim());
  followProgress();
  followLinks();
}

// One request after the other: a late response must not undo what a newer one showed.
let turn = Promise.resolve();

function inTurn(work) {
  document.getElementById("main").setAttribute("aria-busy", "true");
  turn = turn.then(work, work);
  return turn;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  inTurn(async () => {
    try {
      const response = await fetch(form.action, { method: "POST", body });
      exchange(await response.text(), response.url, WHOLE);
    } catch {
      window.location.reload();
    }
  });
});

// Ticking a sentence submits its form.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sentences]");
  if (form) form.requestSubmit();
});

// Open and close a post's article in place.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-open]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.href;
  inTurn(async () => {
    try {
      const response = await fetch(address);
      exchange(await response.text(), address, ARTICLE);
    } catch {
      window.location.assign(address);
      return;
    }
    window.history.replaceState(null, "", address);
    const post = document.getElementById(new URL(address).hash.slice(1));
    if (!post) return;
    post.querySelector("a[data-open]").focus({ preventScroll: true });
    post.scrollIntoView({ block: "start" });
  });
});

// Mark the frame that has the keyboard focus: CSS cannot see it.
window.addEventListener("blur", () => {
  if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.classList.add("inside");
});
window.addEventListener("focus", () => {
  for (const frame of document.querySelectorAll("iframe.inside")) frame.classList.remove("inside");
});

// Follow the progress of sending, whoever sends: this desk, the flow or the command. Reload when the state changes.
let progressTimer = 0;

function followProgress() {
  window.clearTimeout(progressTimer);
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.poll) return;
  const moving = progress.dataset.state === "sending" || progress.dataset.job === "running";
  progressTimer = window.setTimeout(async () => {
    try {
      const response = await fetch(progress.dataset.poll);
      const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("progress");
      const { state, job } = progress.dataset;
      if (next.dataset.state !== state || next.dataset.job !== job) {
        window.location.reload();
        return;
      }
      progress.replaceWith(next);
    } catch {
      // The desk is busy or stopped; ask again.
    }
    followProgress();
  }, moving ? 1000 : 4000);
}

followProgress();

// Links are checked in the background. Then replace only the preflight and the approval form, so that no text that is
// being written is lost.
let linksTimer = 0;

function followLinks() {
  window.clearTimeout(linksTimer);
  const links = document.getElementById("links");
  if (!links || !links.dataset.poll) return;
  linksTimer = window.setTimeout(async () => {
    try {
      const response = await fetch(links.dataset.poll);
      const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("links");
      if (!next.dataset.poll) {
        inTurn(() => showLinkResults(links.dataset.page));
        return;
      }
    } catch {
      // The desk is busy or stopped; ask again.
    }
    followLinks();
  }, 700);
}

async function showLinkResults(address) {
  const warnings = () => document.querySelector("#approval input[name=warned]")?.value;
  const [before, ticked] = [warnings(), document.getElementById("seen")?.checked];
  const { title } = document;
  try {
    const response = await fetch(address);
    exchange(await response.text(), address, PREFLIGHT);
  } catch {
    window.location.assign(address);
    return;
  }
  document.title = title;
  const tick = document.getElementById("seen");
  if (tick && ticked && warnings() === before) tick.checked = true;
  const summary = document.getElementById("links-summary");
  if (summary) announce(summary.textContent.trim());
}

followLinks();
