// The outline: open and close a post beside the mail, filter, and show a change before the server has answered.
import { forgetLater, headers, inTurn, opened, remember, replacePart, setOpened, view } from "./parts.js";
import { scrollMailTo } from "./mail_frame.js";
import { showProblem } from "./toasts.js";

const outline = () => document.getElementById("outline");
const lines = () => [...document.querySelectorAll("#themes .line[data-post]")].filter((line) => !line.hidden);
export const lineOf = (post) => document.getElementById(`post-${post}`);

// The post that keys act on: the one that is open, or whose line has the focus.
export function currentPost() {
  return opened() || document.activeElement?.closest?.(".line[data-post]")?.dataset.post || marked();
}

const marked = () => document.querySelector("#themes .line.line-current")?.dataset.post || "";

export function choose(post, { focus = true, scroll = true } = {}) {
  for (const line of document.querySelectorAll(".line-current")) line.classList.remove("line-current");
  const line = lineOf(post);
  if (!line) return;
  line.classList.add("line-current");
  line.scrollIntoView({ block: "nearest" });
  if (focus) line.querySelector(".line-link")?.focus({ preventScroll: true });
  if (scroll) scrollMailTo(post);
}

// The post before or after another one, in the order of the page.
export function neighbour(post, step) {
  const all = lines().map((line) => line.dataset.post);
  const index = all.indexOf(post);
  if (index < 0) return all[step > 0 ? 0 : all.length - 1] || "";
  return all[index + step] || "";
}

export function openPost(post, { anchor = "", focus = true } = {}) {
  const week = document.getElementById("mark").dataset.week;
  return inTurn(async () => {
    try {
      const response = await fetch(`/editions/${week}/posts/${post}?view=${view()}`, { headers: headers() });
      if (!response.ok) throw new Error(response.statusText);
      const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("panel");
      setOpened(post);
      const box = document.createElement("div");
      box.append(document.importNode(next, true));
      const panel = replacePart("#panel", box);
      for (const field of panel.querySelectorAll("input[name=open]")) field.value = post;
    } catch {
      showProblem("The desk does not answer: the post cannot be opened. Try again in a moment.");
      return;
    }
    document.getElementById("bench").dataset.opened = post;
    remember(post);
    markOpened(post);
    showChosenSentence();
    const target = anchor && document.querySelector(`#panel ${anchor}`);
    if (target) target.querySelector("select, input:not([type=hidden]), button")?.focus();
    else if (focus) document.getElementById("panel").focus({ preventScroll: true });
    if (window.matchMedia("(max-width: 63.99rem)").matches) document.getElementById("panel").scrollIntoView();
  });
}

function markOpened(post) {
  showJump();
  for (const link of document.querySelectorAll(".line-link[aria-current]")) link.removeAttribute("aria-current");
  lineOf(post)?.querySelector(".line-link").setAttribute("aria-current", "true");
  choose(post, { focus: false });
}

// On a narrow screen: the way to the opened post.
function showJump() {
  const link = document.querySelector("[data-jump-post]");
  if (link) link.hidden = !opened();
}

function showChosenSentence() {
  const text = document.querySelector("#panel .text");
  const first = text?.querySelector("input:checked")?.closest(".sentence");
  if (first) text.scrollTop = Math.max(0, first.offsetTop - text.offsetTop - text.clientHeight / 4);
}

export function closePost() {
  const post = opened();
  if (!post) return;
  setOpened("");
  const panel = document.getElementById("panel");
  panel.hidden = true;
  delete panel.dataset.post;
  panel.replaceChildren();
  forgetLater("#panel");
  delete document.getElementById("bench").dataset.opened;
  showJump();
  remember("");
  for (const link of document.querySelectorAll(".line-link[aria-current]")) link.removeAttribute("aria-current");
  choose(post, { scroll: false });
}

document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  const link = event.target.closest("a[data-open], a[data-close], a[data-move], a[data-dismiss]");
  if (!link) return;
  event.preventDefault();
  if (link.dataset.open) openPost(link.dataset.open);
  else if ("dismiss" in link.dataset) link.closest("[data-clash]").remove();
  else if (link.dataset.move) openPost(link.dataset.move, { anchor: "#move" });
  else closePost();
});

// From a finding to where it is mended.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-mend], a[data-mend-post]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover?.();
  if (link.dataset.mendPost) {
    openPost(link.dataset.mendPost);
    return;
  }
  const box = document.getElementById(link.dataset.mend);
  box.scrollIntoView({ block: "center" });
  box.focus();
});

// A line that gets the focus shows its post in the mail.
document.addEventListener("focusin", (event) => {
  const line = event.target.closest?.("#themes .line[data-post]");
  if (line && !line.classList.contains("line-current") && !opened()) choose(line.dataset.post, { focus: false });
});

// Ticking a sentence sends its form.
document.addEventListener("change", (event) => {
  const button = event.target.matches("[name=sentence]") && event.target.closest("[data-sentences]")?.querySelector("button");
  if (button) document.getElementById("act").requestSubmit(button);
});

// Shown at once, and taken back if the server says no.
document.addEventListener("desk:sending", ({ detail }) => {
  const verb = (detail.submitter || detail.form).dataset.verb || detail.form.dataset.verb;
  const post = detail.address.match(/\/posts\/([^/]+)\//)?.[1];
  const line = post && lineOf(post);
  if (!line) return;
  if (verb === "drop" || verb === "hold") {
    const next = neighbour(post, 1) || neighbour(post, -1);
    const wasOpen = opened() === post;
    const hadFocus = line.contains(document.activeElement) || wasOpen;
    line.hidden = true;
    if (wasOpen) closePost();
    if (hadFocus && next) choose(next);
    detail.undo = () => {
      line.hidden = false;
      if (hadFocus) choose(post);
    };
  } else if (verb === "pin") {
    line.classList.toggle("line-pinned");
    detail.undo = () => line.classList.toggle("line-pinned");
  }
});

// After an exchange: the current line is marked again, and the panel of a post that has gone is closed.
document.addEventListener("desk:parts", () => {
  const panel = document.getElementById("panel");
  const post = panel?.dataset.post || "";
  setOpened(post);
  const bench = document.getElementById("bench");
  if (post) bench.dataset.opened = post;
  else delete bench.dataset.opened;
  if (post) lineOf(post)?.querySelector(".line-link").setAttribute("aria-current", "true");
  if (post && new URLSearchParams(window.location.search).get("post") !== post) remember(post);
  const focused = document.activeElement?.closest?.("#themes .line[data-post]")?.dataset.post;
  const current = post || focused;
  if (current) lineOf(current)?.classList.add("line-current");
  showJump();
  filter();
});

// A post that was clicked in the mail.
document.addEventListener("desk:chosen", ({ detail }) => {
  if (opened()) openPost(detail.post, { focus: false });
  else choose(detail.post, { scroll: false });
});

// --- The filter

const words = () => (document.querySelector("[data-filter]")?.value || "").toLowerCase().split(/\s+/).filter(Boolean);

function filter() {
  const wanted = words();
  for (const line of document.querySelectorAll("#themes .line, #groups .line")) {
    const text = line.textContent.toLowerCase();
    line.classList.toggle("line-filtered", !wanted.every((word) => text.includes(word)));
  }
  document.getElementById("themes").classList.toggle("is-filtered", wanted.length > 0);
}

const box = document.querySelector("[data-filter]");
if (box) {
  box.hidden = false;
  box.addEventListener("input", filter);
}
showChosenSentence();
