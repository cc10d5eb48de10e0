// The message at the window's bottom: it goes after eight seconds, unless it is being read or used. Ctrl-Z and Z undo.
import { announce, isTyping, opened, send } from "./parts.js";

const SECONDS = 8;
let timer = 0;

const place = () => document.getElementById("toast");

function wait() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    const toast = place()?.querySelector("[data-toast]");
    if (toast && !toast.matches(":hover, :focus-within")) toast.remove();
    else if (toast) wait();
  }, SECONDS * 1000);
}

// Above an open sheet, too: the newest in the browser's top layer is on top.
function raise() {
  const box = place();
  if (!box.showPopover) return;
  box.popover = "manual";
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
}

function shown() {
  const toast = place()?.querySelector("[data-toast]");
  if (!toast) return;
  raise();
  announce(toast.querySelector("p").textContent.trim());
  wait();
}

export const showProblem = (text) => show(text, "toast toast-bad", "alert");

export const showNote = (text) => show(text, "toast", "status");

function show(text, name, role) {
  const toast = document.createElement("div");
  toast.className = name;
  toast.dataset.toast = "";
  const words = document.createElement("p");
  words.setAttribute("role", role);
  words.textContent = text;
  toast.append(words);
  place().replaceChildren(toast);
  raise();
  wait();
}

// The editor's newest change that is not undone yet: pressed again, the one before it.
export function undoLast() {
  const body = new URLSearchParams(new FormData(document.getElementById("act")));
  body.set("change", "last");
  body.set("open", opened());
  send(`/editions/${document.getElementById("mark").dataset.week}/undo`, body);
}

document.addEventListener("desk:parts", shown);
document.addEventListener("desk:failed", ({ detail }) => {
  if (detail.problem) showProblem(detail.problem);
  else if (detail.status) {
    const problem = document.querySelector("#error .notice");
    if (problem?.matches("[data-clash]")) problem.querySelector("button, a")?.focus();
    else if (problem) {
      showProblem([...problem.querySelectorAll("p")].map((each) => each.textContent.trim()).join(" "));
      problem.remove();
    }
  } else if (detail.login) {
    showProblem("You are logged out, so this is not saved. Log in in another tab, then try again: nothing here is lost.");
  } else {
    showProblem("The desk does not answer, so this is not saved. The page is as it was: try again in a moment.");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || event.shiftKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  undoLast();
});

if (place()?.querySelector("[data-toast]")) wait();
