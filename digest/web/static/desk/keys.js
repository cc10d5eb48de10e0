// Keys of the workbench; the list behind "?" names them. They never act while somebody types.
import { choose, closePost, currentPost, lineOf, neighbour, openPost } from "./outline.js";
import { isTyping, opened } from "./parts.js";
import { placeBy } from "./drag.js";

function press(verb) {
  const post = currentPost();
  const scope = opened() === post && document.querySelector("#panel[data-post]") ? "#panel" : `#post-${CSS.escape(post)}`;
  if (post) document.querySelector(`${scope} button[data-verb=${verb}]`)?.click();
}

function step(by) {
  const next = neighbour(currentPost(), by);
  if (!next) return;
  if (opened()) openPost(next);
  else choose(next);
}

function move() {
  const post = currentPost();
  if (!post) return;
  const form = document.querySelector("#panel #move select");
  if (opened() === post && form) form.focus();
  else openPost(post, { anchor: "#move" });
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  p: () => press("pin"),
  d: () => press("drop"),
  h: () => press("hold"),
  m: move,
  "/": () => document.querySelector("#find input[type=search]:not([hidden])")?.focus(),
  "?": () => document.getElementById("keys").togglePopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && !event.target.closest("select")) {
    const post = currentPost();
    if (!post || isTyping(event.target)) return;
    event.preventDefault();
    placeBy(post, event.key === "ArrowUp" ? -1 : 1);
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
  if (event.key === "Escape" && opened() && !document.querySelector("[popover]:not(#toast):popover-open")) {
    closePost();
    return;
  }
  if (event.key === "Enter" && event.target === document.body) {
    const post = currentPost();
    if (post && lineOf(post)) openPost(post);
    return;
  }
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
