// Comfort only: every form and link of the desk works without this file.
"use strict";

document.documentElement.classList.add("js");

const live = document.getElementById("live");

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

// A page's new content in place of the old one, without losing the reader's place or focus.
function exchange(html, address) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = next.getElementById("main");
  if (!main) {
    window.location.assign(address);
    return;
  }
  const selector = document.activeElement ? selectorOf(document.activeElement) : "";
  const article = document.querySelector(".text");
  const scrolled = { page: window.scrollY, article: article ? article.scrollTop : 0 };
  document.getElementById("main").replaceWith(main);
  document.title = next.title;
  window.scrollTo({ top: scrolled.page, behavior: "instant" });
  const opened = main.querySelector(".text");
  if (opened && article) opened.scrollTop = scrolled.article;
  const again = selector && main.querySelector(selector);
  if (again) again.focus({ preventScroll: true });
  const said = main.querySelector(".notice");
  if (said) announce(said.textContent.trim());
  follow();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    exchange(await answer.text(), answer.url);
  } catch {
    form.submit();
  }
});

// A click on a sentence is enough.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sentences]");
  if (form) form.requestSubmit();
});

// Opening a post's article, and closing it, in place.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-open]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.href;
  const answer = await fetch(address);
  exchange(await answer.text(), address);
  window.history.replaceState(null, "", address);
  const post = document.getElementById(new URL(address).hash.slice(1));
  if (!post) return;
  post.querySelector("a[data-open]").focus({ preventScroll: true });
  post.scrollIntoView({ block: "start" });
});

// A frame cannot show by itself that the keyboard is inside it.
window.addEventListener("blur", () => {
  if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.classList.add("inside");
});
window.addEventListener("focus", () => {
  for (const frame of document.querySelectorAll("iframe.inside")) frame.classList.remove("inside");
});

// How far sending is, every second, until it is over; then the whole page, for what can be done next.
function follow() {
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.poll) return;
  window.setTimeout(async () => {
    try {
      const answer = await fetch(progress.dataset.poll);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      if (!next.dataset.poll) {
        window.location.reload();
        return;
      }
      progress.replaceWith(next);
    } catch {
      // The desk is busy or gone; it is asked again.
    }
    follow();
  }, 1000);
}

follow();
