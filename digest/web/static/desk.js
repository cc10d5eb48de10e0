// Comfort only: every form and link of the desk works without this file.
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

// The same control on the new page: the sentence, else by its form's address, its link's, or its id.
function selectorOf(element) {
  const quoted = (value) => `"${CSS.escape(value)}"`;
  if (element.name === "sentence") return `input[value=${quoted(element.value)}]`;
  const form = element.closest("form");
  if (form && element.type === "submit") return `form[action=${quoted(form.getAttribute("action"))}] button`;
  return element.id ? `#${CSS.escape(element.id)}` : "";
}

// A page's new content in place of the old one, without losing the reader's place or focus. What only opens or closes an
// article leaves the frame with the mail alone: it would be loaded again, and stand at its beginning.
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
  const opened = document.querySelector(".text");
  if (opened && article) opened.scrollTop = scrolled.article;
  const again = selector && document.querySelector(selector);
  if (again) again.focus({ preventScroll: true });
  const said = chosen === WHOLE && document.querySelector("#main .notice");
  if (said) announce(said.textContent.trim());
  follow();
  watch();
}

// One after the other: an answer that comes late must not undo what was shown since.
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
      const answer = await fetch(form.action, { method: "POST", body });
      exchange(await answer.text(), answer.url, WHOLE);
    } catch {
      window.location.reload();
    }
  });
});

// A click on a sentence is enough.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sentences]");
  if (form) form.requestSubmit();
});

// Opening a post's article, and closing it, in place.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-open]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.href;
  inTurn(async () => {
    try {
      const answer = await fetch(address);
      exchange(await answer.text(), address, ARTICLE);
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

// A frame cannot show by itself that the keyboard is inside it.
window.addEventListener("blur", () => {
  if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.classList.add("inside");
});
window.addEventListener("focus", () => {
  for (const frame of document.querySelectorAll("iframe.inside")) frame.classList.remove("inside");
});

// How far sending is, whoever sends: this desk, the flow, or the command. When a state ends, the whole page comes anew.
let asking = 0;

function follow() {
  window.clearTimeout(asking);
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.poll) return;
  const moving = progress.dataset.state === "sending" || progress.dataset.job === "running";
  asking = window.setTimeout(async () => {
    try {
      const answer = await fetch(progress.dataset.poll);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      const { state, job } = progress.dataset;
      if (next.dataset.state !== state || next.dataset.job !== job) {
        window.location.reload();
        return;
      }
      progress.replaceWith(next);
    } catch {
      // The desk is busy or gone; it is asked again.
    }
    follow();
  }, moving ? 1000 : 4000);
}

follow();

// The links are visited in the background: when that is done, what the preflight says and what approving asks for come
// anew, and nothing else, so that no text that is being written is lost.
let visiting = 0;

function watch() {
  window.clearTimeout(visiting);
  const links = document.getElementById("links");
  if (!links || !links.dataset.poll) return;
  visiting = window.setTimeout(async () => {
    try {
      const answer = await fetch(links.dataset.poll);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("links");
      if (!next.dataset.poll) {
        inTurn(() => showVisited(links.dataset.page));
        return;
      }
    } catch {
      // The desk is busy or gone; it is asked again.
    }
    watch();
  }, 700);
}

async function showVisited(address) {
  const shown = () => document.querySelector("#approval input[name=warned]")?.value;
  const [before, ticked] = [shown(), document.getElementById("seen")?.checked];
  const { title } = document;
  try {
    const answer = await fetch(address);
    exchange(await answer.text(), address, PREFLIGHT);
  } catch {
    window.location.assign(address);
    return;
  }
  document.title = title;
  const again = document.getElementById("seen");
  if (again && ticked && shown() === before) again.checked = true;
  const said = document.getElementById("links-said");
  if (said) announce(said.textContent.trim());
}

watch();
